//! Announcement of consents' outcomes to the consumer.

use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Consents;
use super::record::{Key, Record};
use super::rows::{AFTERMATH, Indexed, Rows};
use crate::events::{Agenda, Announcer, News, Outcome as Announced};
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::reference::Reference;
use innsyn_protocols::altinn::Outcome;
use innsyn_runtime::store::SealedRow;

/// Kind of the subject of these events.
const KIND: &str = "consent";

/// Agenda entry of a consent whose outcome has changed. It identifies a party, and so has no
/// `Debug`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
struct Due {
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
    fn new(parts: [String; 3], record: &Record, now: OffsetDateTime) -> Self {
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

    /// Returns the news; `None` for an outcome that is not announced.
    fn news<'a>(&'a self, consumer: &'a OrganisationNumber) -> Option<News<'a>> {
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
            data,
            until: self.valid_to().saturating_add(AFTERMATH),
        })
    }
}

impl Consents {
    /// Stores a record whose outcome may have changed, and enters it in the agenda.
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

    /// Enters the consent of an index row in the agenda, if its outcome was not announced. Other
    /// rows are ignored.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn find_unannounced<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: impl Iterator<Item = &OrganisationNumber>,
        row: &SealedRow<'_>,
    ) -> Result<(), Problem> {
        let rows = self.rows(context);
        for consumer in consumers {
            if self.receivers.of_consumer(consumer).is_none() {
                continue;
            }
            let Some(entry) = self.store.opened::<Indexed>(consumer, row) else {
                continue;
            };
            let record = rows.record_named(consumer, &entry.record).await?;
            let Some(record) = record.filter(|record| record.request.id == entry.indexed) else {
                continue;
            };
            let due = Due::new(entry.record, &record, context.now());
            if let Some(news) = due.news(consumer)
                && self.announcer(context).is_news(&news).await?
            {
                self.agenda(context, consumer).add(&due).await;
            }
        }
        Ok(())
    }

    /// Announces what the agenda of a consumer names. Returns the number of delivered and of waiting
    /// events.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn announce<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
    ) -> Result<Sent, Problem> {
        let mut sent = Sent::default();
        if self.receivers.of_consumer(consumer).is_none() {
            return Ok(sent);
        }
        let (agenda, announcer) = (self.agenda(context, consumer), self.announcer(context));
        for (slot, due) in agenda.entries::<Due>().await? {
            let end = self.announce_due(context, consumer, &announcer, &due).await;
            match end {
                Ok(Announced::Waiting) => sent.waiting = sent.waiting.saturating_add(1),
                Ok(end) => {
                    if end == Announced::Delivered {
                        sent.delivered = sent.delivered.saturating_add(1);
                    }
                    agenda.remove(slot, &due).await?;
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
        match current.as_ref().unwrap_or(due).news(consumer) {
            Some(news) => announcer.announce(&news).await,
            None => Ok(Announced::Known),
        }
    }

    const fn agenda<'a, P>(
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

    fn announcer<'a, P: Platform>(&'a self, context: &'a Context<'a, P>) -> Announcer<'a, P> {
        Announcer::new(&self.store, context, &self.receivers, &self.source)
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
