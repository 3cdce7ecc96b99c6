//! Signature jobs at Posten: order, browser return, status, and signed documents.
//!
//! An order is not idempotent at Posten, the store has no compare-and-set, and a component may be
//! stopped between any two steps. The order of the steps ensures that nothing is lost and nothing
//! is ordered twice, because different steps write different rows:
//!
//! 1. `Signatures::order` writes the *ticket*, found by the state in the exit addresses, and the
//!    *record*, found by the job's random reference, which is also its id in this API.
//! 2. Only then does it send the order, once. A response is added to the record. A refusal that
//!    proves that Posten created nothing removes both rows. If the response was lost, or the
//!    component stopped, the record stays as it is: the job's status is *unknown*, and nothing is
//!    sent again automatically.
//! 3. Later messages from Posten name the job by its reference. They are stored as the job's
//!    *standing*, beside the record and never in it, so that neither can overwrite the other. A job
//!    whose response was lost also gets its number, its addresses and its status that way.
//! 4. [`Signatures::drain`] confirms a change after it is stored, and after the bank has its copy of
//!    the signed documents (`delivery`). If it is stopped in between, Posten delivers the same
//!    change again after ten minutes.
//!
//! A job has one row of standing for each stage that it can reach (`Progress`), and the furthest stage
//! is the current one. So a change that arrives late, twice, or at two drains concurrently, never
//! moves a job back: it is stored in a row that is no longer current. Within a row, each signer's
//! newest status is kept.
//!
//! Only one drain runs at a time, under a lease (`Lease`).
//!
//! A change of a job without a record is stored as an *orphan*, and confirmed like any other.

mod actions;
mod agenda;
mod announce;
mod api;
mod browser_return;
mod change;
mod custody;
mod customer_api;
mod delivery;
mod drain;
mod follow;
mod form;
mod job;
mod once;
mod order;
mod order_request;
mod orders;
mod orders_api;
mod page;
mod placement;
mod record;
mod refusal;
mod rows;
mod send;
mod settings;
mod snapshot;
mod templates_api;
mod upload;
mod viewer;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use api::SignatureApi;
pub use browser_return::BrowserReturn;
pub use drain::Drained;
pub use job::{JobView, SignerView, Status};
pub use order::{FlowOptions, Order, OrderOutcome, RETURN};
pub use orders::{CustomerOrders, OrderPolicy, OrderingBackEnd, OrderingService};
pub use settings::{SEAL_CERTIFICATE_CHAIN, SEAL_KEY, SignatureConfig};
pub use viewer::Viewer;

use crate::events::Receivers;
use innsyn_core::context::Context;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::semaphore::Semaphore;
use innsyn_protocols::posten::{Posten, Seal};
use innsyn_runtime::store::Store;
use rows::Rows;

/// Name of the store of records, tickets and standings.
pub const STORE: &str = "jobs";

/// Signature jobs of a deployment.
#[derive(Debug)]
pub struct Signatures {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Store of records, tickets and standings.
    pub store: Store,
    /// Posten's API, where documents are signed.
    pub posten: Posten,
    /// Seal for document packages.
    pub seal: Seal,
    /// Name of the queue that delivers changes; `None` for the default one. No other system may
    /// poll it.
    pub queue: Option<String>,
    /// Public origin of the app, the base of the exit addresses.
    pub public_url: Origin,
    /// Policy of orders.
    pub policy: OrderPolicy,
    /// True if the bank must have its copy of the documents before a customer may cancel a job or
    /// delete its documents, also where none is delivered.
    pub needs_custody: bool,
    /// Receivers of evidence; without any, nothing is delivered.
    pub evidence_receivers: Receivers,
    /// Receivers of events; without any, nothing is announced.
    pub event_receivers: Receivers,
    /// Address of the component, which is the source of its events.
    pub source: String,
    /// Semaphore that limits the browsers that wait for a status lookup at Posten.
    waiting: Semaphore,
}

impl Signatures {
    const fn rows<'a, P>(&'a self, context: &'a Context<'a, P>) -> Rows<'a, P> {
        Rows {
            store: &self.store,
            context,
        }
    }
}
