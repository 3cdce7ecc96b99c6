//! Announcement of jobs' statuses, and of missing evidence, to the consumer.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Signatures;
use super::delivery::Delivery;
use super::job::{Job, Status};
use crate::events::{Announcer, News, Outcome};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;

/// Kind of the subject of events about a job's status.
const JOB: &str = "signature";

/// Kind of the subject of events about a job's evidence.
const EVIDENCE: &str = "evidence";

/// Step in the life of a subject.
struct Step {
    status: &'static str,
    progress: usize,
    rank: u8,
}

/// Returns the news about a job's status; `None` before Posten has told of a change.
fn status<'a>(consumer: &'a OrganisationNumber, job: &'a Job) -> Option<News<'a>> {
    job.snapshot()?;
    let view = job.view();
    let signed = view
        .signers
        .iter()
        .filter(|signer| signer.status == "signed");
    let signed = signed.count();
    let status = view.status.as_str();
    // Nothing that changes while status and number of signatures do not: a repeat is the same.
    let data = json!({ "status": status, "signed": signed, "signers": view.signers.len() });
    let rank = match view.status {
        Status::Unknown | Status::InProgress => 0,
        Status::Failed => 1,
        Status::Completed => 2,
    };
    let step = Step {
        status,
        progress: signed,
        rank,
    };
    Some(news(consumer, JOB, job, &step, data))
}

/// Returns the news about evidence that the bank has not got; `None` while it is held.
fn evidence<'a>(
    consumer: &'a OrganisationNumber,
    job: &'a Job,
    delivery: &Delivery,
    now: OffsetDateTime,
) -> Option<News<'a>> {
    let (status, rank) = if delivery.is_alerted() {
        ("ends_soon", 1)
    } else if delivery.is_dead(now) {
        ("undelivered", 0)
    } else {
        return None;
    };
    let step = Step {
        status,
        progress: 0,
        rank,
    };
    let data = json!({
        "status": status,
        "available_until": delivery.ends_at().format(&Rfc3339).ok(),
    });
    Some(news(consumer, EVIDENCE, job, &step, data))
}

fn news<'a>(
    consumer: &'a OrganisationNumber,
    kind: &'static str,
    job: &'a Job,
    step: &Step,
    mut data: Value,
) -> News<'a> {
    if let (Some(reference), Some(members)) = (job.record.reference(), data.as_object_mut()) {
        members.insert("reference".to_owned(), reference.as_str().into());
    }
    News {
        consumer,
        kind,
        id: &job.id,
        status: step.status,
        progress: step.progress,
        rank: step.rank,
        data,
        until: job.record.until(),
    }
}

impl Signatures {
    pub(super) fn announcer<'a, P: Platform>(
        &'a self,
        context: &'a Context<'a, P>,
    ) -> Announcer<'a, P> {
        Announcer::new(&self.store, context, &self.event_receivers, &self.source)
    }

    /// Announces what is new about a job.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn announce<P: Platform>(
        &self,
        context: &Context<'_, P>,
        announcer: &Announcer<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<Sent, Problem> {
        let delivery = self.undelivered(context, consumer, job).await?;
        let evidence =
            delivery.and_then(|delivery| evidence(consumer, job, &delivery, context.now()));
        let mut sent = Sent::default();
        for news in status(consumer, job).into_iter().chain(evidence) {
            match announcer.announce(&news).await? {
                Outcome::Delivered => sent.delivered = sent.delivered.saturating_add(1),
                Outcome::Known => {}
                Outcome::Waiting => sent.waiting = sent.waiting.saturating_add(1),
            }
        }
        Ok(sent)
    }

    /// Returns whether something about a job was not announced.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn has_news<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<bool, Problem> {
        if self.event_receivers.of_consumer(consumer).is_none() {
            return Ok(false);
        }
        let announcer = self.announcer(context);
        let delivery = self.undelivered(context, consumer, job).await?;
        let evidence =
            delivery.and_then(|delivery| evidence(consumer, job, &delivery, context.now()));
        for news in status(consumer, job).into_iter().chain(evidence) {
            if announcer.is_news(&news).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Number of announced events.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Sent {
    /// Events delivered.
    pub(super) delivered: usize,
    /// Events to be tried again.
    pub(super) waiting: usize,
}
