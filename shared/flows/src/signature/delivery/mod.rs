//! Delivery of evidence: the bank gets a copy of the signed documents.
//!
//! Evidence is the signed document and each signature of a job that is over (`files`). The drain
//! posts each file to the consumer's receiver, as a Standard Webhooks request (`attempt`), and
//! stores after each which files were accepted (`row`). A drain that stops in between delivers the
//! file again under the same id. When all files are accepted, the job's custody row is written.
//!
//! The change that ended the job is *held*: it is confirmed to Posten when the evidence is
//! delivered, or 15 minutes after the change was first seen. A job whose hold has ended without
//! delivery is a *dead letter*: the drain tries it further, with pauses of up to an hour, and back
//! ends can fetch it (`dead_letter`).
//!
//! Queues are polled before anything is delivered, so a receiver that hangs delays no change of
//! another job. Consumers with something to deliver share the time, and each receiver is tried no
//! more in a drain after three failures, or one without an answer in time.

mod attempt;
mod dead_letter;
mod files;
mod row;

use std::time::Duration;

use time::OffsetDateTime;

use super::Signatures;
use super::change::Confirmed;
use super::custody::{Custody, CustodySource};
use super::drain::Run;
use super::job::Job;
use crate::events::Receiver;
use files::File;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};

pub(super) use row::{Delivery, may_end_soon};

/// Minimum time left for which a file is delivered.
const LEAST: Duration = Duration::from_secs(4);

/// Number of failures after which a drain tries a receiver no more. An attempt without an answer in
/// time counts as that many, and so does one for which Posten has blocked the organisation.
const FAILURES: usize = 3;

/// Number of attempts from which a failure needs an operator.
const ALARMING: u32 = 6;

/// Result of a look at the evidence of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Looked {
    /// Nothing is left to deliver.
    Settled,
    /// To be tried again.
    Waiting,
    /// Posten has blocked the organisation for a while.
    ShutOut,
}

/// Deliveries to the receiver of one consumer, within one drain.
pub(super) struct Deliveries<'a, P> {
    pub(super) run: &'a Run<'a, P>,
    /// Request, with the deadline of this consumer's share of the time.
    pub(super) context: Context<'a, P>,
    pub(super) consumer: &'a OrganisationNumber,
    pub(super) receiver: &'a Receiver,
    pub(super) failures: usize,
}

impl Signatures {
    /// Returns whether the change that ended a job must not be confirmed yet, and stores since when
    /// it is held.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn hold<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<bool, Problem> {
        if self.evidence_receivers.of_consumer(consumer).is_none() {
            return Ok(false);
        }
        let Some(evidence) = self.evidence(context, consumer, job).await? else {
            return Ok(false);
        };
        let mut delivery = evidence.delivery;
        if !evidence.is_owed || delivery.is_dead(context.now()) {
            // A change that is held is confirmed where deliveries end.
            return Ok(delivery.is_held);
        }
        if !delivery.is_held {
            delivery.is_held = true;
            let rows = self.rows(context);
            rows.keep_delivery(consumer, job, &delivery).await?;
        }
        Ok(true)
    }

    /// Returns whether the change that ended a job must not be confirmed yet.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn must_hold<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<bool, Problem> {
        if self.evidence_receivers.of_consumer(consumer).is_none() {
            return Ok(false);
        }
        let delivery = self.undelivered(context, consumer, job).await?;
        Ok(delivery.is_some_and(|delivery| !delivery.is_dead(context.now())))
    }

    /// Returns the delivery of a job's evidence; `None` if there is nothing to deliver, or the bank
    /// has its copy.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn undelivered<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<Option<Delivery>, Problem> {
        let evidence = self.evidence(context, consumer, job).await?;
        let owed = evidence.filter(|evidence| evidence.is_owed);
        Ok(owed.map(|evidence| evidence.delivery))
    }

    /// Returns the evidence of a job with its stored state; `None` if there is nothing to deliver.
    async fn evidence<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<Option<Evidence>, Problem> {
        let files = files::evidence(job);
        if files.is_empty() {
            return Ok(None);
        }
        let rows = self.rows(context);
        let delivery = rows.delivery_of(consumer, job).await?;
        let missing = delivery.missing(files);
        let custody = rows.custody(consumer, &job.id).await?;
        let is_owed = match custody.map(|custody| custody.source) {
            None => true,
            // That of an earlier status may have been delivered.
            Some(CustodySource::Delivered) => !missing.is_empty(),
            Some(CustodySource::Acknowledged) => false,
        };
        Ok(Some(Evidence {
            delivery,
            missing,
            is_owed,
        }))
    }
}

