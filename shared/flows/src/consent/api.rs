//! HTTP handlers of the consent component.

use std::convert::Infallible;
use std::time::Duration;

use http::{StatusCode, header};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::callback::BrowserReturn;
use super::page::{TROUBLE, UNKNOWN_LINK};
use super::record::Requester;
use super::service::{ServiceTemplate, Services};
use super::settings::ConsentConfig;
use super::start::Started;
use super::start_body::StartBody;
use super::{ConsentStatus, Consents, STORE, party_name};
use crate::token::Client;
use innsyn_core::context::Context;
use innsyn_core::marks::{Class, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::party::Party;
use innsyn_core::platform::{Answer, Body, Platform};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::altinn::{PARAMETERS, ReturnQuery, Right};
use innsyn_runtime::caller::{Customer, LoginTokens, PARTY_HEADER, Timer, Visitor};
use innsyn_runtime::config::Consumers;
use innsyn_runtime::idempotency::{self, Entry, Key};
use innsyn_runtime::inbound::Access::{Link, Login, Maintenance};
use innsyn_runtime::inbound::{Component, Parameters, Route, RoutedRequest, json, see_other};
use innsyn_runtime::return_address::{Journey, ReturnAddresses};
use innsyn_runtime::state::State;
use innsyn_runtime::store::Store;

/// Name of the component: in the log, and at `token`.
const NAME: &str = "consent";

/// Path of the redirect URI for the return from Altinn.
const CALLBACK: &str = "/consent/callback";

/// Path of the component, which is the source of its events.
const SOURCE: &str = "/consent";

/// Route of a start, as part of idempotency keys.
const ROUTE: &str = "POST /consent";

/// Query parameters that the redirect URI accepts: the app's own, and those that Altinn adds.
const CALLBACK_PARAMETERS: &[&str] = &{
    let [status, code, failed] = PARAMETERS;
    ["state", status, code, failed]
};

/// HTTP handlers of the consent component. Live as long as the instance.
#[derive(Debug)]
pub struct ConsentApi {
    customers: LoginTokens,
    consents: Consents,
    consumers: Consumers,
    services: Services,
    return_addresses: ReturnAddresses,
    callback: String,
    web_origins: Vec<Origin>,
    maintenance_secrets: Vec<Secret<String>>,
    caller_traces: CallerTraces,
    marking: Marking,
}

impl From<ConsentConfig> for ConsentApi {
    fn from(config: ConsentConfig) -> Self {
        Self {
            customers: LoginTokens::new(config.login, config.consumers.clone(), config.environment),
            consents: Consents {
                receivers: config.event_receivers,
                source: config.public_url.join(SOURCE),
                ..Consents::new(
                    config.environment,
                    Store::new(STORE, config.environment, &config.store_keys),
                    config.altinn,
                    Client::new(NAME, config.signing_key),
                )
            },
            consumers: config.consumers,
            services: config.services,
            return_addresses: config.return_addresses,
            callback: config.public_url.join(CALLBACK),
            web_origins: config.web_origins,
            maintenance_secrets: config.maintenance_secrets,
            caller_traces: config.caller_traces,
            marking: config.marking,
        }
    }
}

impl<P: Platform + 'static> Component<P> for ConsentApi {
    type Settings = ConsentConfig;
    type Service = Infallible;

    const NAME: &'static str = NAME;

    const ROUTES: Option<&'static [Route<Self, P>]> = Some(&[
        Route::post("/consent", Login(&Self::start)),
        // The service, and the parameters of a consent to it.
        Route::get("/consent", Login(&Self::status)).with_query(Parameters::Any),
        Route::delete("/consent", Login(&Self::withdraw)).with_query(Parameters::Any),
        // Altinn adds its own parameters.
        Route::get(CALLBACK, Link(&Self::callback))
            .with_query(Parameters::AmongOthers(CALLBACK_PARAMETERS)),
        Route::post("/consent/drain", Maintenance(&Self::drain)),
        Route::post("/consent/sweep", Maintenance(&Self::sweep)),
    ]);

    const TIME: Duration = Duration::from_secs(20);

    fn web_origins(&self) -> &[Origin] {
        &self.web_origins
    }

    fn caller_traces(&self) -> &CallerTraces {
        &self.caller_traces
    }

    fn logins(&self) -> Option<&LoginTokens> {
        Some(&self.customers)
    }

    fn maintenance_secrets(&self) -> &[Secret<String>] {
        &self.maintenance_secrets
    }
}

