//! Queues: what a sender who polls is told, once, and until it is confirmed again and again.
//!
//! Follows the vendor's documentation of polling. A change that is handed out is kept from others for
//! ten minutes and comes back if it is not confirmed; then it may say less than a later one did.
//! Assumptions: that a confirmation is for everything of its job that has been handed out; that whoever
//! polls too early is told a time counted from then; that the time is kept by queue.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::job::{Change, Job};
use super::switches::Switches;

/// For how long a change is kept from others.
const LEASE: Duration = Duration::minutes(10);

/// Which of a sender's queues. The empty name is the default one's.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Queue {
    pub(super) organisation: String,
    pub(super) direct: bool,
    pub(super) name: String,
}

/// When each queue may be asked again.
#[derive(Debug, Default)]
pub(super) struct Timetable(BTreeMap<Queue, OffsetDateTime>);

/// What a poll comes to, and when the next one may.
#[derive(Debug)]
pub(super) struct Poll<'a> {
    pub(super) found: Found<'a>,
    pub(super) next: OffsetDateTime,
}

#[derive(Debug)]
pub(super) enum Found<'a> {
    Changed(&'a Job, Change),
    Nothing,
    TooEarly,
}

impl Timetable {
    /// Asks `queue`, whose changes are among those of `jobs`.
    pub(super) fn poll<'a>(
        &mut self,
        queue: Queue,
        jobs: &'a mut BTreeMap<i64, Job>,
        switches: &Switches,
        now: OffsetDateTime,
    ) -> Poll<'a> {
        let pause = Duration::seconds(i64::from(switches.poll_seconds));
        let too_early = self.0.get(&queue).is_some_and(|permitted| now < *permitted);
        let found = if too_early {
            Found::TooEarly
        } else {
            take(&queue, jobs, now)
        };
        let next = match found {
            Found::Changed(..) => now,
            Found::Nothing | Found::TooEarly => now.saturating_add(pause),
        };
        self.0.insert(queue, next);
        Poll { found, next }
    }
}

impl Job {
    /// Forgets what the sender has been told.
    pub(super) fn confirm(&mut self) {
        self.changes.retain(|change| change.leased_until.is_none());
    }

    fn is_in(&self, queue: &Queue) -> bool {
        self.is_direct() == queue.direct
            && self.order.organisation == queue.organisation
            && self.order.queue.as_deref().unwrap_or_default() == queue.name
    }
}

/// The oldest change that nobody has.
fn take<'a>(queue: &Queue, jobs: &'a mut BTreeMap<i64, Job>, now: OffsetDateTime) -> Found<'a> {
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
        return Found::Nothing;
    };
    let Some(job) = jobs.get_mut(&id) else {
        return Found::Nothing;
    };
    let Some(change) = job.changes.get_mut(position) else {
        return Found::Nothing;
    };
    change.leased_until = Some(now.saturating_add(LEASE));
    let change = change.clone();
    Found::Changed(job, change)
}

impl Change {
    fn is_free(&self, now: OffsetDateTime) -> bool {
        self.leased_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests;
