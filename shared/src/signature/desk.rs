//! What the signature component is asked for.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Serialize;

use super::arrive::{Arrival, WAITING};
use super::order::Ordered;
use super::page::{TROUBLE, UNKNOWN_LINK};
use super::settings::SignatureConfig;
use super::upload::{self, Format, Rights};
use super::{STORE, Signatures};
use crate::caller::{Customer, LoginTokens, bearer, expect_maintenance};
use crate::config::{Consumers, Origin};
use crate::context::Context;
use crate::expiry::Expiry;
use crate::idempotency::{self, Key};
use crate::inbound::{Allowance, Arrived, Room, json, see_other};
use crate::outbound::{Class, Marking, Semaphore};
use crate::platform::{Answer, Body, Platform, Response};
use crate::problem::Problem;
use crate::return_address::ReturnAddresses;
use crate::secret::Secret;
use crate::state::State;
use crate::store::Store;
use crate::trace::CallerTraces;

/// The path of the way back from Posten; a segment for how it went follows.
pub const RETURN: &str = "/signatures/return";

/// How an exit address may say that it went. It is hearsay.
const OUTCOMES: [&str; 3] = ["completed", "rejected", "failed"];

/// Number of the largest orders that an instance receives at once. Each holds its documents in memory about three
/// times.
const ORDERS: usize = 4;

/// Answers the signature component's requests. Lives as long as the instance.
///
/// Paths have the places `id`, `signer` and `outcome`.
#[derive(Debug)]
pub struct Desk {
    customers: LoginTokens,
    signatures: Signatures,
    consumers: Consumers,
    orders_claim: Option<String>,
    return_addresses: ReturnAddresses,
    web_origins: Vec<Origin>,
    maintenance_secrets: Vec<Secret<String>>,
    caller_traces: CallerTraces,
    room: Room,
    expiry: Expiry,
    marking: Marking,
}

impl Desk {
    /// How long a request may take. A drain uses all of it where there is much to fetch.
    pub const TIME: Duration = Duration::from_mins(1);

    /// With the settings of the signature component.
    pub fn new(config: SignatureConfig) -> Self {
        let expiry = Expiry::new(config.seal.certificate().into_iter());
        Self {
            expiry,
            customers: LoginTokens::new(config.login, config.consumers.clone(), config.environment),
            signatures: Signatures {
                environment: config.environment,
                store: Store::new(STORE, config.environment, &config.store_keys),
                posten: config.posten,
                seal: config.seal,
                queue: config.queue,
                public_url: config.public_url,
                waiting: Semaphore::new(WAITING),
            },
            consumers: config.consumers,
            orders_claim: config.orders_claim,
            return_addresses: config.return_addresses,
            web_origins: config.web_origins,
            maintenance_secrets: config.maintenance_secrets,
            caller_traces: config.caller_traces,
            room: Room::new(upload::LARGEST, ORDERS),
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

    /// `POST /signatures`: orders a job.
    pub async fn order<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        self.expiry.tell(context);
        let customer = self.customer(context, arrived).await?;
        let key = Key::read(arrived.header(idempotency::HEADER)?)?;
        let content_type = arrived.header("content-type")?.unwrap_or_default();
        let mut watch = Format::of(content_type)?.watch();
        // Held until the answer: what is made of the body is about as large.
        let mut share = self.room.share(customer.subject.expose());
        let allowance = Allowance {
            largest: upload::LARGEST,
            share: Some(&mut share),
            watch: Some(&mut watch),
        };
        let body = arrived.body.read(context, &customer, allowance).await?;
        let rights = Rights {
            customer: &customer,
            orders_claim: self.orders_claim.as_deref(),
            return_addresses: &self.return_addresses,
        };
        let order = rights.read(content_type, &body)?;
        // The order holds what it needs of it.
        drop(body);
        let context = &self.marked(context, &customer, Class::Orders);
        let ordered = self
            .signatures
            .order(context, &customer, order, key.as_ref());
        match ordered.await? {
            Ordered::Made(job) => whole(json(StatusCode::CREATED, &job)),
            Ordered::Unknown(job) => whole(json(StatusCode::ACCEPTED, &job)),
        }
    }

    /// `GET /signatures/{id}`: how the job stands.
    pub async fn status<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let id = arrived.path("id");
        let job = self.signatures.status(context, &customer, id).await?;
        whole(json(StatusCode::OK, &job))
    }

