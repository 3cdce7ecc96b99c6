//! Altinn consent: consent requests, and their outcome as Altinn stores it.
//!
//! [`Consent`] is the common model for both generations of Altinn. The requests in this module are
//! those of Altinn 3, the consent requests of its access-management service for enterprises;
//! [`crate::altinn2`] has those of its predecessor. Sources: Digdir's public documentation
//! (docs.altinn.studio, consent for system vendors) and, where the two differ, the published source
//! of the service.

mod answer;
mod consent;
mod feed;
mod prepared_call;
mod problem;
mod proof;
mod refusal;
mod request;
mod request_error;
mod return_query;
#[cfg(test)]
mod tests;

pub use answer::{created, found};
pub use consent::{
    Consent, ConsentRequest, Creation, Mismatch, Outcome, Right, Status, Subject, Urn,
};
pub use feed::{FeedEvent, Page, Selection, events, page};
pub use prepared_call::{Created, Lookup, PreparedCall, Withdrawal};
pub use proof::{Fault, Proof, ProofError};
pub use refusal::{Reason, Refusal};
pub use request::{create, lookup};
pub use request_error::RequestError;
pub use return_query::{PARAMETERS, ReturnQuery, is_code};

/// OAuth scope for creating consent requests.
pub const CREATE_SCOPE: &str = "altinn:consentrequests.write";
/// OAuth scope for reading consent requests.
pub const READ_SCOPE: &str = "altinn:consentrequests.read";
