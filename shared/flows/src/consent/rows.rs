//! Records and tickets in the sealed store.

use serde::{Deserialize, Serialize};
use time::Duration;

use super::record::{Key, Record, Request, Ticket};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::state::State;
use innsyn_runtime::store::{Name, Store};

/// Retention of a row after its consent has expired, so that "expired" differs from "never
/// requested".
pub(super) const AFTERMATH: Duration = Duration::days(30);

const RECORD: &str = "consent";
const TICKET: &str = "state";
const INDEX: &str = "consent-id";

/// Index entry: the record of the consent with an id, which is all that Altinn's events name. It
/// identifies a party, and so has no `Debug`.
#[derive(Deserialize, Serialize)]
pub(super) struct Indexed {
    /// Id of the consent. The sweep, which sees rows without their names, recognises the row by it.
    pub(super) indexed: String,
    /// Parts of the record's name.
    pub(super) record: [String; 3],
}

/// Access to the rows, within one request.
pub(super) struct Rows<'a, P> {
    pub(super) store: &'a Store,
    pub(super) context: &'a Context<'a, P>,
}

impl<P: Platform> Rows<'_, P> {
    pub(super) async fn record(&self, key: &Key<'_>) -> Result<Option<Record>, Problem> {
        self.record_named(key.subject.consumer, &key.parts()).await
    }

    /// Returns the record whose name has these parts.
    pub(super) async fn record_named(
        &self,
        consumer: &OrganisationNumber,
        parts: &[String; 3],
    ) -> Result<Option<Record>, Problem> {
        let parts = parts.each_ref().map(String::as_str);
        let name = Name {
            consumer,
            kind: RECORD,
            parts: &parts,
        };
        self.store.get(self.context, &name).await
    }

    /// Returns the record, if it is of the currently configured right: see [`Key::parts`].
    pub(super) async fn usable(&self, key: &Key<'_>) -> Result<Option<Record>, Problem> {
        let record = self.record(key).await?;
        Ok(record.filter(|record| record.request.right == *key.subject.right))
    }

    pub(super) async fn keep(&self, key: &Key<'_>, record: &Record) -> Result<(), Problem> {
        self.keep_named(key.subject.consumer, &key.parts(), record)
            .await
    }

    /// Stores the record whose name has these parts.
    pub(super) async fn keep_named(
        &self,
        consumer: &OrganisationNumber,
        parts: &[String; 3],
        record: &Record,
    ) -> Result<(), Problem> {
        let parts = parts.each_ref().map(String::as_str);
        let name = Name {
            consumer,
            kind: RECORD,
            parts: &parts,
        };
        let not_after = record.request.valid_to().saturating_add(AFTERMATH);
        self.store.set(self.context, &name, record, not_after).await
    }

    pub(super) async fn forget(&self, key: &Key<'_>) -> Result<(), Problem> {
        let parts = key.parts();
        let parts = parts.each_ref().map(String::as_str);
        let name = Name {
            consumer: key.subject.consumer,
            kind: RECORD,
            parts: &parts,
        };
        self.store.delete(self.context, &name).await
    }

    /// Returns the ticket of a state. Its name is a keyed hash of the state, which itself is not
    /// stored.
    pub(super) async fn ticket(
        &self,
        consumer: &OrganisationNumber,
        state: &State,
    ) -> Result<Option<Ticket>, Problem> {
        let name = Name {
            consumer,
            kind: TICKET,
            parts: &[state.expose()],
        };
        self.store.get(self.context, &name).await
    }

    pub(super) async fn issue(
        &self,
        key: &Key<'_>,
        state: &State,
        request: &Request,
    ) -> Result<(), Problem> {
        let ticket = Ticket::new(key, request.clone());
        self.keep_ticket(key.subject.consumer, state, &ticket).await
    }

    pub(super) async fn keep_ticket(
        &self,
        consumer: &OrganisationNumber,
        state: &State,
        ticket: &Ticket,
    ) -> Result<(), Problem> {
        let name = Name {
            consumer,
            kind: TICKET,
            parts: &[state.expose()],
        };
        let not_after = ticket.request.valid_to().saturating_add(AFTERMATH);
        self.store.set(self.context, &name, ticket, not_after).await
    }

    /// Deletes the ticket and the index entry of a request that nobody can answer.
    pub(super) async fn withdraw(
        &self,
        key: &Key<'_>,
        state: &State,
        id: &str,
    ) -> Result<(), Problem> {
        for (kind, part) in [(TICKET, state.expose()), (INDEX, id)] {
            let name = Name {
                consumer: key.subject.consumer,
                kind,
                parts: &[part],
            };
            self.store.delete(self.context, &name).await?;
        }
        Ok(())
    }

    /// Stores the index entry that leads from the request's id to its record.
    pub(super) async fn index(&self, key: &Key<'_>, request: &Request) -> Result<(), Problem> {
        let entry = Indexed {
            indexed: request.id.clone(),
            record: key.parts(),
        };
        let name = Name {
            consumer: key.subject.consumer,
            kind: INDEX,
            parts: &[&request.id],
        };
        let not_after = request.valid_to().saturating_add(AFTERMATH);
        self.store.set(self.context, &name, &entry, not_after).await
    }

    /// Returns the index entry of the consent with this id.
    pub(super) async fn indexed(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<Option<Indexed>, Problem> {
        let name = Name {
            consumer,
            kind: INDEX,
            parts: &[id],
        };
        self.store.get(self.context, &name).await
    }
}
