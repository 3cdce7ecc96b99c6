//! Custody: proof that the bank has its own copy of a job's documents.
//!
//! The row is beside the job's record, so that neither overwrites the other. It is written by the
//! back end's acknowledgement, or by a delivery that the bank has accepted.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Signatures;
use super::rows::{Rows, name};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};

const KIND: &str = "custody";

/// Proof that the bank has its copy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Custody {
    pub(super) source: CustodySource,
    /// Time of the proof, in Unix seconds.
    pub(super) at: i64,
}

/// Means by which the bank has received its copy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CustodySource {
    /// Back end that has fetched the documents and said so.
    Acknowledged,
    /// Delivery that the bank has accepted.
    Delivered,
}

impl Custody {
    pub(super) const fn new(source: CustodySource, at: OffsetDateTime) -> Self {
        Self {
            source,
            at: at.unix_timestamp(),
        }
    }
}

impl<P: Platform> Rows<'_, P> {
    /// Returns the proof that the bank has its copy of a job's documents.
    pub(super) async fn custody(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<Option<Custody>, Problem> {
        self.store
            .get(self.context, &name(consumer, KIND, &[id]))
            .await
    }

    /// Stores the proof, for as long as the job's record.
    pub(super) async fn keep_custody(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        custody: Custody,
        until: OffsetDateTime,
    ) -> Result<(), Problem> {
        let parts = [id];
        let name = name(consumer, KIND, &parts);
        self.store.set(self.context, &name, &custody, until).await
    }
}

impl Signatures {
    /// Returns whether the consumer's customers wait for the bank's copy: if they may not order
    /// freely, or if it is delivered.
    pub(super) fn needs_custody(&self, consumer: &OrganisationNumber) -> bool {
        self.needs_custody || self.evidence_receivers.of_consumer(consumer).is_some()
    }

    /// Refuses an action of a customer that may take the documents from the bank, until the bank
    /// has its copy.
    ///
    /// # Errors
    ///
    /// `Kind::CustodyPending` before that, and `Kind::StoreDown` if the store fails.
    pub(super) async fn expect_custody<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<(), Problem> {
        if !self.needs_custody(consumer)
            || self.rows(context).custody(consumer, id).await?.is_some()
        {
            return Ok(());
        }
        Err(Kind::CustodyPending.into())
    }
}
