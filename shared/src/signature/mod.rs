//! A signature job at Posten: ordering it, the way back, what became of it, and the signed documents.
//!
//! An order is not idempotent at Posten, the store has no compare-and-set, and a component may be stopped between any
//! two steps. Nothing is lost and nothing is ordered twice because of the order of the steps, and because rows that
//! different steps write are different rows:
//!
//! 1. `Signatures::order` writes the *ticket*, found by the state in the exit addresses, and the *record*, found by
//!    the job's random reference, which is also its id here.
//! 2. Only then does it send the order, once. An answer is added to the record. A refusal after which nothing can have
//!    been made at Posten takes both rows away. Where the answer was lost, or the component stopped, the record stays as it
//!    is: the job's status is *unknown*, and nothing is sent again by itself.
//! 3. Whatever Posten says later names the job by its reference. It is kept as the job's *standing*, beside the record and
//!    never in it, so that neither can undo the other: also a job whose answer was lost gets its number, its addresses
//!    and its status that way.
//! 4. [`Signatures::drain`] confirms a change after it is stored. Stopped in between, Posten gives the same change
//!    again after ten minutes.
//!
//! There is one row of standing for each stage that a job can reach (`Stage`), and the furthest counts. So a change
//! that comes late, or twice, or to two drains at once, never takes a job back from where it was: it lands in a row that
//! does not count any more. Within a row, each signer's newest status stays.
//!
//! Only one drain is at work at a time (`Turn`).
//!
//! A change of a job that no record knows is kept as an *orphan*, and confirmed like any other.

mod act;
mod arrive;
mod change;
mod desk;
mod drain;
mod form;
mod job;
mod order;
mod page;
mod record;
mod refusal;
mod rows;
mod send;
mod settings;
mod standing;
mod upload;
mod wanted;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use arrive::Arrival;
pub use desk::{Desk, RETURN};
pub use drain::Drained;
pub use job::{JobView, SignerView, Status};
pub use order::{Order, Ordered, Way};
pub use settings::SignatureConfig;

use crate::config::Origin;
use crate::context::Context;
use crate::outbound::Semaphore;
use crate::party::Environment;
use crate::posten::{Posten, Seal};
use crate::store::Store;
use rows::Rows;

/// The store of records, tickets and standings.
pub const STORE: &str = "jobs";

/// All signature jobs of a deployment.
#[derive(Debug)]
pub struct Signatures {
    /// Where the app runs.
    pub environment: Environment,
    /// Where the rows are.
    pub store: Store,
    /// Where documents are signed.
    pub posten: Posten,
    /// What seals the documents on their way.
    pub seal: Seal,
    /// The queue in which changes are found; `None` for the default one. No other system may poll it.
    pub queue: Option<String>,
    /// What the way back is built from.
    pub public_url: Origin,
    /// Lets so many browsers wait for a look at Posten.
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
