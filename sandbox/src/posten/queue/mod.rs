//! Queues of status changes: a sender that polls gets each change once, and again until it confirms
//! it.
//!
//! Follows the vendor's documentation of polling. A change that is handed out has a lease of ten
//! minutes and comes back if it is not confirmed; then it may be older than a later one.
//! Assumptions: a confirmation is for all changes of its job that have been handed out; a sender
//! that polls too early gets a time counted from then; the time is kept by queue.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::job::{Change, Job};
use super::switches::Switches;

/// Lease of a change that is handed out.
const LEASE: Duration = Duration::minutes(10);

/// Queue of a sender. The empty name is the default one's.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Queue {
    pub(super) organisation: String,
    pub(super) direct: bool,
    pub(super) name: String,
}

/// Time when each queue may be polled again.
#[derive(Debug, Default)]
pub(super) struct PollSchedule(BTreeMap<Queue, OffsetDateTime>);

/// Result of a poll, and the time of the next one.
#[derive(Debug)]
pub(super) struct PollResult<'a> {
    pub(super) found: PollOutcome<'a>,
    pub(super) next: OffsetDateTime,
}

#[derive(Debug)]
pub(super) enum PollOutcome<'a> {
    Changed(&'a Job, Change),
    Nothing,
    TooEarly,
}

impl PollSchedule {
    /// Polls `queue`. The changes are taken from `jobs`.
    pub(super) fn poll<'a>(
        &mut self,
        queue: Queue,
        jobs: &'a mut BTreeMap<i64, Job>,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> PollResult<'a> {
        let pause = Duration::seconds(i64::from(switches.poll_seconds));
        let too_early = self.0.get(&queue).is_some_and(|permitted| now < *permitted);
        let found = if too_early {
            PollOutcome::TooEarly
        } else {
            take(&queue, jobs, now)
        };
        let next = match found {
            PollOutcome::Changed(..) => now,
            PollOutcome::Nothing | PollOutcome::TooEarly => now.saturating_add(pause),
        };
        self.0.insert(queue, next);
        PollResult { found, next }
    }
}

impl Job {
    /// Removes the changes that have been delivered.
    pub(super) fn confirm(&mut self) {
        self.changes.retain(|change| change.leased_until.is_none());
    }

    fn is_in(&self, queue: &Queue) -> bool {
        self.is_direct() == queue.direct
            && self.order.organisation == queue.organisation
            && self.order.queue.as_deref().unwrap_or_default() == queue.name
    }
}

/// Leases the oldest change that is not leased.
fn take<'a>(
    queue: &Queue,
    jobs: &'a mut BTreeMap<i64, Job>,
    now: OffsetDateTime,
) -> PollOutcome<'a> {
    let waiting = jobs
        .values()
        .filter(|job| job.is_in(queue))
        .flat_map(|job| {
            let changes = job.changes.iter().enumerate();
            changes
                .filter(|(_, change)| change.is_free(now))
                .map(|(position, change)| (change.at, job.id, position))
        });
    let Some((_, id, position)) = waiting.min() else {
        return PollOutcome::Nothing;
    };
    let Some(job) = jobs.get_mut(&id) else {
        return PollOutcome::Nothing;
    };
    let Some(change) = job.changes.get_mut(position) else {
        return PollOutcome::Nothing;
    };
    change.leased_until = Some(now.saturating_add(LEASE));
    let change = change.clone();
    PollOutcome::Changed(job, change)
}

impl Change {
    fn is_free(&self, now: OffsetDateTime) -> bool {
        self.leased_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests;
