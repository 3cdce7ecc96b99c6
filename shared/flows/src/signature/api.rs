//! HTTP handlers of the signature component.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Serialize;

use super::browser_return::{BrowserReturn, WAITING};
use super::order::OrderOutcome;
use super::page::{TROUBLE, UNKNOWN_LINK};
use super::settings::SignatureConfig;
use super::upload::{self, Format, Rights};
use super::{STORE, Signatures};
use innsyn_core::context::Context;
use innsyn_core::marks::{Class, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Answer, Body, Platform};
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_core::semaphore::Semaphore;
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::posten::job::SignerIdentifier;
use innsyn_runtime::caller::{Customer, LoginTokens, Timer, Visitor};
use innsyn_runtime::config::Consumers;
use innsyn_runtime::expiry::Expiry;
use innsyn_runtime::idempotency::{self, Key};
use innsyn_runtime::inbound::Access::{Link, Login, Maintenance};
use innsyn_runtime::inbound::{
    BodyLimits, Component, MemoryBudget, Parameters, Route, RoutedRequest, json, see_other,
};
use innsyn_runtime::return_address::ReturnAddresses;
use innsyn_runtime::state::State;
use innsyn_runtime::store::Store;

/// Outcomes in the exit addresses. They are untrusted.
const OUTCOMES: [&str; 3] = ["completed", "rejected", "failed"];

/// Number of the largest orders that an instance receives concurrently. Each holds its documents in
/// memory about three times.
const ORDERS: usize = 4;

/// HTTP handlers of the signature component. Live as long as the instance.
///
/// Paths have the parameters `id`, `signer` and `outcome`.
#[derive(Debug)]
pub struct SignatureApi {
    customers: LoginTokens,
    signatures: Signatures,
    consumers: Consumers,
    orders_claim: Option<String>,
    return_addresses: ReturnAddresses,
    web_origins: Vec<Origin>,
    maintenance_secrets: Vec<Secret<String>>,
    caller_traces: CallerTraces,
    memory: MemoryBudget,
    expiry: Expiry,
    marking: Marking,
}

impl From<SignatureConfig> for SignatureApi {
    fn from(config: SignatureConfig) -> Self {
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
            memory: MemoryBudget::new(upload::LARGEST, ORDERS),
            marking: config.marking,
        }
    }
}

impl<P: Platform + 'static> Component<P> for SignatureApi {
    type Settings = SignatureConfig;
    type Service = Infallible;

    const NAME: &'static str = "signature";

    const ROUTES: Option<&'static [Route<Self, P>]> = Some(&[
        Route::post("/signatures", Login(&Self::order)),
        // Before the routes of a job, whose id could be the same.
        Route::post("/signatures/drain", Maintenance(&Self::drain)),
        Route::post("/signatures/sweep", Maintenance(&Self::sweep)),
        // Posten adds its own parameters.
        Route::get("/signatures/return/{outcome}", Link(&Self::come_back))
            .with_query(Parameters::AmongOthers(&["job", "status_query_token"])),
        Route::get("/signatures/{id}", Login(&Self::status)),
        Route::get("/signatures/{id}/pades", Login(&Self::pades)),
        Route::get(
            "/signatures/{id}/signers/{signer}/xades",
            Login(&Self::xades),
        ),
        Route::post(
            "/signatures/{id}/signers/{signer}/redirect",
            Login(&Self::redirect),
        ),
        Route::post("/signatures/{id}/confirm", Login(&Self::confirm)),
        Route::post("/signatures/{id}/cancel", Login(&Self::cancel)),
        Route::delete("/signatures/{id}/documents", Login(&Self::delete_documents)),
    ]);

    /// A queue drain uses all of the time if there is much to fetch.
    const TIME: Duration = Duration::from_mins(1);

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

