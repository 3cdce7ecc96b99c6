//! Dead letters: evidence that could not be delivered in time. Their list, and the alert before
//! Posten's copy ends.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::Signatures;
use super::super::job::{Job, Status};
use super::super::orders::{Cursor, PageQuery};
use super::Evidence;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;

/// Job whose evidence the bank's receiver has not accepted in time.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(in crate::signature) struct DeadLetter {
    /// Id of the job.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    status: Status,
    /// Names of the files that the receiver has not accepted.
    missing: Vec<String>,
    /// Attempts since the last accepted file.
    attempts: u32,
    /// Time until which Posten keeps the documents, in RFC 3339.
    available_until: String,
    /// Position in the list.
    #[serde(skip)]
    position: Cursor,
}

/// Page of a consumer's dead letters.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(in crate::signature) struct DeadLetters {
    orders: Vec<DeadLetter>,
    /// Cursor of the next page; `None` at the end of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl DeadLetter {
    /// Returns the dead letter of a job; `None` if it has been delivered, is still held, or Posten
    /// keeps the documents no longer.
    fn new(job: &Job, evidence: &Evidence, now: OffsetDateTime) -> Option<Self> {
        let delivery = &evidence.delivery;
        if !evidence.is_owed || !delivery.is_dead(now) || delivery.has_ended(now) {
            return None;
        }
        let reference = job.record.reference();
        Some(Self {
            id: job.id.clone(),
            reference: reference.map(|reference| reference.as_str().to_owned()),
            status: job.status(),
            missing: evidence.missing.iter().map(|file| file.name()).collect(),
            attempts: delivery.attempts,
            available_until: delivery.ends_at().format(&Rfc3339).unwrap_or_default(),
            position: Cursor::from_job(delivery.ends_at(), &job.id),
        })
    }
}

impl Signatures {
    /// Returns a page of a consumer's dead letters, the most urgent hour first.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn dead_letters<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        page: PageQuery,
    ) -> Result<DeadLetters, Problem> {
        let mut letters = Vec::new();
        for entry in self.entries(context, consumer, &[], 0).await? {
            let Some(job) = &entry.job else {
                continue;
            };
            let evidence = self.evidence(context, consumer, job).await?;
            let now = context.now();
            letters.extend(evidence.and_then(|evidence| DeadLetter::new(job, &evidence, now)));
        }
        letters.retain(|letter| page.cursor.is_none_or(|cursor| letter.position > cursor));
        letters.sort_by_key(|letter| letter.position);
        let is_last = letters.len() <= page.limit;
        letters.truncate(page.limit);
        let last = letters.last().filter(|_| !is_last);
        Ok(DeadLetters {
            next_cursor: last.map(|letter| letter.position.to_text()),
            orders: letters,
        })
    }

    /// Logs an error ten days before Posten deletes the documents of a job whose evidence the bank
    /// does not have. It is stored, so that it is given once, and announced from what is stored.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(in crate::signature) async fn alert<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<(), Problem> {
        if !self.needs_custody(consumer) {
            return Ok(());
        }
        let Some(mut delivery) = self.undelivered(context, consumer, job).await? else {
            return Ok(());
        };
        let now = context.now();
        if delivery.is_alerted() || !delivery.ends_soon(now) || delivery.has_ended(now) {
            return Ok(());
        }
        let event = Event::new(Level::Error, "evidence", "ends-soon");
        context.log(&event.cause(format_args!(
            "job {}: the bank has no copy, and Posten keeps the documents until {}",
            job.id,
            delivery.ends_at().format(&Rfc3339).unwrap_or_default()
        )));
        delivery.alert();
        self.rows(context)
            .keep_delivery(consumer, job, &delivery)
            .await
    }
}
