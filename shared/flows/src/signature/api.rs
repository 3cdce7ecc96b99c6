//! HTTP handlers of the signature component.

use std::time::Duration;

use http::{StatusCode, header};

use super::browser_return::{BrowserReturn, WAITING};
use super::order::{Order, OrderOutcome};
use super::orders::{
    BackEnds, CustomerOrders, LIST_PARAMETERS, OrderingBackEnd, PAGE_PARAMETERS,
    TemplateOrderRequest,
};
use super::page::{TROUBLE, UNKNOWN_LINK};
use super::placement::Placement;
use super::settings::SignatureConfig;
use super::upload::{self, Format, Rights, Upload};
use super::{STORE, Signatures};
use innsyn_core::audit::Pseudonyms;
use innsyn_core::context::Context;
use innsyn_core::marks::{Class, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::platform::{Answer, Body, Platform};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::semaphore::Semaphore;
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::posten::job::SignerIdentifier;
use innsyn_runtime::caller::{Customer, LoginTokens, Timer, VerifiedCaller, Visitor};
use innsyn_runtime::config::Consumers;
use innsyn_runtime::expiry::Expiry;
use innsyn_runtime::idempotency::{self, Key};
use innsyn_runtime::inbound::Access::{Link, Login, Maintenance, Service};
use innsyn_runtime::inbound::{
    BodyLimits, Component, MemoryBudget, MemoryReservation, Parameters, Route, RoutedRequest, json,
    see_other,
};
use innsyn_runtime::return_address::ReturnAddresses;
use innsyn_runtime::state::State;
use innsyn_runtime::store::Store;

/// Path of the component, which is the source of its events.
const SOURCE: &str = "/signatures";

/// Outcomes in the exit addresses. They are untrusted.
const OUTCOMES: [&str; 3] = ["completed", "rejected", "failed"];

/// Number of the largest orders that an instance receives concurrently. Each holds its documents in
/// memory about three times.
const ORDERS: usize = 4;

/// Path of a template.
const TEMPLATE: &str = "/signatures/templates/{name}/{version}";

/// HTTP handlers of the signature component. Live as long as the instance.
///
/// Paths have the parameters `id` or `job`, `signer`, `outcome`, `name` and `version`.
#[derive(Debug)]
pub struct SignatureApi {
    customers: LoginTokens,
    back_ends: BackEnds,
    pub(super) signatures: Signatures,
    consumers: Consumers,
    orders_claim: Option<String>,
    pub(super) return_addresses: ReturnAddresses,
    web_origins: Vec<Origin>,
    maintenance_secrets: Vec<Secret<String>>,
    caller_traces: CallerTraces,
    pub(super) memory: MemoryBudget,
    pub(super) expiry: Expiry,
    pub(super) marking: Marking,
}

impl From<SignatureConfig> for SignatureApi {
    fn from(config: SignatureConfig) -> Self {
        let expiry = Expiry::new(config.seal.certificate().into_iter());
        let pseudonyms = Pseudonyms::new(&config.login.key_sets.key);
        Self {
            expiry,
            back_ends: BackEnds::new(config.services, pseudonyms),
            customers: LoginTokens::new(config.login, config.consumers.clone(), config.environment),
            signatures: Signatures {
                environment: config.environment,
                store: Store::new(STORE, config.environment, &config.store_keys),
                posten: config.posten,
                seal: config.seal,
                queue: config.queue,
                source: config.public_url.join(SOURCE),
                public_url: config.public_url,
                policy: config.policy,
                needs_custody: config.policy.customers != CustomerOrders::Free,
                evidence_receivers: config.evidence_receivers,
                event_receivers: config.event_receivers,
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
    type Service = OrderingBackEnd;

    const NAME: &'static str = "signature";

    const ROUTES: Option<&'static [Route<Self, P>]> = Some(&[
        Route::post("/signatures", Login(&Self::order)),
        // Before the routes of a job, whose id could be the same.
        Route::post("/signatures/drain", Maintenance(&Self::drain)),
        Route::post("/signatures/sweep", Maintenance(&Self::sweep)),
        Route::post("/signatures/orders", Service(&Self::order_by_back_end)),
        Route::get("/signatures/orders", Service(&Self::list_orders))
            .with_query(Parameters::Only(LIST_PARAMETERS)),
        Route::get(
            "/signatures/orders/undelivered",
            Service(&Self::list_undelivered),
        )
        .with_query(Parameters::Only(PAGE_PARAMETERS)),
        Route::get("/signatures/orders/{job}", Service(&Self::order_status)),
        Route::get(
            "/signatures/orders/{job}/pades",
            Service(&Self::order_pades),
        ),
        Route::get(
            "/signatures/orders/{job}/signers/{signer}/xades",
            Service(&Self::order_xades),
        ),
        Route::post(
            "/signatures/orders/{job}/confirm",
            Service(&Self::confirm_order),
        ),
        Route::post(
            "/signatures/orders/{job}/cancel",
            Service(&Self::cancel_order),
        ),
        Route::post(
            "/signatures/orders/{job}/acknowledge",
            Service(&Self::acknowledge_order),
        ),
        Route::delete(
            "/signatures/orders/{job}/documents",
            Service(&Self::delete_order_documents),
        ),
        Route::post("/signatures/templates", Service(&Self::register_template)),
        Route::get(TEMPLATE, Service(&Self::template)),
        Route::delete(TEMPLATE, Service(&Self::withdraw_template)),
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

    async fn service(
        &self,
        context: &Context<'_, P>,
        request: &RoutedRequest,
    ) -> Result<OrderingBackEnd, Problem> {
        let logins = &self.customers;
        self.back_ends.identify(context, logins, request).await
    }
}

impl SignatureApi {
    /// Handles `POST /signatures`: orders a job.
    ///
    /// # Errors
    ///
    /// `Kind::OrderNotAllowed` where the back end orders, the problems of the body, its template and
    /// its validation, of the idempotency key, and of Posten.
    async fn order<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        request: &RoutedRequest,
    ) -> Result<Answer, Problem> {
        let customers = self.signatures.policy.customers;
        if customers == CustomerOrders::Refused {
            return Err(Kind::OrderNotAllowed.into());
        }
        self.expiry.tell(context);
        let key = Key::read(request.header(idempotency::HEADER)?)?;
        // Held until the response: the order parsed from the body is about as large.
        let mut reservation = self.memory.reserve(customer.subject.expose());
        let upload = self.upload(context, customer, request, &mut reservation);
        let upload = upload.await?;
        let rights = Rights {
            customer: Some(customer),
            orders_claim: self.orders_claim.as_deref(),
            return_addresses: &self.return_addresses,
        };
        let (order, template) = if customers == CustomerOrders::Templates || upload.names_template()
        {
            let request = TemplateOrderRequest::read(&upload)?;
            let template = request.template()?;
            context.audit.resource(&template.to_string());
            let found = self
                .signatures
                .template_for(context, customer, &template)
                .await?;
            (request.order(&found, &rights, &upload)?, Some(template))
        } else {
            (rights.read(&upload)?, None)
        };
        // The order has copied what it needs.
        drop(upload);
        let context = &self.marked(context, customer, Class::Orders);
        let placement = Placement::by_customer(customer, template);
        self.place(context, &placement, order, key.as_ref()).await
    }

    /// Receives the body of an order, for which `reservation` counts the memory.
    pub(super) async fn upload<P: Platform>(
        &self,
        context: &Context<'_, P>,
        caller: &impl VerifiedCaller,
        request: &RoutedRequest,
        reservation: &mut MemoryReservation<'_>,
    ) -> Result<Upload, Problem> {
        let content_type = request.header("content-type")?.unwrap_or_default();
        let mut watch = Format::from_content_type(content_type)?.watch();
        let limits = BodyLimits {
            largest: upload::LARGEST,
            reservation: Some(reservation),
            watch: Some(&mut watch),
        };
        let body = request.body.read(context, caller, limits).await?;
        Upload::read(content_type, &body)
    }

    /// Places an order, and answers it.
    pub(super) async fn place<P: Platform>(
        &self,
        context: &Context<'_, P>,
        placement: &Placement<'_>,
        order: Order,
        key: Option<&Key>,
    ) -> Result<Answer, Problem> {
        for signer in &order.signers {
            if let SignerIdentifier::Person(number) = &signer.who {
                context.audit.party(number.expose());
            }
        }
        match self
            .signatures
            .order(context, placement, order, key)
            .await?
        {
            OrderOutcome::Created(job) => json(StatusCode::CREATED, &job),
            OrderOutcome::Unknown(job) => json(StatusCode::ACCEPTED, &job),
        }
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

    /// Handles `POST /signatures/drain`: fetches changes from Posten's queues, delivers evidence and
    /// sends events; called by a timer.
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

    /// Handles `POST /signatures/sweep`: removes expired rows, and finds jobs whose evidence or
    /// status the bank does not have; called by a timer.
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
        let swept = self.signatures.sweep(context, &self.consumers).await?;
        json(StatusCode::OK, &swept)
    }

    pub(super) fn marked<'a, P: Platform>(
        &self,
        context: &Context<'a, P>,
        customer: &Customer,
        class: Class,
    ) -> Context<'a, P> {
        customer.marked(&context.marked(self.marking.marks(class)))
    }
}