impl SignatureApi {
    /// Handles `POST /signatures`: orders a job.
    ///
    /// # Errors
    ///
    /// The problems of the body and its validation, of the idempotency key, and
    /// of Posten.
    async fn order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        self.expiry.tell(context);
        let key = Key::read(request.header(idempotency::HEADER)?)?;
        let content_type = request.header("content-type")?.unwrap_or_default();
        let mut watch = Format::from_content_type(content_type)?.watch();
        // Held until the response: the order parsed from the body is about as large.
        let mut reservation = self.memory.reserve(customer.subject.expose());
        let limits = BodyLimits {
            largest: upload::LARGEST,
            reservation: Some(&mut reservation),
            watch: Some(&mut watch),
        };
        let body = request.body.read(context, customer, limits).await?;
        let rights = Rights {
            customer,
            orders_claim: self.orders_claim.as_deref(),
            return_addresses: &self.return_addresses,
        };
        let order = rights.read(content_type, &body)?;
        for signer in &order.signers {
            if let SignerIdentifier::Person(number) = &signer.who {
                context.audit.party(number.expose());
            }
        }
        // The order has copied what it needs.
        drop(body);
        let context = &self.marked(context, customer, Class::Orders);
        let ordered = self
            .signatures
            .order(context, customer, order, key.as_ref());
        match ordered.await? {
            OrderOutcome::Created(job) => json(StatusCode::CREATED, &job),
            OrderOutcome::Unknown(job) => json(StatusCode::ACCEPTED, &job),
        }
    }

    /// Handles `GET /signatures/{id}`: returns the job's status.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::status`].
    async fn status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        let job = self.signatures.status(context, customer, id).await?;
        json(StatusCode::OK, &job)
    }

    /// Handles `GET /signatures/{id}/pades`: returns the signed document.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::pades`].
    async fn pades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        self.signatures.pades(context, customer, id).await
    }

    /// Handles `GET /signatures/{id}/signers/{signer}/xades`: returns a signer's signature.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::xades`].
    async fn xades<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let (id, signer) = (request.path("id"), request.path("signer"));
        self.signatures.xades(context, customer, id, signer).await
    }

    /// Handles `POST /signatures/{id}/confirm`: confirms the last change to Posten.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::confirm`].
    async fn confirm<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        let job = self.signatures.confirm(context, customer, id).await?;
        json(StatusCode::OK, &job)
    }

    /// Handles `POST /signatures/{id}/cancel`: cancels a job of the portal flow.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::cancel`].
    async fn cancel<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        let job = self.signatures.cancel(context, customer, id).await?;
        json(StatusCode::ACCEPTED, &job)
    }

    /// Handles `POST /signatures/{id}/signers/{signer}/redirect`: returns a new redirect URL for a
    /// signer.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::redirect`].
    async fn redirect<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let (id, signer) = (request.path("id"), request.path("signer"));
        let redirect = self.signatures.redirect(context, customer, id, signer);
        let redirect_url = redirect.await?;
        json(StatusCode::OK, &RedirectBody { redirect_url })
    }

    /// Handles `DELETE /signatures/{id}/documents`: deletes the documents at Posten.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::delete_documents`].
    async fn delete_documents<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &self.marked(context, customer, Class::Customers);
        let id = request.path("id");
        self.signatures
            .delete_documents(context, customer, id)
            .await?;
        let mut answer = Answer::new(Body::Whole(Bytes::new()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        Ok(answer)
    }

    /// Handles `GET /signatures/return/{outcome}`: redirects the browser, or shows a page. The
    /// route requires no login and grants nothing to its visitor.
    async fn come_back<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _: &Visitor,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let context = &context.marked(self.marking.marks(Class::Visits));
        let language = request.headers.get(header::ACCEPT_LANGUAGE);
        let language = language.and_then(|value| value.to_str().ok());
        let known = OUTCOMES.contains(&request.path("outcome"));
        let state = request.query.get("job").and_then(State::parse);
        let Some(state) = state.filter(|_| known) else {
            return Ok(UNKNOWN_LINK.response(language).map(Body::Whole));
        };
        let token = request.query.get("status_query_token");
        let token = token.map(|token| Secret::new(token.to_owned()));
        let browser_return = BrowserReturn {
            state: &state,
            token: token.as_ref(),
            head: request.head,
        };
        let end = self
            .signatures
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

    /// Handles `POST /signatures/drain`: fetches changes from Posten's queues; called by a timer.
    ///
    /// # Errors
    ///
    /// The problems of [`Signatures::drain`].
    async fn drain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _: &Timer,
        _: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        self.expiry.tell(context);
        let context = &context.marked(self.marking.marks(Class::Drain));
        let drained = self.signatures.drain(context, &self.consumers).await?;
        json(StatusCode::OK, &drained)
    }

    /// Handles `POST /signatures/sweep`: removes expired rows; called by a timer.
    ///
    /// # Errors
    ///
    /// The problems of the sweep.
    async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        _: &Timer,
        _: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let store = &self.signatures.store;
        let swept = store
            .sweep_under_lease(context, &self.consumers.default, async || Ok(0))
            .await?;
        json(StatusCode::OK, &swept)
    }

    fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        customer: &Customer,
        class: Class,
    ) -> Context<'a, P> {
        customer.marked(&context.marked(self.marking.marks(class)))
    }
}

#[derive(Serialize)]
struct RedirectBody {
    redirect_url: String,
}
