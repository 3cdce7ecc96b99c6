//! What the consent component is asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::callback::Arrival;
use super::page::{TROUBLE, UNKNOWN_LINK};
use super::record::{Asker, Subject};
use super::service::{Service, Services};
use super::settings::ConsentConfig;
use super::start::Started;
use super::{Consents, STORE, Standing, party_name};
use crate::altinn::{PARAMETERS, WayBack};
use crate::caller::{Customer, LoginTokens, PARTY_HEADER, bearer, expect_maintenance};
use crate::config::{Consumers, Origin};
use crate::context::Context;
use crate::idempotency::{self, Entry, Fingerprint, Key};
use crate::inbound::{Arrived, json, see_other};
use crate::outbound::{Class, Marking};
use crate::party::Party;
use crate::platform::{Platform, Response};
use crate::problem::{Kind, Problem};
use crate::return_address::{Journey, ReturnAddresses};
use crate::secret::Secret;
use crate::state::State;
use crate::store::Store;
use crate::token::Client;
use crate::trace::CallerTraces;

/// The path of the way back from Altinn.
pub const CALLBACK: &str = "/consent/callback";

/// The route of a start, for keys.
const ROUTE: &str = "POST /consent";

/// What is read of the query there: ours, and what Altinn adds.
pub const CALLBACK_PARAMETERS: &[&str] = &{
    let [status, code, failed] = PARAMETERS;
    ["state", status, code, failed]
};

/// Answers the consent component's requests. Lives as long as the instance.
#[derive(Debug)]
pub struct Desk {
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

impl Desk {
    /// How long a request may take.
    pub const TIME: Duration = Duration::from_secs(20);

    /// With the settings of the consent component, which `token` knows as `component`.
    pub fn new(config: ConsentConfig, component: &'static str) -> Self {
        Self {
            customers: LoginTokens::new(config.login, config.consumers.clone(), config.environment),
            consents: Consents::new(
                config.environment,
                Store::new(STORE, config.environment, &config.store_keys),
                config.altinn,
                Client::new(component, config.signing_key),
            ),
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

    /// Returns how the traces of callers are treated.
    pub fn caller_traces(&self) -> CallerTraces {
        self.caller_traces.clone()
    }

    /// The pages that may call.
    pub fn web_origins(&self) -> Vec<Origin> {
        self.web_origins.clone()
    }

    /// `POST /consent`: leads to a consent.
    pub async fn start<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Response, Problem> {
        let customer = self.customer(context, arrived).await?;
        let body: StartBody = arrived.json(context, &customer).await?;
        let context = &self.marked(context, &customer);
        let named = arrived.header(PARTY_HEADER)?;
        if body.party.is_some() && named.is_some_and(|named| body.party.as_deref() != Some(named)) {
            return Err(Problem::new(Kind::RequestInvalid)
                .detail("The header and the body name different parties"));
        }
        let party = customer.party(body.party.as_deref().or(named))?;
        let offer = self.services.find(body.service.as_deref())?;
        let service = &offer.with_only(&body.metadata, context.now())?;
        let return_address = self
            .return_addresses
            .check(&body.return_address, Journey::Consent)?;
        let subject = Subject {
            consumer: &customer.consumer,
            party: &party,
            service,
        };
        let party_name = body
            .party_name
            .as_deref()
            .map(party_name::read)
            .transpose()?;
        let asker = Asker {
            subject: &customer.subject,
            return_address: &return_address,
            party_name: party_name.as_ref(),
        };
        let started = match Key::read(arrived.header(idempotency::HEADER)?)? {
            None => {
                let started = self.consents.start(context, subject, asker, &self.callback);
                started.await?
            }
            Some(key) => {
                let (store, consumer) = (&self.consents.store, &customer.consumer);
                let entry = Entry::new(store, consumer, &customer.subject, ROUTE, &key);
                let running = entry.begin(context, &body.fingerprint(&party)).await?;
                let started = self
                    .consents
                    .start_once(context, subject, asker, &self.callback, &running)
                    .await;
                running.end(context, started.is_ok()).await;
                started?
            }
        };
        match started {
            Started::Granted { valid_to } => json(
                StatusCode::OK,
                &StandingBody::new("granted", Some(valid_to)),
            ),
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
                let standing = StandingBody::new("pending", Some(valid_to));
                json(
                    status,
                    &StandingBody {
                        redirect_url: Some(&page),
                        ..standing
                    },
                )
            }
        }
    }

    /// `GET /consent`: how it stands.
    pub async fn status<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Response, Problem> {
        let (customer, party, service) = self.named(context, arrived).await?;
        let context = &self.marked(context, &customer);
        let subject = Subject {
            consumer: &customer.consumer,
            party: &party,
            service: &service,
        };
        // `HEAD` makes us ask nobody.
        let known = if arrived.head {
            self.consents.known_standing(context, subject).await?
        } else {
            self.consents.standing(context, subject).await?
        };
        standing(known)
    }

    /// `DELETE /consent`: the consumer ends it.
    pub async fn withdraw<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Response, Problem> {
        let (customer, party, service) = self.named(context, arrived).await?;
        let context = &self.marked(context, &customer);
        let subject = Subject {
            consumer: &customer.consumer,
            party: &party,
            service: &service,
        };
        standing(self.consents.withdraw(context, subject).await?)
    }

    /// Who asks, and the party and the service that the request names.
    async fn named<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<(Customer, Party, Service), Problem> {
        let customer = self.customer(context, arrived).await?;
        let party = customer.party(arrived.header(PARTY_HEADER)?)?;
        let offer = self.services.find(arrived.query.get("service"))?;
        let said = arrived.query.iter().filter(|(name, _)| *name != "service");
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let service = offer.with_only(&said.collect(), context.now())?;
        Ok((customer, party, service))
    }

    /// `GET /consent/callback`: sends the browser on, or shows it a page. It needs no login and grants
    /// nothing to whoever arrives.
    pub async fn callback<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Response {
        let context = &context.marked(self.marking.marks(Class::Visits));
        let language = arrived
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let Some(state) = arrived.query.get("state").and_then(State::parse) else {
            return UNKNOWN_LINK.response(language);
        };
        let arrival = Arrival {
            state: &state,
            says: WayBack::read(|name| arrived.query.get(name)),
            head: arrived.head,
        };
        match self
            .consents
            .arrive(context, &self.consumers, arrival)
            .await
        {
            Ok(Some(address)) => see_other(&address).unwrap_or_else(|| TROUBLE.response(language)),
            Ok(None) => UNKNOWN_LINK.response(language),
            Err(problem) => {
                let mut page = TROUBLE.response(language);
                page.extensions_mut().insert(problem);
                page
            }
        }
    }

    /// `POST /consent/sweep`: removes what has run out here and at `token`, for a timer.
    pub async fn sweep<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Response, Problem> {
        expect_maintenance(&arrived.headers, &self.maintenance_secrets)?;
        let consumer = &self.consumers.default;
        let tokens = async || self.consents.tokens.sweep(context, consumer).await;
        let store = &self.consents.store;
        let swept = store.sweep_in_turn(context, consumer, tokens).await?;
        json(StatusCode::OK, &swept)
    }

    fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        customer: &Customer,
    ) -> Context<'a, P> {
        customer.marked(&context.marked(self.marking.marks(Class::Customers)))
    }

