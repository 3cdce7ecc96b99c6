//! Consent at Altinn: what is asked for, and what Altinn says became of it.
//!
//! One type, [`Consent`], holds a consent's truth whichever generation of Altinn keeps it, and one,
//! [`Altinn`], knows which that is. Requests are built and answers read here; nothing is sent.

mod consent;
mod generation;
mod generation2;
mod generation3;
mod not_asked;
mod refusal;

pub use consent::{Asked, Consent, Mismatch, Outcome, Right, Status, Urn};
pub use not_asked::NotAsked;
pub use refusal::{Reason, Refusal};

use http::{HeaderName, HeaderValue};
use time::OffsetDateTime;

#[cfg(not(test))]
use generation::{ApiKeys, Generation};
// Nobody else can ask which it is; tests set it.
#[cfg(test)]
pub(crate) use generation::{ApiKeys, Generation};

use crate::config::{Origin, Resolver};
use crate::party::{OrganisationNumber, Party};
use crate::platform::{Request, Response};

/// The scope of a token that may create a consent request.
pub const CREATE_SCOPE: &str = "altinn:consentrequests.write";
/// The scope of a token that may read one.
pub const READ_SCOPE: &str = "altinn:consentrequests.read";

/// Altinn, as configured.
#[derive(Clone, Debug)]
pub struct Altinn {
    /// Which of the two it is.
    pub(crate) generation: Generation,
    /// The interface's.
    pub origin: Origin,
    /// That of the page where parties answer.
    pub page_origin: Origin,
}

impl Altinn {
    /// Reads `altinn_generation`, `altinn_api_keys`, `altinn_origin` and `altinn_page_origin`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let generation = Generation::resolve(resolver);
        let origin = resolver.origin("altinn_origin");
        let page_origin = resolver.origin("altinn_page_origin");
        Some(Self {
            generation: generation?,
            origin: origin?,
            page_origin: page_origin?,
        })
    }

    /// Whether the right's name is one that this Altinn can know.
    pub fn can_name(&self, resource: &str) -> bool {
        match self.generation {
            Generation::Two(_) => generation2::service(resource).is_some(),
            Generation::Three => true,
        }
    }

    /// What a token for Altinn's interface must be restricted to (RFC 8707), where it must be.
    pub fn token_resource(&self) -> Option<String> {
        match self.generation {
            Generation::Two(_) => Some(self.origin.join("/")),
            Generation::Three => None,
        }
    }

    /// Asks for a consent; the token is still to be added. The same request may be sent again: its id makes it the same
    /// one, or else it makes another that nobody is ever sent to.
    pub fn create(&self, asked: &Asked) -> Result<Request, NotAsked> {
        match &self.generation {
            Generation::Two(keys) => generation2::create(&self.origin, keys, asked),
            Generation::Three => Ok(generation3::create(&self.origin, asked)?),
        }
    }

    /// Reads the answer to [`Self::create`].
    pub fn created(&self, asked: &Asked, response: &Response) -> Result<Created, Refusal> {
        match self.generation {
            Generation::Two(_) => generation2::created(asked, response),
            Generation::Three => generation3::created(response),
        }
    }

    /// Asks what became of a consent; the token is still to be added. `None` where Altinn cannot have been asked for
    /// the consent, as far as we know.
    pub fn lookup(&self, asked: &Asked) -> Result<Option<Request>, NotAsked> {
        match &self.generation {
            Generation::Two(keys) => generation2::lookup(&self.origin, keys, asked),
            Generation::Three => Ok(Some(generation3::lookup(&self.origin, &asked.id)?)),
        }
    }

    /// Reads the answer to [`Self::lookup`].
    pub fn found(&self, asked: &Asked, response: &Response) -> Result<Consent, Refusal> {
        match self.generation {
            Generation::Two(_) => generation2::found(asked, response),
            Generation::Three => generation3::found(response),
        }
    }

    /// Asks what the answer to [`Self::lookup`] does not tell: whether a consent that was given has been withdrawn.
    /// Complete as it is. `None` where nothing is missing.
    pub fn confirmation(
        &self,
        asked: &Asked,
        consent: &Consent,
        now: OffsetDateTime,
    ) -> Result<Option<Request>, NotAsked> {
        match &self.generation {
            Generation::Two(keys)
                if consent.status == Status::Accepted && consent.valid_to > now =>
            {
                let handle = consent.handle.as_deref().unwrap_or_default();
                generation2::token(&self.origin, keys, &asked.to, handle).map(Some)
            }
            Generation::Two(_) | Generation::Three => Ok(None),
        }
    }

    /// The consent, with the answer to [`Self::confirmation`].
    pub fn confirmed(&self, consent: Consent, response: &Response) -> Result<Consent, Refusal> {
        match self.generation {
            Generation::Two(_) => generation2::confirmed(consent, response),
            Generation::Three => Ok(consent),
        }
    }

    /// How a read at the source shows the consent of this id and handle.
    pub fn shown(
        &self,
        id: &str,
        handle: Option<&str>,
        to: &OrganisationNumber,
        from: &Party,
    ) -> Result<Shown, NotAsked> {
        match &self.generation {
            Generation::Two(keys) => {
                let handle = handle.ok_or(NotAsked::NoHandle)?;
                let request = generation2::token(&self.origin, keys, to, handle)?;
                Ok(Shown::Beside(Box::new(request)))
            }
            Generation::Three => Ok(Shown::InToken(generation3::token_details(id, from))),
        }
    }

    /// Reads the answer to the request in [`Shown::Beside`]: the header that the source wants. `None` means that the
    /// consent does not hold.
    pub fn proof(&self, response: &Response) -> Result<Option<(HeaderName, HeaderValue)>, Refusal> {
        generation2::proof(response)
    }

    /// The address where the party answers, if it is where it should be.
    pub fn page(&self, consent: &Consent) -> Option<String> {
        consent
            .page
            .clone()
            .filter(|page| self.page_origin.owns(page))
    }
}

/// How a read at the source shows a consent.
#[derive(Debug)]
pub enum Shown {
    /// In the source's token: these `authorization_details` are asked for with it.
    InToken(serde_json::Value),
    /// In a header beside it, which this request gives. It is complete, and good for one read.
    Beside(Box<Request>),
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
