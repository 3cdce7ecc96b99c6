//! Prepared operations towards Altinn: a request to send, or a result that needs no request.

use super::consent::Consent;
use innsyn_core::platform::Request;

/// Prepared creation of a consent request.
#[derive(Debug)]
pub enum PreparedCall {
    /// Request to Altinn's API.
    Request(Box<Request>),
    /// Consent page to which the party's browser is redirected; no request is sent to the API.
    Page(Box<Consent>),
}

/// Result of creating a consent request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Created {
    /// New consent, with the contents that Altinn has stored.
    New(Box<Consent>),
    /// The id already existed. The stored consent must be looked up: the body of this answer does
    /// not have the documented form.
    Known,
}

/// Prepared lookup of a consent's status.
#[derive(Debug)]
pub enum Lookup {
    /// Request to Altinn's API.
    Request(Box<Request>),
    /// Altinn stores nothing that can be looked up: this is all that is known, and the consent's
    /// proof decides.
    Stored(Box<Consent>),
    /// Unknown consent: by the stored row, no request for it can have reached Altinn.
    Unknown,
}

/// Request by which the consumer ends a consent.
#[derive(Debug)]
pub struct Withdrawal {
    /// Request to Altinn's API.
    pub request: Request,
    /// OAuth scope that the token must have.
    pub scope: &'static str,
}
