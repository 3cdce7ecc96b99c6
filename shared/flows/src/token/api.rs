//! HTTP handlers of the token component.

use std::time::Duration;

use http::StatusCode;
use time::OffsetDateTime;

use super::access::{Access, Caller};
use super::issuer::Issuer;
use super::request::{ParsedRequest, TokenRequest};
use super::wire::{OAuthError, SweepBody, TokenBody};
use super::{COMPONENT, PATH, SWEEP_PATH, TokenConfig};
use crate::events::EndingCertificate;
use innsyn_core::audit::Pseudonyms;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::marks::{Class, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::{Answer, Body, Platform, Response};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::maskinporten::Client;
use innsyn_runtime::config::Consumers;
use innsyn_runtime::expiry::Expiry;
use innsyn_runtime::inbound::Access::Service;
use innsyn_runtime::inbound::{Component, Route, RoutedRequest, json};

/// HTTP handlers of the token component. Live as long as the instance, to keep its caches.
#[derive(Debug)]
pub struct TokenApi {
    access: Access,
    expiry: Expiry,
    issuer: Issuer,
    caller_traces: CallerTraces,
    marking: Marking,
    pseudonyms: Pseudonyms,
    /// Organisations that receive data.
    consumers: Consumers,
    /// Owners of the clients that serve them.
    owners: Vec<ClientOwner>,
}

/// Owner of the client that requests a consumer's tokens.
#[derive(Debug)]
struct ClientOwner {
    consumer: OrganisationNumber,
    organisation: OrganisationNumber,
}

impl From<TokenConfig> for TokenApi {
    fn from(config: TokenConfig) -> Self {
        Self {
            access: Access::new(&config),
            expiry: Expiry::new(config.clients.iter().flat_map(Client::certificates)),
            issuer: Issuer::new(&config),
            owners: owners(&config),
            pseudonyms: Pseudonyms::new(&config.login.key_sets.key),
            caller_traces: config.caller_traces,
            marking: config.marking,
            consumers: config.consumers,
        }
    }
}

fn owners(config: &TokenConfig) -> Vec<ClientOwner> {
    let consumers = config.consumers.all();
    let owners = consumers.filter_map(|consumer| {
        let mut clients = config.clients.iter();
        let client = clients.find(|client| client.serves(consumer))?;
        Some(ClientOwner {
            consumer: consumer.clone(),
            organisation: client.organisation.clone(),
        })
    });
    owners.collect()
}

impl<P: Platform + 'static> Component<P> for TokenApi {
    type Settings = TokenConfig;
    type Service = Caller;

    const NAME: &'static str = COMPONENT;

    const ROUTES: Option<&'static [Route<Self, P>]> = Some(&[
        Route::post(PATH, Service(&Self::token)),
        Route::post(SWEEP_PATH, Service(&Self::sweep)),
    ]);

    /// Less than the timeout of the callers.
    const TIME: Duration = Duration::from_secs(9);

    /// Returns no origin: browser pages may not call this component.
    fn web_origins(&self) -> &[Origin] {
        &[]
    }

    fn caller_traces(&self) -> &CallerTraces {
        &self.caller_traces
    }

    async fn service(
        &self,
        context: &Context<'_, P>,
        request: &RoutedRequest,
    ) -> Result<Caller, Problem> {
        let (headers, path) = (&request.headers, request.route);
        self.access.identify(context, headers, path).await
    }

    /// Returns a refusal in OAuth's form (RFC 6749 §5).
    fn refusal(problem: &Problem, _: &str) -> Response {
        OAuthError::from(problem.clone()).answer()
    }
}

impl TokenApi {
    /// Handles `POST /token`: returns a token, or a refusal in OAuth's form (RFC 6749 §5).
    async fn token<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &Caller,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let given = self.give(context, caller, request).await;
        let answer = given.unwrap_or_else(OAuthError::answer);
        Ok(answer.map(Body::Whole))
    }

    async fn give<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &Caller,
        request: &RoutedRequest,
    ) -> Result<Response, OAuthError> {
        self.expiry.tell(context);
        context
            .audit
            .service(&self.pseudonyms, caller.name(), &caller.consumer);
        let ParsedRequest {
            token_request,
            skip_cache,
        } = TokenRequest::read(context, request, caller).await?;
        for number in token_request
            .persons()
            .chain(token_request.consumer_org_text())
        {
            context.audit.party(number);
        }
        caller.check(&token_request)?;
        context.audit.resource(&token_request.scope());
        let context = context.marked(self.marking.marks(Class::Tokens));
        let context = &context.for_tenant(&caller.consumer);
        let token = self
            .issuer
            .obtain(context, &caller.consumer, &token_request, skip_cache)
            .await?;
        Ok(TokenBody::answer(&token, context.now()))
    }

    /// Handles `POST /token/sweep`: removes expired rows, for a service with the right to sweep.
    async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &Caller,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        // The body has no meaning, but a credential is bound to it.
        request.small_body(context, caller).await?;
        if !caller.may_sweep() {
            return Err(
                Problem::new(Kind::LoginRequired).cause("this service may not ask for the sweep")
            );
        }
        let store = self.issuer.store();
        let swept = store.sweep(context, &self.consumers.default).await?;
        let removed = swept.removed;
        let mut event = Event::new(Level::Info, "sweep", "ok");
        event.count = Some(removed);
        context.log(&event);
        let certificates = self.ending_certificates(context.now());
        json(
            StatusCode::OK,
            &SweepBody {
                removed,
                certificates,
            },
        )
    }

    fn ending_certificates(&self, now: OffsetDateTime) -> Vec<EndingCertificate> {
        let owners = self.owners.iter();
        let certificates = owners.flat_map(|owner| {
            let ends = self.expiry.ending_soon(&owner.organisation, now);
            ends.map(|end| EndingCertificate {
                consumer: owner.consumer.to_string(),
                organisation: owner.organisation.to_string(),
                ends: end.unix_timestamp(),
            })
        });
        certificates.collect()
    }
}