    /// `GET /signatures/{id}/pades`: the signed document.
    pub async fn pades<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let id = arrived.path("id");
        self.signatures.pades(context, &customer, id).await
    }

    /// `GET /signatures/{id}/signers/{signer}/xades`: a signer's signature.
    pub async fn xades<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let (id, signer) = (arrived.path("id"), arrived.path("signer"));
        self.signatures.xades(context, &customer, id, signer).await
    }

    /// `POST /signatures/{id}/confirm`: tells Posten that the last change has been taken.
    pub async fn confirm<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let id = arrived.path("id");
        let job = self.signatures.confirm(context, &customer, id).await?;
        whole(json(StatusCode::OK, &job))
    }

    /// `POST /signatures/{id}/cancel`: withdraws a job of the portal.
    pub async fn cancel<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let id = arrived.path("id");
        let job = self.signatures.cancel(context, &customer, id).await?;
        whole(json(StatusCode::ACCEPTED, &job))
    }

    /// `POST /signatures/{id}/signers/{signer}/redirect`: a new page for a signer.
    pub async fn redirect<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let (id, signer) = (arrived.path("id"), arrived.path("signer"));
        let redirect = self.signatures.redirect(context, &customer, id, signer);
        let redirect_url = redirect.await?;
        whole(json(StatusCode::OK, &RedirectBody { redirect_url }))
    }

    /// `DELETE /signatures/{id}/documents`: has Posten delete them.
    pub async fn delete_documents<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        let customer = self.customer(context, arrived).await?;
        let context = &self.marked(context, &customer, Class::Customers);
        let id = arrived.path("id");
        self.signatures
            .delete_documents(context, &customer, id)
            .await?;
        let mut answer = Answer::new(Body::Whole(Bytes::new()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        Ok(answer)
    }

    /// `GET /signatures/return/{outcome}`: sends the browser on, or shows it a page. It needs no login and grants
    /// nothing to whoever arrives.
    pub async fn come_back<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Answer {
        let context = &context.marked(self.marking.marks(Class::Visits));
        let language = arrived.headers.get(header::ACCEPT_LANGUAGE);
        let language = language.and_then(|value| value.to_str().ok());
        let known = OUTCOMES.contains(&arrived.path("outcome"));
        let state = arrived.query.get("job").and_then(State::parse);
        let Some(state) = state.filter(|_| known) else {
            return UNKNOWN_LINK.response(language).map(Body::Whole);
        };
        let token = arrived.query.get("status_query_token");
        let token = token.map(|token| Secret::new(token.to_owned()));
        let arrival = Arrival {
            state: &state,
            token: token.as_ref(),
            head: arrived.head,
        };
        let end = self.signatures.arrive(context, &self.consumers, arrival);
        let answer = match end.await {
            Ok(Some(address)) => see_other(&address).unwrap_or_else(|| TROUBLE.response(language)),
            Ok(None) => UNKNOWN_LINK.response(language),
            Err(problem) => {
                let mut page = TROUBLE.response(language);
                page.extensions_mut().insert(problem);
                page
            }
        };
        answer.map(Body::Whole)
    }

    /// `POST /signatures/drain`: fetches what Posten has to tell, for a timer.
    pub async fn drain<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        self.expiry.tell(context);
        expect_maintenance(&arrived.headers, &self.maintenance_secrets)?;
        let context = &context.marked(self.marking.marks(Class::Drain));
        let drained = self.signatures.drain(context, &self.consumers).await?;
        whole(json(StatusCode::OK, &drained))
    }

    /// `POST /signatures/sweep`: removes what has run out, for a timer.
    pub async fn sweep<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Answer, Problem> {
        expect_maintenance(&arrived.headers, &self.maintenance_secrets)?;
        let store = &self.signatures.store;
        let swept = store
            .sweep_in_turn(context, &self.consumers.default, async || Ok(0))
            .await?;
        whole(json(StatusCode::OK, &swept))
    }

    fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        customer: &Customer,
        class: Class,
    ) -> Context<'a, P> {
        customer.marked(&context.marked(self.marking.marks(class)))
    }

    async fn customer<P: Platform, H>(
        &self,
        context: &Context<'_, P>,
        arrived: &Arrived<H>,
    ) -> Result<Customer, Problem> {
        let token = bearer(&arrived.headers)?;
        self.customers.customer(context, token).await
    }
}

#[derive(Serialize)]
struct RedirectBody {
    redirect_url: String,
}

fn whole(answer: Result<Response, Problem>) -> Result<Answer, Problem> {
    Ok(answer?.map(Body::Whole))
}