impl ConsentApi {
    /// Handles `POST /consent`: starts a consent.
    ///
    /// # Errors
    ///
    /// The problems of validation, of the idempotency key, and of
    /// [`Consents::start`].
    async fn start<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let body: StartBody = request.json(context, customer).await?;
        let context = &self.marked(context, customer);
        let named = request.header(PARTY_HEADER)?;
        if body.party.is_some() && named.is_some_and(|named| body.party.as_deref() != Some(named)) {
            return Err(Problem::new(Kind::RequestInvalid)
                .detail("Innsyn-Party and the body name different parties"));
        }
        let number = body.party.as_deref().or(named);
        context.audit.party_if(number);
        let party = customer.party(number)?;
        context.audit.party(party.expose());
        let template = self.services.find(body.service.as_deref())?;
        context.audit.resource(&template.name);
        let right = template.with_only(&body.metadata, context.now())?;
        let return_address = self
            .return_addresses
            .check(&body.return_address, Journey::Consent)?;
        let consent = template.key(&customer.consumer, &party, &right);
        let party_name = body
            .party_name
            .as_deref()
            .map(party_name::read)
            .transpose()?;
        let reference = body.reference()?;
        let requester = Requester {
            subject: &customer.subject,
            return_address: &return_address,
            party_name: party_name.as_ref(),
            reference: reference.as_ref(),
            valid_for: template.valid_for,
        };
        let started = match Key::read(request.header(idempotency::HEADER)?)? {
            None => {
                let started = self
                    .consents
                    .start(context, consent, requester, &self.callback);
                started.await?
            }
            Some(key) => {
                let (store, consumer) = (&self.consents.store, &customer.consumer);
                let entry = Entry::new(store, consumer, &customer.subject, ROUTE, &key);
                let running = entry.begin(context, &body.fingerprint(&party)).await?;
                let started = self
                    .consents
                    .start_once(context, consent, requester, &self.callback, &running)
                    .await;
                running.end(context, started.is_ok()).await;
                started?
            }
        };
        match started {
            Started::Granted { valid_to } => {
                json(StatusCode::OK, &StatusBody::new("granted", Some(valid_to)))
            }
            Started::Open {
                page,
                valid_to,
                new,
            } => {
                let status = if new {
                    StatusCode::CREATED
                } else {
                    StatusCode::OK
                };
                let body = StatusBody::new("pending", Some(valid_to));
                json(
                    status,
                    &StatusBody {
                        redirect_url: Some(&page),
                        ..body
                    },
                )
            }
        }
    }

    /// Handles `GET /consent`: returns the consent's status.
    ///
    /// # Errors
    ///
    /// The problems of validation, and of [`Consents::status`].
    async fn status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let (party, template, right) = self.named(context, customer, request)?;
        let context = &self.marked(context, customer);
        let consent = template.key(&customer.consumer, &party, &right);
        // `HEAD` makes no calls to Altinn.
        let known = if request.head {
            self.consents.stored_status(context, consent).await?
        } else {
            self.consents.status(context, consent).await?
        };
        status_response(known)
    }

    /// Handles `DELETE /consent`: withdraws the consent for the consumer.
    ///
    /// # Errors
    ///
    /// The problems of validation, and of [`Consents::withdraw`].
    async fn withdraw<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let (party, template, right) = self.named(context, customer, request)?;
        let context = &self.marked(context, customer);
        let consent = template.key(&customer.consumer, &party, &right);
        status_response(self.consents.withdraw(context, consent).await?)
    }

    /// Returns the party, the service and the right that the request names.
    fn named<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<(Party, &ServiceTemplate, Right), Problem> {
        let requested = request.header(PARTY_HEADER)?;
        context.audit.party_if(requested);
        let party = customer.party(requested)?;
        context.audit.party(party.expose());
        let template = self.services.find(request.query.get("service"))?;
        context.audit.resource(&template.name);
        let said = request.query.iter().filter(|(name, _)| *name != "service");
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let right = template.with_only(&said.collect(), context.now())?;
        Ok((party, template, right))
    }

    /// Handles `GET /consent/callback`: redirects the browser, or shows a page. The route requires
    /// no login and grants nothing to its visitor.
    async fn callback<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _: &Visitor,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &context.marked(self.marking.marks(Class::Visits));
        let language = request
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let Some(state) = request.query.get("state").and_then(State::parse) else {
            return Ok(UNKNOWN_LINK.response(language).map(Body::Whole));
        };
        let browser_return = BrowserReturn {
            state: &state,
            says: ReturnQuery::read(|name| request.query.get(name)),
            head: request.head,
        };
        let end = self
            .consents
            .handle_return(context, &self.consumers, browser_return);
        let answer = match end.await {
            Ok(Some(address)) => see_other(&address).unwrap_or_else(|| TROUBLE.response(language)),
            Ok(None) => UNKNOWN_LINK.response(language),
            Err(problem) => {
                let mut page = TROUBLE.response(language);
                page.extensions_mut().insert(problem);
                page
            }
        };
        Ok(answer.map(Body::Whole))
    }

    /// Handles `POST /consent/sweep`: removes expired rows here and at `token`; called by a timer.
    ///
    /// # Errors
    ///
    /// The problems of the sweeps.
    async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _: &Timer,
        _: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let swept = self.consents.sweep(context, &self.consumers).await?;
        json(StatusCode::OK, &swept)
    }

    /// Handles `POST /consent/drain`: polls Altinn's event feed and announces events; called by a
    /// timer.
    ///
    /// # Errors
    ///
    /// The problems of [`Consents::drain`].
    async fn drain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _: &Timer,
        _: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &context.marked(self.marking.marks(Class::Drain));
        let drained = self.consents.drain(context, &self.consumers).await?;
        json(StatusCode::OK, &drained)
    }

    fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        customer: &Customer,
    ) -> Context<'a, P> {
        customer.marked(&context.marked(self.marking.marks(Class::Customers)))
    }
}

#[derive(Serialize)]
struct StatusBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<&'a str>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
}

impl<'a> StatusBody<'a> {
    fn new(status: &'a str, valid_to: Option<OffsetDateTime>) -> Self {
        let valid_to = valid_to.and_then(|time| time.format(&Rfc3339).ok());
        Self {
            redirect_url: None,
            status,
            valid_to,
        }
    }
}

fn status_response(status: Option<ConsentStatus>) -> Result<Answer, Problem> {
    let body = status.map_or(StatusBody::new("none", None), |status| {
        StatusBody::new(status.outcome.as_str(), Some(status.valid_to))
    });
    json(StatusCode::OK, &body)
}