    async fn customer<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Customer, Problem> {
        self.customers
            .customer(context, bearer(&arrived.headers)?)
            .await
    }
}

/// Maximum number of members of `metadata`: more than any service asks for.
const MOST_METADATA: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartBody {
    party: Option<String>,
    party_name: Option<String>,
    service: Option<String>,
    #[serde(default, deserialize_with = "crate::json::map::<MOST_METADATA, _, _>")]
    metadata: BTreeMap<String, String>,
    return_address: String,
}

impl StartBody {
    /// Returns the fingerprint of what is requested and for which party.
    fn fingerprint(&self, party: &Party) -> Fingerprint {
        let metadata = self.metadata.iter();
        let metadata = metadata.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let fields: Vec<&[u8]> = [
            party.expose(),
            self.party_name.as_deref().unwrap_or_default(),
            self.service.as_deref().unwrap_or_default(),
            self.return_address.as_str(),
        ]
        .into_iter()
        .map(str::as_bytes)
        .chain(metadata)
        .collect();
        Fingerprint::of(&fields)
    }
}

#[derive(Serialize)]
struct StandingBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<&'a str>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
}

impl<'a> StandingBody<'a> {
    fn new(status: &'a str, valid_to: Option<OffsetDateTime>) -> Self {
        let valid_to = valid_to.and_then(|time| time.format(&Rfc3339).ok());
        Self {
            redirect_url: None,
            status,
            valid_to,
        }
    }
}

fn standing(standing: Option<Standing>) -> Result<Response, Problem> {
    let body = standing.map_or(StandingBody::new("none", None), |standing| {
        StandingBody::new(standing.outcome.as_str(), Some(standing.valid_to))
    });
    json(StatusCode::OK, &body)
}
