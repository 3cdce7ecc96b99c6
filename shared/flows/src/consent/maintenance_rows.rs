//! Rows of the drain and the sweep.

use serde::{Deserialize, Serialize};
use time::Duration;

use super::rows::Rows;
use crate::events::EndingCertificate;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::Selection;
use innsyn_runtime::store::Name;

const POSITION: &str = "feed-position";
const WAITING: &str = "feed-waiting";
const SEARCH: &str = "index-search";
const CERTIFICATES: &str = "certificates";

/// Time-to-live of the rows that say how far the feed and the sweep have come.
const REMEMBERED: Duration = Duration::days(400);

/// Time-to-live of what a sweep has found: longer than between two sweeps.
const BETWEEN_SWEEPS: Duration = Duration::days(2);

/// Position in the event feed of one consumer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Position {
    /// Time from which events are requested, in Unix microseconds.
    pub(super) after: i64,
    /// Time of the newest event that was read, in Unix microseconds.
    pub(super) newest: i64,
    /// Altinn's position of the next page, if the last page was full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) continuation: Option<String>,
    /// Time of the last poll, in Unix seconds.
    pub(super) polled_at: i64,
}

/// Approval to be looked up again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct WaitingApproval {
    /// Id of the consent.
    pub(super) id: String,
    /// Time of the first attempt, in Unix seconds.
    pub(super) since: i64,
}

/// State of the sweep's search for tickets without an index entry.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Search {
    /// Number of sweeps that came to the end of the store.
    pub(super) ends: u8,
}

impl<P: Platform> Rows<'_, P> {
    /// Returns the consumer's position in the event feed.
    pub(super) async fn position(
        &self,
        consumer: &OrganisationNumber,
        selection: Selection,
    ) -> Result<Option<Position>, Problem> {
        let name = Name {
            consumer,
            kind: POSITION,
            parts: &[selection.as_str()],
        };
        self.store.get(self.context, &name).await
    }

    pub(super) async fn keep_position(
        &self,
        consumer: &OrganisationNumber,
        selection: Selection,
        position: &Position,
    ) -> Result<(), Problem> {
        let name = Name {
            consumer,
            kind: POSITION,
            parts: &[selection.as_str()],
        };
        let until = self.context.now().saturating_add(REMEMBERED);
        self.store.set(self.context, &name, position, until).await
    }

    /// Returns the consumer's approvals that wait for a lookup.
    pub(super) async fn waiting_approvals(
        &self,
        consumer: &OrganisationNumber,
    ) -> Result<Vec<WaitingApproval>, Problem> {
        let name = Name {
            consumer,
            kind: WAITING,
            parts: &[],
        };
        let waiting: Option<_> = self.store.get(self.context, &name).await?;
        Ok(waiting.unwrap_or_default())
    }

    pub(super) async fn keep_waiting_approvals(
        &self,
        consumer: &OrganisationNumber,
        waiting: &[WaitingApproval],
    ) -> Result<(), Problem> {
        let name = Name {
            consumer,
            kind: WAITING,
            parts: &[],
        };
        if waiting.is_empty() {
            return self.store.delete(self.context, &name).await;
        }
        let until = self.context.now().saturating_add(REMEMBERED);
        self.store.set(self.context, &name, &waiting, until).await
    }

    /// Returns the state of the sweep's search for tickets without an index entry. `consumer` is the
    /// default one of the deployment.
    pub(super) async fn search(&self, consumer: &OrganisationNumber) -> Result<Search, Problem> {
        let name = Name {
            consumer,
            kind: SEARCH,
            parts: &[],
        };
        let search: Option<_> = self.store.get(self.context, &name).await?;
        Ok(search.unwrap_or_default())
    }

    pub(super) async fn keep_search(
        &self,
        consumer: &OrganisationNumber,
        search: Search,
    ) -> Result<(), Problem> {
        let name = Name {
            consumer,
            kind: SEARCH,
            parts: &[],
        };
        let until = self.context.now().saturating_add(REMEMBERED);
        self.store.set(self.context, &name, &search, until).await
    }

    /// Returns the consumer's certificates that end soon.
    pub(super) async fn certificates(
        &self,
        consumer: &OrganisationNumber,
    ) -> Result<Vec<EndingCertificate>, Problem> {
        let name = Name {
            consumer,
            kind: CERTIFICATES,
            parts: &[],
        };
        let certificates: Option<_> = self.store.get(self.context, &name).await?;
        Ok(certificates.unwrap_or_default())
    }

    pub(super) async fn keep_certificates(
        &self,
        consumer: &OrganisationNumber,
        certificates: &[EndingCertificate],
    ) -> Result<(), Problem> {
        let name = Name {
            consumer,
            kind: CERTIFICATES,
            parts: &[],
        };
        if certificates.is_empty() {
            return self.store.delete(self.context, &name).await;
        }
        let until = self.context.now().saturating_add(BETWEEN_SWEEPS);
        self.store
            .set(self.context, &name, &certificates, until)
            .await
    }
}
