//! The two things that the token component is asked for.

use std::time::Duration;

use super::access::Access;
use super::ask::Ask;
use super::issuer::Issuer;
use super::wire::{OAuthError, TokenBody, json};
use crate::config::TokenConfig;
use crate::context::Context;
use crate::expiry::Expiry;
use crate::inbound::Arrived;
use crate::log::{Event, Level};
use crate::maskinporten::Client;
use crate::outbound::{Class, Marking};
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Response};
use crate::problem::{Kind, Problem};
use crate::trace::CallerTraces;

/// Answers requests for tokens. Lives as long as the instance, for what it keeps.
#[derive(Debug)]
pub struct Desk {
    access: Access,
    expiry: Expiry,
    issuer: Issuer,
    caller_traces: CallerTraces,
    marking: Marking,
    /// The deployment's first consumer.
    consumer: OrganisationNumber,
}

/// A problem in OAuth's form, for the token component's own failures.
pub fn refuse(problem: Problem) -> Response {
    OAuthError::from(problem).answer()
}

impl Desk {
    /// How long a request may take: less than those who ask are ready to wait.
    pub const TIME: Duration = Duration::from_secs(9);

    /// With the settings of the token component.
    pub fn new(config: &TokenConfig) -> Self {
        Self {
            access: Access::new(config),
            expiry: Expiry::new(config.clients.iter().flat_map(Client::certificates)),
            issuer: Issuer::new(config),
            caller_traces: config.caller_traces.clone(),
            marking: config.marking.clone(),
            consumer: config.consumers.default.clone(),
        }
    }

    /// Returns how the traces of callers are treated.
    pub fn caller_traces(&self) -> CallerTraces {
        self.caller_traces.clone()
    }

    /// `POST /token`: a token, or a refusal in OAuth's form (RFC 6749 §5).
    pub async fn token<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Response {
        match self.give(context, arrived).await {
            Ok(answer) => answer,
            Err(error) => error.answer(),
        }
    }

    /// `POST /token/sweep`: removes what has run out, for a service that may ask for it.
    pub async fn sweep<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Response {
        match self.clean(context, arrived).await {
            Ok(answer) => answer,
            Err(problem) => refuse(problem),
        }
    }

    async fn give<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Response, OAuthError> {
        self.expiry.tell(context);
        let caller = self.access.identify(context, &arrived.headers).await?;
        let (ask, skip_cache) = Ask::read(context, arrived, &caller).await?;
        caller.check(&ask)?;
        let context = context.marked(self.marking.marks(Class::Tokens));
        let context = &context.for_tenant(&caller.consumer);
        let token = self
            .issuer
            .obtain(context, &caller.consumer, &ask, skip_cache)
            .await?;
        Ok(TokenBody::answer(&token, context.now()))
    }

    async fn clean<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Response, Problem> {
        let caller = self.access.identify(context, &arrived.headers).await?;
        if !caller.may_sweep() {
            return Err(
                Problem::new(Kind::LoginRequired).cause("this service may not ask for the sweep")
            );
        }
        let store = self.issuer.store();
        let removed = store.sweep(context, &self.consumer).await?.removed;
        let mut event = Event::new(Level::Info, "sweep", "ok");
        event.count = Some(removed);
        context.log(&event);
        Ok(json(
            http::StatusCode::OK,
            &serde_json::json!({ "removed": removed }),
        ))
    }
}