/// Evidence of a job.
struct Evidence {
    delivery: Delivery,
    /// Files that the receiver has not accepted.
    missing: Vec<File>,
    /// True while the bank has no copy.
    is_owed: bool,
}

impl<P: Platform> Deliveries<'_, P> {
    /// Delivers the evidence of a job as far as it is due, and confirms the held change if its hold
    /// has ended.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn job(&mut self, job: &Job) -> Result<Looked, Problem> {
        let (signatures, context) = (self.run.signatures, self.run.context);
        let rows = signatures.rows(context);
        let evidence = signatures.evidence(context, self.consumer, job).await?;
        let Some(evidence) = evidence else {
            return Ok(Looked::Settled);
        };
        let mut delivery = evidence.delivery;
        if !evidence.is_owed {
            return self.release(job, &mut delivery, Looked::Settled).await;
        }
        let missing = evidence.missing;
        let is_complete = self.files(job, &mut delivery, missing).await?;
        if is_complete {
            let custody = Custody::new(CustodySource::Delivered, context.now());
            let until = job.record.until();
            rows.keep_custody(self.consumer, &job.id, custody, until)
                .await?;
            let event = Event::new(Level::Info, "evidence", "delivered");
            context.log(&event);
            self.run
                .count(|drained| drained.delivered = drained.delivered.saturating_add(1));
            return self.release(job, &mut delivery, Looked::Settled).await;
        }
        let now = context.now();
        if delivery.has_ended(now) {
            let event = Event::new(Level::Error, "evidence", "lost");
            context.log(&event.cause(format_args!(
                "job {}: Posten keeps the documents no longer",
                job.id
            )));
            return Ok(Looked::Settled);
        }
        if !delivery.is_dead(now) {
            return Ok(Looked::Waiting);
        }
        if delivery.is_held {
            let event = Event::new(Level::Error, "evidence", "dead-letter");
            context.log(&event.cause(format_args!("job {}", job.id)));
        }
        self.release(job, &mut delivery, Looked::Waiting).await
    }

    /// Delivers the missing files, if an attempt is due. Returns whether none is missing any more.
    async fn files(
        &mut self,
        job: &Job,
        delivery: &mut Delivery,
        missing: Vec<File>,
    ) -> Result<bool, Problem> {
        let rows = self.run.signatures.rows(self.run.context);
        for file in missing {
            let now = self.context.now();
            let is_due = delivery.is_due(now) && !delivery.has_ended(now);
            if !is_due || self.failures >= FAILURES || self.context.left() < LEAST {
                return Ok(false);
            }
            delivery.begin(self.context.platform, now);
            // Stored before the attempt: one that stops the drain is not repeated at once.
            rows.keep_delivery(self.consumer, job, delivery).await?;
            match self.file(job, delivery, file).await {
                Ok(()) => {
                    delivery.accept(file, self.context.now());
                    rows.keep_delivery(self.consumer, job, delivery).await?;
                }
                Err(problem) => {
                    let is_final = matches!(problem.kind, Kind::SourceSlow | Kind::TooManyCalls);
                    let failures = if is_final { FAILURES } else { 1 };
                    self.failures = self.failures.saturating_add(failures);
                    self.context.log(&failure(&problem, delivery.attempts));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Confirms the change that is held for the job, if any.
    async fn release(
        &self,
        job: &Job,
        delivery: &mut Delivery,
        looked: Looked,
    ) -> Result<Looked, Problem> {
        if !delivery.is_held {
            return Ok(looked);
        }
        if let Some(address) = job.snapshot().and_then(|known| known.confirmation.as_ref()) {
            // After any other failure Posten delivers the change again, and it is confirmed then.
            if self.run.confirm(self.consumer, address).await? == Confirmed::ShutOut {
                return Ok(Looked::ShutOut);
            }
        }
        delivery.is_held = false;
        let rows = self.run.signatures.rows(self.run.context);
        rows.keep_delivery(self.consumer, job, delivery).await?;
        Ok(looked)
    }
}

/// Returns the log event of a failed attempt.
fn failure(problem: &Problem, attempt: u32) -> Event {
    let mut event = Event::from_problem("evidence", problem);
    event.outcome = "not-delivered";
    event.level = if attempt < ALARMING {
        Level::Warn
    } else {
        Level::Error
    };
    event.attempt = Some(attempt);
    event
}

/// Returns the time of these Unix seconds.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
