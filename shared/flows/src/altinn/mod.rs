//! Altinn consent API, independent of the configured generation.
//!
//! Only [`Altinn`] knows the generation. It builds requests and parses responses. Nothing is sent
//! from here, except requests for the keys that verify proofs.

mod generation;

use innsyn_core::context::Context;
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Platform, Request, Response};
use time::OffsetDateTime;

pub(crate) use generation::GENERATION;
use generation::Generation;

#[cfg(test)]
use crate::altinn2::Altinn2;
use crate::altinn2::verify;
use innsyn_protocols::altinn::{
    self, Consent, ConsentRequest, Created, Creation, Lookup, PreparedCall, Proof, ProofError,
    Refusal, RequestError, Selection, Status, Withdrawal,
};
use innsyn_protocols::altinn2::{self, Start};
use innsyn_runtime::config::{Resolver, Setting};
use innsyn_runtime::settings;

settings! {
    /// Addresses of Altinn.
    pub(crate) ADDRESSES {
        ALTINN_ORIGIN = Setting::required("altinn_origin");
        ALTINN_PAGE_ORIGIN = Setting::required("altinn_page_origin");
    }
}

/// Configured Altinn.
#[derive(Clone, Debug)]
pub struct Altinn {
    /// Generation: private, so that no other module depends on it.
    generation: Generation,
    /// Origin of the API.
    pub origin: Origin,
    /// Origin of the page on which parties answer.
    pub page_origin: Origin,
}

impl Altinn {
    /// Reads `altinn_generation`, `altinn_origin` and `altinn_page_origin`; for Altinn 2 also
    /// `altinn_api_keys`, `altinn_start`, `altinn_link_purpose`, `altinn_token_scope` and
    /// `altinn_proof_header`.
    pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Self> {
        let origin = resolver.origin(ALTINN_ORIGIN.name);
        let generation = Generation::resolve(resolver, origin.as_ref());
        let page_origin = resolver.origin(ALTINN_PAGE_ORIGIN.name);
        Some(Self {
            generation: generation?,
            origin: origin?,
            page_origin: page_origin?,
        })
    }

    /// Reads the settings of [`Self::resolve`], and checks that they suffice to request consents.
    pub fn resolve_to_ask(resolver: &mut Resolver<'_>) -> Option<Self> {
        let altinn = Self::resolve(resolver)?;
        if let Generation::Two(two) = &altinn.generation {
            two.expect_purpose(resolver);
        }
        Some(altinn)
    }

    /// Returns whether `resource` is a valid name of a right in this generation.
    pub fn can_name(&self, resource: &str) -> bool {
        match self.generation {
            Generation::Two(_) => altinn2::service(resource).is_some(),
            Generation::Three => true,
        }
    }

    /// Returns whether the API authenticates the app by a Maskinporten token. If not, the host
    /// presents a client certificate.
    pub fn takes_token(&self) -> bool {
        match &self.generation {
            Generation::Two(two) => two.config.start != Start::Certificate,
            Generation::Three => true,
        }
    }

    /// Returns whether only the returning browser knows a consent's code.
    pub fn learns_codes_from_browsers(&self) -> bool {
        match &self.generation {
            Generation::Two(two) => two.config.start == Start::Link,
            Generation::Three => false,
        }
    }

    /// Returns the scope of the token that identifies the requester of a proof, if the API key
    /// alone does not: the key is a supplier's, to whom the consumer has delegated the scope.
    pub fn proof_scope(&self) -> Option<&str> {
        match &self.generation {
            Generation::Two(two) => two.config.token_scope.as_deref(),
            Generation::Three => None,
        }
    }

    /// Returns the resource to which a token for the API must be restricted (RFC 8707), if any.
    pub fn token_resource(&self) -> Option<String> {
        match self.generation {
            Generation::Two(_) => Some(self.origin.join("/")),
            Generation::Three => None,
        }
    }

    /// Builds the request for a consent. It may be sent again: a repeat has the same id and creates
    /// nothing, or else creates another request to which no party is ever sent.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request cannot be built.
    pub fn create(
        &self,
        requested: &ConsentRequest<'_>,
        creation: Creation<'_>,
    ) -> Result<PreparedCall, RequestError> {
        let request = match &self.generation {
            Generation::Two(two) if two.config.start == Start::Link => {
                let consent = altinn2::opened(&self.page_origin, &two.config, requested, creation)?;
                return Ok(PreparedCall::Page(Box::new(consent)));
            }
            Generation::Two(two) => {
                altinn2::create(&self.origin, &two.config, requested, creation)?
            }
            Generation::Three => altinn::create(&self.origin, requested, creation)?,
        };
        Ok(PreparedCall::Request(Box::new(request)))
    }

    /// Parses the response to [`Self::create`].
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a response that is not a success.
    pub fn created(
        &self,
        requested: &ConsentRequest<'_>,
        response: &Response,
    ) -> Result<Created, Refusal> {
        match self.generation {
            Generation::Two(_) => altinn2::created(requested, response),
            Generation::Three => altinn::created(response),
        }
    }

