//! Consent at Altinn: what is asked for, and what Altinn says became of it.
//!
//! One type, [`Consent`], holds a consent's truth whichever generation of Altinn keeps it. Requests
//! are built and answers read here; nothing is sent.

mod consent;
mod generation3;
mod refusal;

pub use consent::{Asked, Consent, Mismatch, Outcome, Right, Status, Urn};
pub use refusal::{Reason, Refusal};

use crate::config::{Origin, Resolver};
use crate::party::Party;
use crate::platform::{Request, Response};

/// The scope of a token that may create a consent request.
pub const CREATE_SCOPE: &str = generation3::CREATE_SCOPE;
/// The scope of a token that may read one.
pub const READ_SCOPE: &str = generation3::READ_SCOPE;

/// Altinn, as configured.
#[derive(Clone, Debug)]
pub struct Altinn {
    /// The platform's.
    pub origin: Origin,
    /// That of the page where parties answer.
    pub page_origin: Origin,
}

impl Altinn {
    /// Reads `altinn_generation`, `altinn_origin` and `altinn_page_origin`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let generation = resolver.altinn_generation();
        let origin = resolver.origin("altinn_origin");
        let page_origin = resolver.origin("altinn_page_origin");
        generation?;
        Some(Self {
            origin: origin?,
            page_origin: page_origin?,
        })
    }

    /// Asks for a consent; the token is still to be added. The same request may be sent again: its id makes it the same one.
    pub fn create(&self, asked: &Asked) -> Result<Request, http::Error> {
        generation3::create(&self.origin, asked)
    }

    /// Reads the answer to [`Self::create`].
    pub fn created(&self, response: &Response) -> Result<Created, Refusal> {
        generation3::created(response)
    }

    /// Asks what became of a consent; the token is still to be added.
    pub fn lookup(&self, id: &str) -> Result<Request, http::Error> {
        generation3::lookup(&self.origin, id)
    }

    /// Reads the answer to [`Self::lookup`].
    pub fn found(&self, response: &Response) -> Result<Consent, Refusal> {
        generation3::found(response)
    }

    /// The address where the party answers, if it is where it should be.
    pub fn page(&self, consent: &Consent) -> Option<String> {
        consent
            .page
            .clone()
            .filter(|page| self.page_origin.owns(page))
    }
}

/// What a token request must carry for a token that holds a consent: its `authorization_details`.
pub fn token_details(id: &str, from: &Party) -> serde_json::Value {
    generation3::token_details(id, from)
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
