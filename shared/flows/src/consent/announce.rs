//! Announcement of consents' outcomes to the consumer.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Consents;
use super::record::{Key, Record};
use super::rows::{AFTERMATH, Rows};
use crate::events::{Agenda, Announcer, News, Outcome as Announced};
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::reference::Reference;
use innsyn_protocols::altinn::Outcome;

/// Kind of the subject of these events.
const KIND: &str = "consent";

/// Agenda entry of a consent whose outcome has changed. It identifies a party, and so has no
/// `Debug`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Due {
    /// Id of the consent.
    id: String,
    /// Parts of the name of its record.
    record: [String; 3],
    /// Outcome when the entry was written, for a consent whose record another one has replaced.
    outcome: Outcome,
    /// End of the consent's validity, in Unix seconds.
    valid_to: i64,
    /// Consumer's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
}

impl Due {
    pub(super) fn new(parts: [String; 3], record: &Record, now: OffsetDateTime) -> Self {
        Self {
            id: record.request.id.clone(),
            record: parts,
            outcome: record.outcome(now),
            valid_to: record.request.valid_to().unix_timestamp(),
            reference: record.request.reference.clone(),
        }
    }

    fn valid_to(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.valid_to).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Returns the rank of the outcome: a consent that has ended is never open or active again.
    const fn rank(&self) -> u8 {
        match self.outcome {
            Outcome::Pending => 0,
            Outcome::Granted => 1,
            Outcome::Rejected | Outcome::Revoked | Outcome::Expired => 2,
        }
    }

    /// Returns the news; `None` for an outcome that is not announced.
    pub(super) fn news<'a>(&'a self, consumer: &'a OrganisationNumber) -> Option<News<'a>> {
        if self.outcome == Outcome::Pending {
            return None;
        }
        let [_, service, _] = &self.record;
        let mut data = json!({
            "status": self.outcome.as_str(),
            "service": service,
            "valid_to": self.valid_to().format(&Rfc3339).ok(),
        });
        if let (Some(reference), Some(members)) = (&self.reference, data.as_object_mut()) {
            members.insert("reference".to_owned(), reference.as_str().into());
        }
        Some(News {
            consumer,
            kind: KIND,
            id: &self.id,
            status: self.outcome.as_str(),
            progress: 0,
            rank: self.rank(),
            data,
            until: self.valid_to().saturating_add(AFTERMATH),
        })
    }
}

impl Consents {
    /// Stores the outcome that Altinn has returned in the record. A new one is logged, and enters the
    /// consent in the agenda.
    pub(super) async fn store_outcome<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        record: &mut Record,
        outcome: Outcome,
    ) -> Result<(), Problem> {
        if Self::take(rows.context, record, outcome) {
            self.keep_settled(rows, key, record).await
        } else {
            rows.keep(key, record).await
        }
    }

    /// Stores a record with a new outcome, and enters it in the agenda.
    pub(super) async fn keep_settled<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        record: &Record,
    ) -> Result<(), Problem> {
        self.keep_settled_named(rows, key.subject.consumer, key.parts(), record)
            .await
    }

    /// Stores a record as [`Self::keep_settled`] does, by the parts of its name.
    pub(super) async fn keep_settled_named<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        consumer: &OrganisationNumber,
        parts: [String; 3],
        record: &Record,
    ) -> Result<(), Problem> {
        rows.keep_named(consumer, &parts, record).await?;
        let now = rows.context.now();
        if self.receivers.of_consumer(consumer).is_some() && record.outcome(now) != Outcome::Pending
        {
            let agenda = self.agenda(rows.context, consumer);
            agenda.add(&Due::new(parts, record, now)).await;
        }
        Ok(())
    }

    /// Enters a consent in the agenda if nothing was tried to announce its outcome: a component
    /// without receivers may have stored it. Returns whether it was entered.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn enter_unannounced<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        parts: [String; 3],
        record: &Record,
    ) -> Result<bool, Problem> {
        let due = Due::new(parts, record, context.now());
        let Some(news) = due.news(consumer) else {
            return Ok(false);
        };
        let is_untried = self.announcer(context).is_untried(&news).await?;
        if is_untried {
            self.agenda(context, consumer).add(&due).await;
        }
        Ok(is_untried)
    }

    /// Announces what the agenda of a consumer names, until the time left is down to `reserve`.
    /// Returns the number of delivered and of waiting events. `round` is the number of the drain.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn announce<P: Platform>(
        &self,
        announcer: &Announcer<'_, P>,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        round: u32,
        reserve: Duration,
    ) -> Result<Sent, Problem> {
        let mut sent = Sent::default();
        if self.receivers.of_consumer(consumer).is_none() {
            return Ok(sent);
        }
        let agenda = self.agenda(context, consumer);
        let entries = agenda.entries::<Due>(round).await?;
        for (slot, due) in without_older(&agenda, entries).await? {
            if context.left() < reserve || !announcer.can_send(consumer) {
                sent.waiting = sent.waiting.saturating_add(1);
                continue;
            }
            let end = self.announce_due(context, consumer, announcer, &due).await;
            match end {
                Ok(end) => {
                    sent.count(end);
                    if end != Announced::Waiting {
                        agenda.remove(slot, &due).await?;
                    }
                }
                Err(problem) => context.log(&Event::from_problem("event", &problem)),
            }
        }
        Ok(sent)
    }

    async fn announce_due<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        announcer: &Announcer<'_, P>,
        due: &Due,
    ) -> Result<Announced, Problem> {
        let record = self
            .rows(context)
            .record_named(consumer, &due.record)
            .await?;
        let record = record.filter(|record| record.request.id == due.id);
        let current = record.map(|record| Due::new(due.record.clone(), &record, context.now()));
        // The record may have been replaced, or its end overwritten by a request that read it before.
        let current = current.filter(|current| current.rank() >= due.rank());
        match current.as_ref().unwrap_or(due).news(consumer) {
            Some(news) => announcer.announce(&news).await,
            None => Ok(Announced::Known),
        }
    }

    pub(super) const fn agenda<'a, P>(
        &'a self,
        context: &'a Context<'a, P>,
        consumer: &'a OrganisationNumber,
    ) -> Agenda<'a, P> {
        Agenda {
            store: &self.store,
            context,
            consumer,
        }
    }

    pub(super) fn announcer<'a, P: Platform>(
        &'a self,
        context: &'a Context<'a, P>,
    ) -> Announcer<'a, P> {
        Announcer::new(&self.store, context, &self.receivers, &self.source)
    }
}

/// Returns one entry for each consent, the one of the highest rank, and removes the others from the
/// agenda. The first slots come last: while they have entries, the next drain looks at further ones.
async fn without_older<P: Platform>(
    agenda: &Agenda<'_, P>,
    entries: Vec<(u16, Due)>,
) -> Result<Vec<(u16, Due)>, Problem> {
    let mut newest: BTreeMap<String, (u16, Due)> = BTreeMap::new();
    for (slot, due) in entries {
        let other = newest.remove(&due.id);
        let (kept, older) = match other {
            Some(other) if other.1.rank() >= due.rank() => (other, Some((slot, due))),
            other => ((slot, due), other),
        };
        if let Some((slot, due)) = older {
            agenda.remove(slot, &due).await?;
        }
        newest.insert(kept.1.id.clone(), kept);
    }
    let mut newest: Vec<_> = newest.into_values().collect();
    newest.sort_by_key(|(slot, _)| Reverse(*slot));
    Ok(newest)
}

/// Number of announced events.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Sent {
    /// Events delivered.
    pub(super) delivered: usize,
    /// Events to be tried again.
    pub(super) waiting: usize,
}
