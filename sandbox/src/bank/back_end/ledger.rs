//! Memory of the back end: the documents that the bank holds, and the events that it has received.

use std::collections::BTreeMap;

use bytes::Bytes;
use time::OffsetDateTime;

use super::webhook::Refusal;

/// Maximum number of events that are remembered.
const MOST_EVENTS: usize = 200;

/// Job whose documents the bank holds.
#[derive(Clone, Debug)]
pub(crate) struct ArchivedJob {
    /// Organisation number of the bank.
    pub(crate) bank: String,
    /// Id of the job.
    pub(crate) id: String,
    /// Reference of the bank's.
    pub(crate) reference: Option<String>,
    /// Name and version of the template from which it was ordered.
    pub(crate) template: Option<String>,
    pub(crate) archived_at: OffsetDateTime,
    /// Time of the acknowledgement; `None` before the app has accepted it.
    pub(crate) acknowledged_at: Option<OffsetDateTime>,
    /// Signed document (PAdES).
    pub(crate) document: Bytes,
    /// Signatures (XAdES) by the signer's number.
    pub(crate) signatures: BTreeMap<u64, Bytes>,
}

/// Event, or what claimed to be one.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedEvent {
    pub(crate) at: OffsetDateTime,
    /// Organisation number of the bank.
    pub(crate) bank: String,
    pub(crate) contents: Result<Contents, Refusal>,
}

/// Contents of a verified event.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    pub(crate) id: String,
    /// Type, such as `innsyn.signature.completed`.
    pub(crate) kind: String,
    /// Id of the job or consent.
    pub(crate) subject: String,
    pub(crate) outcome: Outcome,
    /// Number of times that the event has come again.
    pub(crate) repeats: u32,
}

/// Result of a verified event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// The documents are being fetched.
    Waiting,
    /// The documents are in the archive, and the app knows it.
    Archived,
    /// An event of which the back end makes no use.
    Nothing,
    /// The documents could not be fetched, for this reason.
    Failed(String),
}

/// Archive and event log.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    jobs: BTreeMap<String, ArchivedJob>,
    events: Vec<ReceivedEvent>,
}

impl Ledger {
    /// Records an event. Returns false for a verified one that was there before.
    pub(super) fn record(&mut self, event: ReceivedEvent) -> bool {
        let id = event
            .contents
            .as_ref()
            .ok()
            .map(|contents| contents.id.clone());
        if let Some(seen) = id.and_then(|id| self.contents_mut(&id)) {
            seen.repeats = seen.repeats.saturating_add(1);
            return false;
        }
        if self.events.len() >= MOST_EVENTS {
            self.events.remove(0);
        }
        self.events.push(event);
        true
    }

    /// Records the result of a verified event.
    pub(super) fn settle(&mut self, id: &str, outcome: Outcome) {
        if let Some(contents) = self.contents_mut(id) {
            contents.outcome = outcome;
        }
    }

    fn contents_mut(&mut self, id: &str) -> Option<&mut Contents> {
        let mut verified = self
            .events
            .iter_mut()
            .filter_map(|event| event.contents.as_mut().ok());
        verified.find(|contents| contents.id == id)
    }

    /// Archives a job, unless it is there.
    pub(super) fn archive(&mut self, job: ArchivedJob) {
        self.jobs.entry(job.id.clone()).or_insert(job);
    }

    /// Records that the app has accepted the acknowledgement.
    pub(super) fn acknowledge(&mut self, id: &str, at: OffsetDateTime) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.acknowledged_at.get_or_insert(at);
        }
    }

    /// Returns the job with this id.
    pub(super) fn job(&self, id: &str) -> Option<&ArchivedJob> {
        self.jobs.get(id)
    }

    /// Returns all jobs, the newest first.
    pub(super) fn jobs(&self) -> Vec<ArchivedJob> {
        let mut jobs: Vec<_> = self.jobs.values().cloned().collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.archived_at));
        jobs
    }

    /// Returns the events, the newest first.
    pub(super) fn events(&self) -> Vec<ReceivedEvent> {
        self.events.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn event(id: &str) -> ReceivedEvent {
        ReceivedEvent {
            at: AT,
            bank: String::new(),
            contents: Ok(Contents {
                id: id.to_owned(),
                kind: String::new(),
                subject: String::new(),
                outcome: Outcome::Waiting,
                repeats: 0,
            }),
        }
    }

    #[test]
    fn an_event_counts_once_and_refused_ones_each_time() {
        let mut ledger = Ledger::default();
        assert!(ledger.record(event("a")));
        ledger.settle("a", Outcome::Archived);
        assert!(!ledger.record(event("a")));
        for _ in 0..2 {
            assert!(ledger.record(ReceivedEvent {
                contents: Err(Refusal::Signature),
                ..event("a")
            }));
        }
        let events = ledger.events();
        assert_eq!(events.len(), 3);
        let first = events[2].contents.as_ref().unwrap();
        assert_eq!((first.repeats, &first.outcome), (1, &Outcome::Archived));
    }

    #[test]
    fn the_oldest_events_are_forgotten() {
        let mut ledger = Ledger::default();
        for number in 0..=MOST_EVENTS {
            ledger.record(event(&number.to_string()));
        }
        assert_eq!(ledger.events().len(), MOST_EVENTS);
        assert!(ledger.record(event("0")), "forgotten, so it is new");
    }
}
