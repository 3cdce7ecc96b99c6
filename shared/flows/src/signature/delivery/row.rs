//! Stored state of a delivery.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::super::job::Job;
use super::super::rows::Rows;
use super::super::snapshot::StatusSnapshot;
use super::at;
use super::files::File;
use crate::events::pause;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::store::Name;

/// Type of the row.
const KIND: &str = "delivery";

/// Longest time for which a change is held. Posten asks for prompt confirmation (signering-docs,
/// "Polling").
const HOLD: Duration = Duration::minutes(15);

/// Time for which Posten keeps signed documents (signering-docs, "Lagring").
const KEPT: Duration = Duration::days(40);

/// Time before the end of [`KEPT`] at which a missing copy is an alert.
const WARNING: Duration = Duration::days(10);

/// Pause after the first failed attempt, in seconds; it doubles with each further one.
const FIRST_PAUSE: i64 = 30;

/// Longest pause between two attempts, in seconds.
const LONGEST_PAUSE: i64 = 3_600;

/// Delivery of a job's evidence to the bank.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(in crate::signature) struct Delivery {
    /// Status of the job whose evidence is delivered. A later status has evidence of its own.
    pub(super) status: String,
    /// Time at which the change was first seen, in Unix seconds.
    first_at: i64,
    /// Time until which Posten keeps the documents, in Unix seconds.
    ends_at: i64,
    /// Names of the files that the receiver has accepted.
    accepted: Vec<String>,
    /// Attempts since the last accepted file.
    pub(super) attempts: u32,
    /// Time of the next attempt, in Unix seconds.
    next_at: i64,
    /// True while the change is not confirmed to Posten.
    pub(super) is_held: bool,
    /// True after the alert that Posten's copy ends soon.
    is_alerted: bool,
}

/// Returns whether Posten's copy of a job that was ordered at this time may end soon. Without the
/// job's other rows, that is the earliest time at which it can.
pub(in crate::signature) fn may_end_soon(
    ordered_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> bool {
    let earliest = KEPT.saturating_sub(WARNING);
    ordered_at.is_none_or(|ordered_at| ordered_at.saturating_add(earliest) <= now)
}

impl Delivery {
    fn new(job: &Job, now: OffsetDateTime) -> Self {
        let over_at = job.snapshot().and_then(StatusSnapshot::since);
        let over_at = over_at.map_or(now, |nanoseconds| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds)).unwrap_or(now)
        });
        Self {
            status: job.status().as_str().to_owned(),
            first_at: now.unix_timestamp(),
            ends_at: over_at.min(now).saturating_add(KEPT).unix_timestamp(),
            accepted: Vec::new(),
            attempts: 0,
            next_at: now.unix_timestamp(),
            is_held: false,
            is_alerted: false,
        }
    }

    /// Returns those of `files` that the receiver has not accepted.
    pub(super) fn missing(&self, mut files: Vec<File>) -> Vec<File> {
        files.retain(|file| !self.accepted.contains(&file.name()));
        files
    }

    /// Returns whether an attempt may be made.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        at(self.next_at) <= now
    }

    /// Counts an attempt, and sets the time of the one after it.
    pub(super) fn begin(&mut self, platform: &impl Platform, now: OffsetDateTime) {
        self.attempts = self.attempts.saturating_add(1);
        let pause = pause(platform, self.attempts, FIRST_PAUSE, LONGEST_PAUSE);
        self.next_at = now.unix_timestamp().saturating_add(pause);
    }

    /// Records that the receiver has accepted a file. The next one may follow at once.
    pub(super) fn accept(&mut self, file: File, now: OffsetDateTime) {
        self.accepted.push(file.name());
        self.attempts = 0;
        self.next_at = now.unix_timestamp();
    }

    /// Returns whether the change is held no longer: an undelivered job is a dead letter.
    pub(in crate::signature) fn is_dead(&self, now: OffsetDateTime) -> bool {
        at(self.first_at).saturating_add(HOLD) <= now
    }

    /// Returns whether Posten keeps the documents no longer.
    pub(in crate::signature) fn has_ended(&self, now: OffsetDateTime) -> bool {
        self.ends_at() <= now
    }

    /// Returns the time until which Posten keeps the documents.
    pub(in crate::signature) fn ends_at(&self) -> OffsetDateTime {
        at(self.ends_at)
    }

    /// Returns whether Posten's copy ends soon.
    pub(super) fn ends_soon(&self, now: OffsetDateTime) -> bool {
        self.ends_at().saturating_sub(WARNING) <= now
    }

    /// Returns whether the alert that Posten's copy ends soon was given.
    pub(in crate::signature) const fn is_alerted(&self) -> bool {
        self.is_alerted
    }

    /// Records the alert.
    pub(super) const fn alert(&mut self) {
        self.is_alerted = true;
    }
}

impl<P: Platform> Rows<'_, P> {
    /// Returns the delivery of the job's evidence in its present status; a new one if none is
    /// stored.
    pub(super) async fn delivery_of(
        &self,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<Delivery, Problem> {
        let parts = [job.id.as_str()];
        let kept: Option<Delivery> = self
            .store
            .get(self.context, &name(consumer, &parts))
            .await?;
        let kept = kept.filter(|kept| kept.status == job.status().as_str());
        Ok(kept.unwrap_or_else(|| Delivery::new(job, self.context.now())))
    }

    pub(super) async fn keep_delivery(
        &self,
        consumer: &OrganisationNumber,
        job: &Job,
        delivery: &Delivery,
    ) -> Result<(), Problem> {
        let parts = [job.id.as_str()];
        let name = name(consumer, &parts);
        let until = job.record.until();
        self.store.set(self.context, &name, delivery, until).await
    }
}

const fn name<'a>(consumer: &'a OrganisationNumber, parts: &'a [&'a str]) -> Name<'a> {
    Name {
        consumer,
        kind: KIND,
        parts,
    }
}
