//! Records and tickets in the sealed store.

use time::Duration;

use super::record::{Key, Record, Request, Ticket};
use crate::context::Context;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::state::State;
use crate::store::{Name, Store};

/// How long a row outlives its consent, so that "expired" can be told from "never asked for".
const AFTERMATH: Duration = Duration::days(30);

const RECORD: &str = "consent";
const TICKET: &str = "state";

/// The rows, for one request of ours.
pub(super) struct Rows<'a, P> {
    pub(super) store: &'a Store,
    pub(super) context: &'a Context<'a, P>,
}

impl<P: Platform> Rows<'_, P> {
    pub(super) async fn record(&self, key: &Key<'_>) -> Result<Option<Record>, Problem> {
        self.record_named(key.consumer, &key.parts()).await
    }

    /// The record whose name has these parts.
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

    /// The record, if it is of the right that is configured now: see [`Key::parts`].
    pub(super) async fn usable(&self, key: &Key<'_>) -> Result<Option<Record>, Problem> {
        let record = self.record(key).await?;
        Ok(record.filter(|record| record.request.right == *key.right))
    }

    pub(super) async fn keep(&self, key: &Key<'_>, record: &Record) -> Result<(), Problem> {
        let parts = key.parts();
        let parts = parts.each_ref().map(String::as_str);
        let name = Name {
            consumer: key.consumer,
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
            consumer: key.consumer,
            kind: RECORD,
            parts: &parts,
        };
        self.store.delete(self.context, &name).await
    }

    /// The name is a keyed hash of the state, which itself is stored nowhere.
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
        self.keep_ticket(key.consumer, state, &ticket).await
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

    /// Removes the ticket of a request that nobody can answer.
    pub(super) async fn withdraw(&self, key: &Key<'_>, state: &State) -> Result<(), Problem> {
        let name = Name {
            consumer: key.consumer,
            kind: TICKET,
            parts: &[state.expose()],
        };
        self.store.delete(self.context, &name).await
    }
}
