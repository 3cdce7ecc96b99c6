//! What asking Altinn comes to: a request to send, or an answer without one.

use serde_json::Value;

use super::Consent;
use crate::platform::Request;

/// How a consent is asked for.
#[derive(Debug)]
pub enum Asking {
    /// By this request to the interface; see [`super::Altinn::takes_token`].
    Call(Box<Request>),
    /// By sending the party to the consent's page, and nobody else is asked.
    Page(Box<Consent>),
}

/// What became of asking for a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Created {
    /// It is new; Altinn echoes what it keeps.
    New(Box<Consent>),
    /// The id was known. What Altinn keeps must be looked up: this answer's body does not have the
    /// documented form.
    Known,
}

/// How one learns what became of a consent.
#[derive(Debug)]
pub enum Lookup {
    /// By this request to the interface; see [`super::Altinn::takes_token`].
    Call(Box<Request>),
    /// Altinn keeps nothing that could be asked for: this is all there is, and its proof decides.
    Kept(Box<Consent>),
    /// As far as we know Altinn cannot have been asked for the consent.
    Unknown,
}

/// How a read at the source shows a consent.
#[derive(Debug)]
pub enum Shown {
    /// In the source's token: these `authorization_details` are asked for with it.
    InToken(Value),
    /// In a header beside it, made of the answer to this request, which is good for one read. To be sent as
    /// [`super::Altinn::proof_scope`] says.
    Beside(Box<Request>),
}

/// How the consumer ends a consent.
#[derive(Debug)]
pub struct Withdrawal {
    /// By this request to the interface; see [`super::Altinn::takes_token`].
    pub request: Request,
    /// The scope of a token that may.
    pub scope: &'static str,
}