    /// Builds the lookup of a consent's status.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request cannot be built.
    pub fn lookup(&self, requested: &ConsentRequest<'_>) -> Result<Lookup, RequestError> {
        let request = match (&self.generation, requested.handle) {
            (Generation::Two(two), _) if two.config.start == Start::Link => {
                return Ok(Lookup::Stored(Box::new(altinn2::stored(requested))));
            }
            (Generation::Two(_), None) => return Ok(Lookup::Unknown),
            (Generation::Two(two), Some(handle)) => altinn2::lookup(
                &self.origin,
                &two.config,
                requested.subject.consumer,
                handle,
            )?,
            (Generation::Three, _) => altinn::lookup(&self.origin, requested.id)?,
        };
        Ok(Lookup::Request(Box::new(request)))
    }

    /// Parses the response to [`Self::lookup`].
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a response that is not a success.
    pub fn found(
        &self,
        requested: &ConsentRequest<'_>,
        response: &Response,
    ) -> Result<Consent, Refusal> {
        match self.generation {
            Generation::Two(_) => altinn2::found(requested, response),
            Generation::Three => altinn::found(response),
        }
    }

    /// Returns whether Altinn has a feed of consent events.
    pub const fn has_feed(&self) -> bool {
        matches!(self.generation, Generation::Three)
    }

    /// Builds the request for a page of the event feed: events since `after`, or those at the
    /// position `continuation`. Returns `None` if there is no feed.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request cannot be built.
    pub fn events(
        &self,
        selection: Selection,
        after: OffsetDateTime,
        continuation: Option<&str>,
    ) -> Result<Option<Request>, RequestError> {
        match self.generation {
            Generation::Two(_) => Ok(None),
            Generation::Three => {
                let request = altinn::events(&self.origin, selection, after, continuation)?;
                Ok(Some(request))
            }
        }
    }

    /// Builds the request for the proof of an accepted consent, which [`Self::lookup`] cannot
    /// distinguish from a withdrawn one. The request is sent with a token for
    /// [`Self::proof_scope`]. Returns `None` if no proof is needed.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the request cannot be built.
    pub fn confirmation(
        &self,
        requested: &ConsentRequest<'_>,
        consent: &Consent,
        now: OffsetDateTime,
    ) -> Result<Option<Request>, RequestError> {
        match &self.generation {
            Generation::Two(two)
                if consent.status == Status::Accepted && consent.valid_to > now =>
            {
                let handle = consent.handle.as_deref().unwrap_or_default();
                altinn2::fetch(
                    &self.origin,
                    &two.config,
                    requested.subject.consumer,
                    handle,
                )
                .map(Some)
            }
            Generation::Two(_) | Generation::Three => Ok(None),
        }
    }

    /// Builds the request for the proof that a read presents beside the source's token. Returns
    /// `None` if the token itself includes the consent.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the consent has no handle, or if the request cannot be built.
    pub fn presented_proof(
        &self,
        requested: &ConsentRequest<'_>,
    ) -> Result<Option<Request>, RequestError> {
        let Generation::Two(two) = &self.generation else {
            return Ok(None);
        };
        let handle = requested.handle.ok_or(RequestError::NoHandle)?;
        altinn2::fetch(
            &self.origin,
            &two.config,
            requested.subject.consumer,
            handle,
        )
        .map(Some)
    }

    /// Parses the response to [`Self::confirmation`] or [`Self::presented_proof`]. Returns the
    /// proof, verified and compared with the consent in `requested`; `None` means that the consent is
    /// not valid.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if the proof is rejected, or if the proof or its keys are unavailable.
    pub async fn proof<P: Platform>(
        &self,
        context: &Context<'_, P>,
        requested: &ConsentRequest<'_>,
        response: &Response,
    ) -> Result<Option<Proof>, ProofError> {
        let Generation::Two(two) = &self.generation else {
            return Ok(None);
        };
        match altinn2::token(response)? {
            Some(token) => verify(two, context, requested, &token).await.map(Some),
            None => Ok(None),
        }
    }

    /// Builds the withdrawal of a consent by the consumer, for a consent that was `given` or is
    /// still pending. Returns `None` if there is nothing to withdraw at Altinn.
    ///
    /// # Errors
    ///
    /// `RequestError::OnlyTheParty` for Altinn 3, and other variants if the request cannot be built.
    pub fn withdrawal(
        &self,
        requested: &ConsentRequest<'_>,
        given: bool,
    ) -> Result<Option<Withdrawal>, RequestError> {
        match &self.generation {
            Generation::Two(two) => {
                altinn2::withdrawal(&self.origin, &two.config, requested, given)
            }
            Generation::Three => Err(RequestError::OnlyTheParty),
        }
    }

    /// Parses the response to [`Self::withdrawal`]. Returns false if there is nothing that the
    /// consumer may withdraw.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a response that is not a success.
    pub fn withdrawn(&self, response: &Response) -> Result<bool, Refusal> {
        altinn2::withdrawn(response)
    }

    /// Returns the address of the page where the party answers, if it has the configured origin.
    pub fn page(&self, consent: &Consent) -> Option<String> {
        consent.page_at(&self.page_origin)
    }
}

#[cfg(test)]
impl Altinn {
    /// Creates an Altinn 2 with these settings.
    pub(crate) fn two(settings: Altinn2, origin: Origin, page_origin: Origin) -> Self {
        Self {
            generation: Generation::Two(Box::new(settings)),
            origin,
            page_origin,
        }
    }

    /// Creates an Altinn 3.
    pub(crate) const fn three(origin: Origin, page_origin: Origin) -> Self {
        Self {
            generation: Generation::Three,
            origin,
            page_origin,
        }
    }
}
