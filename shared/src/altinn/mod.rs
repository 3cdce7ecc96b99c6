//! Consent at Altinn: what is asked for, and what Altinn says became of it.
//!
//! One type, [`Consent`], holds a consent's truth whichever generation of Altinn keeps it, and one,
//! [`Altinn`], knows which that is. Requests are built and answers read here; nothing is sent but the question for
//! the keys that proofs are signed with.

mod asking;
mod consent;
mod generation;
mod generation2;
mod generation3;
mod not_asked;
mod proof;
mod refusal;
mod way_back;

pub use asking::{Asking, Created, Lookup, Shown, Withdrawal};
pub use consent::{Asked, Consent, Mismatch, Outcome, Right, Status, Urn};
pub use not_asked::NotAsked;
pub use proof::{Fault, Proof, Unproven};
pub use refusal::{Reason, Refusal};
pub use way_back::{PARAMETERS, WayBack};

use time::OffsetDateTime;

#[cfg(not(test))]
use generation::Generation;
#[cfg(not(test))]
use generation2::Start;
// Nobody else can ask which it is; tests set it.
#[cfg(test)]
pub(crate) use generation::Generation;
#[cfg(test)]
pub(crate) use generation2::{Former, Start};

use crate::config::{Origin, Resolver};
use crate::context::Context;
use crate::platform::{Platform, Request, Response};

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
    /// Reads `altinn_generation`, `altinn_origin` and `altinn_page_origin`; for Altinn 2 also `altinn_api_keys`,
    /// `altinn_start`, `altinn_link_purpose`, `altinn_token_scope` and `altinn_proof_header`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let origin = resolver.origin("altinn_origin");
        let generation = Generation::resolve(resolver, origin.as_ref());
        let page_origin = resolver.origin("altinn_page_origin");
        Some(Self {
            generation: generation?,
            origin: origin?,
            page_origin: page_origin?,
        })
    }

    /// The same, with all that asking for consents needs.
    pub fn resolve_to_ask(resolver: &mut Resolver<'_>) -> Option<Self> {
        let altinn = Self::resolve(resolver)?;
        if let Generation::Two(former) = &altinn.generation {
            former.expect_purpose(resolver);
        }
        Some(altinn)
    }

    /// Whether the right's name is one that this Altinn can know.
    pub fn can_name(&self, resource: &str) -> bool {
        match self.generation {
            Generation::Two(_) => generation2::service(resource).is_some(),
            Generation::Three => true,
        }
    }

    /// Whether the interface knows us by a token of Maskinporten's. If not, the host shows it a certificate.
    pub fn takes_token(&self) -> bool {
        match &self.generation {
            Generation::Two(former) => former.start() != Start::Certificate,
            Generation::Three => true,
        }
    }

    /// Whether nobody but the browser that comes back can tell a consent's code.
    pub fn learns_codes_from_browsers(&self) -> bool {
        match &self.generation {
            Generation::Two(former) => former.start() == Start::Link,
            Generation::Three => false,
        }
    }

    /// The scope of the token that shows who asks for a proof, where the API key alone does not: it is a supplier's, to
    /// whom the consumer has delegated the scope.
    pub fn proof_scope(&self) -> Option<&str> {
        match &self.generation {
            Generation::Two(former) => former.token_scope(),
            Generation::Three => None,
        }
    }

    /// What a token for Altinn's interface must be restricted to (RFC 8707), where it must be.
    pub fn token_resource(&self) -> Option<String> {
        match self.generation {
            Generation::Two(_) => Some(self.origin.join("/")),
            Generation::Three => None,
        }
    }

    /// Asks for a consent. The same request may be sent again: its id makes it the same one, or else it makes another
    /// that nobody is ever sent to.
    pub fn create(&self, asked: &Asked) -> Result<Asking, NotAsked> {
        let request = match &self.generation {
            Generation::Two(former) if former.start() == Start::Link => {
                let consent = generation2::opened(&self.page_origin, former, asked)?;
                return Ok(Asking::Page(Box::new(consent)));
            }
            Generation::Two(former) => generation2::create(&self.origin, former, asked)?,
            Generation::Three => generation3::create(&self.origin, asked)?,
        };
        Ok(Asking::Call(Box::new(request)))
    }

    /// Reads the answer to [`Self::create`].
    pub fn created(&self, asked: &Asked, response: &Response) -> Result<Created, Refusal> {
        match self.generation {
            Generation::Two(_) => generation2::created(asked, response),
            Generation::Three => generation3::created(response),
        }
    }

    /// Asks what became of a consent.
    pub fn lookup(&self, asked: &Asked) -> Result<Lookup, NotAsked> {
        let request = match (&self.generation, &asked.handle) {
            (Generation::Two(former), _) if former.start() == Start::Link => {
                return Ok(Lookup::Kept(Box::new(generation2::kept(asked))));
            }
            (Generation::Two(_), None) => return Ok(Lookup::Unknown),
            (Generation::Two(former), Some(handle)) => {
                generation2::lookup(&self.origin, former, asked, handle)?
            }
            (Generation::Three, _) => generation3::lookup(&self.origin, &asked.id)?,
        };
        Ok(Lookup::Call(Box::new(request)))
    }

    /// Reads the answer to [`Self::lookup`].
    pub fn found(&self, asked: &Asked, response: &Response) -> Result<Consent, Refusal> {
        match self.generation {
            Generation::Two(_) => generation2::found(asked, response),
            Generation::Three => generation3::found(response),
        }
    }

    /// Asks for the proof of a consent that was given, which [`Self::lookup`] does not tell from one that was withdrawn
    /// since. To be sent as [`Self::proof_scope`] says. `None` where nothing is missing.
    pub fn confirmation(
        &self,
        asked: &Asked,
        consent: &Consent,
        now: OffsetDateTime,
    ) -> Result<Option<Request>, NotAsked> {
        match &self.generation {
            Generation::Two(former)
                if consent.status == Status::Accepted && consent.valid_to > now =>
            {
                let handle = consent.handle.as_deref().unwrap_or_default();
                generation2::fetch(&self.origin, former, asked, handle).map(Some)
            }
            Generation::Two(_) | Generation::Three => Ok(None),
        }
    }

    /// How a read at the source shows the consent.
    pub fn shown(&self, asked: &Asked) -> Result<Shown, NotAsked> {
        match &self.generation {
            Generation::Two(former) => {
                let handle = asked.handle.as_deref().ok_or(NotAsked::NoHandle)?;
                let request = generation2::fetch(&self.origin, former, asked, handle)?;
                Ok(Shown::Beside(Box::new(request)))
            }
            Generation::Three => Ok(Shown::InToken(generation3::token_details(
                &asked.id,
                &asked.from,
            ))),
        }
    }

    /// Reads the answer to [`Self::confirmation`], or to the request in [`Shown::Beside`]: the proof, verified and held
    /// against what was asked for. `None` means that the consent does not hold.
    pub async fn proof<P: Platform>(
        &self,
        context: &Context<'_, P>,
        asked: &Asked,
        response: &Response,
    ) -> Result<Option<Proof>, Unproven> {
        let Generation::Two(former) = &self.generation else {
            return Ok(None);
        };
        match generation2::token(response)? {
            Some(token) => generation2::verify(former, context, asked, &token)
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    /// Ends a consent for the consumer, one that was `given` or is still to be. `None` where there is nothing at Altinn
    /// to end.
    pub fn withdrawal(&self, asked: &Asked, given: bool) -> Result<Option<Withdrawal>, NotAsked> {
        match &self.generation {
            Generation::Two(former) => generation2::withdrawal(&self.origin, former, asked, given),
            Generation::Three => Err(NotAsked::OnlyTheParty),
        }
    }

    /// Reads the answer to [`Self::withdrawal`]: whether it is done. If not, there is nothing to end, or not for us.
    pub fn withdrawn(&self, response: &Response) -> Result<bool, Refusal> {
        generation2::withdrawn(response)
    }

    /// The address where the party answers, if it is where it should be.
    pub fn page(&self, consent: &Consent) -> Option<String> {
        consent
            .page
            .clone()
            .filter(|page| self.page_origin.owns(page))
    }
}
