//! Settings of the signature component.

use super::orders::{self, OrderPolicy, OrderingService};
use crate::events::{EVENT_RECEIVERS, EVENTS, Receivers};
use innsyn_core::marks::Marking;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::secret::Secret;
use innsyn_core::trace::CallerTraces;
use innsyn_protocols::posten::{Posten, Seal};
use innsyn_runtime::config::{
    COMMON, ConfigError, Consumers, EGRESS, JOURNEYS, Login, MAINTENANCE_SECRET, Meaning, PAGES,
    PUBLIC_URL, Raw, Resolver, Setting, Settings, StoreKeys,
};
use innsyn_runtime::return_address::ReturnAddresses;
use innsyn_runtime::settings;

settings! {
    /// Settings of the signature component alone.
    OWN {
        SIGNATURE_SIGNING_KEY = Setting::optional("signature_signing_key").secret();
        SIGNATURE_ORDERS_CLAIM = Setting::optional("signature_orders_claim");
        POSTEN_ORIGIN = Setting::required("posten_origin");
        POSTEN_PROXY_PATH = Setting::optional("posten_proxy_path");
        POSTEN_OWN_ORIGIN = Setting::optional("posten_own_origin");
        POSTEN_PAGE_ORIGIN = Setting::required("posten_page_origin");
        POSTEN_QUEUE = Setting::optional("posten_queue");
        EVIDENCE_RECEIVERS = Setting::optional("evidence_receivers").secret();
        /// Certificate that seals document packages, with its issuers.
        pub SEAL_CERTIFICATE_CHAIN = Setting::required("seal_certificate_chain").secret();
        /// Key that seals document packages.
        pub SEAL_KEY = Setting::required("seal_key").secret();
        JOB_STORE_KEY = Setting::required("job_store_key").secret();
        JOB_STORE_PREVIOUS_KEY = Setting::optional("job_store_previous_key").secret();
    }
}

/// Settings of the signature component.
#[derive(Clone, Debug)]
pub struct SignatureConfig {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Public origin of the app, the base of the exit addresses.
    pub public_url: Origin,
    /// Origins whose pages may call.
    pub web_origins: Vec<Origin>,
    /// Allow-list of addresses to which browsers return.
    pub return_addresses: ReturnAddresses,
    /// Organisations on whose behalf documents are sent.
    pub consumers: Consumers,
    /// Login service that authenticates customers.
    pub login: Login,
    /// Claim of a login token that permits its customer to have others sign; with `None`, nobody
    /// may.
    pub orders_claim: Option<String>,
    /// Policy of orders.
    pub policy: OrderPolicy,
    /// Services that may order with a credential of their own.
    pub services: Vec<OrderingService>,
    /// Posten's API, where documents are signed.
    pub posten: Posten,
    /// Name of the queue that delivers changes; `None` for the default one.
    pub queue: Option<String>,
    /// Seal for document packages.
    pub seal: Seal,
    /// Receivers of evidence.
    pub evidence_receivers: Receivers,
    /// Receivers of events.
    pub event_receivers: Receivers,
    /// Keys that seal the store of jobs.
    pub store_keys: StoreKeys,
    /// Secrets of the timer that triggers the queue drain and the expiry sweep.
    pub maintenance_secrets: Vec<Secret<String>>,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

impl Settings for SignatureConfig {
    const SETTINGS: &'static [&'static [Setting]] = &[
        COMMON,
        PAGES,
        EGRESS,
        JOURNEYS,
        EVENTS,
        orders::POLICY,
        orders::SERVICES,
        OWN,
    ];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let public_url = resolver.origin(PUBLIC_URL.name);
        let web_origins = resolver.web_origins();
        let return_addresses = ReturnAddresses::resolve(&mut resolver);
        let consumers = resolver.consumers();
        let login = resolver.login();
        let policy = OrderPolicy::resolve(&mut resolver);
        let services = orders::resolve_services(&mut resolver, consumers.as_ref());
        let evidence_receivers =
            Receivers::resolve(&mut resolver, EVIDENCE_RECEIVERS.name, consumers.as_ref());
        let event_receivers =
            Receivers::resolve(&mut resolver, EVENT_RECEIVERS.name, consumers.as_ref());
        let posten = posten(&mut resolver);
        let seal = seal(&mut resolver);
        let store_keys = resolver.store_keys(JOB_STORE_KEY.name, JOB_STORE_PREVIOUS_KEY.name);
        let maintenance_secrets = resolver.secrets(MAINTENANCE_SECRET.name);
        let caller_traces = resolver.caller_traces();
        let marking = resolver.marking(JOB_STORE_KEY.name);
        let egress = resolver.egress("signature", |resolver| {
            resolver.signing_key(SIGNATURE_SIGNING_KEY.name)
        });
        let orders_claim = resolver.optional_claim(
            SIGNATURE_ORDERS_CLAIM.name,
            Meaning::Permission,
            "set it to a claim that is true for those who may have others sign, or leave it empty",
        );
        let queue = resolver.optional(POSTEN_QUEUE.name).map(str::to_owned);
        let settings = || {
            Some(Self {
                environment: environment?,
                public_url: public_url?,
                web_origins: web_origins?,
                return_addresses: return_addresses?,
                consumers: consumers?,
                login: login?,
                orders_claim,
                policy: policy?,
                services: services?,
                posten: posten?,
                queue,
                seal: seal?,
                evidence_receivers: evidence_receivers?,
                event_receivers: event_receivers?,
                store_keys: store_keys?,
                maintenance_secrets: maintenance_secrets?,
                caller_traces: caller_traces?,
                marking: marking?.through(egress?),
            })
        };
        let settings = settings();
        resolver.finish(settings)
    }
}

fn posten(resolver: &mut Resolver<'_>) -> Option<Posten> {
    const PATH: &str = POSTEN_PROXY_PATH.name;
    let origin = resolver.origin(POSTEN_ORIGIN.name);
    let page_origin = resolver.origin(POSTEN_PAGE_ORIGIN.name);
    let own_origin = match resolver.optional(POSTEN_OWN_ORIGIN.name) {
        None => Some(None),
        Some(_) => resolver.origin(POSTEN_OWN_ORIGIN.name).map(Some),
    };
    let path = resolver.optional(PATH).unwrap_or_default();
    let posten = Posten::new(origin?, path, own_origin?, page_origin?);
    if let Err(error) = posten {
        let remedy =
            "set it to the path of the pin at the proxy, such as /posten, or leave it empty";
        resolver.invalid(PATH, &error.to_string(), remedy);
    }
    posten.ok()
}

fn seal(resolver: &mut Resolver<'_>) -> Option<Seal> {
    const CHAIN: &str = SEAL_CERTIFICATE_CHAIN.name;
    const KEY: &str = SEAL_KEY.name;
    const REMEDY: &str =
        "set it to the enterprise certificate and those that issued it, in PEM, its own first";
    let chain = resolver.required(CHAIN, REMEDY);
    let key = resolver.required(KEY, "set it to the certificate's RSA key, in PEM");
    let seal = Seal::from_pem(chain?, key?);
    if let Err(error) = &seal {
        let reason = format!("and {KEY} make no seal: {error}");
        resolver.invalid(CHAIN, &reason, REMEDY);
    }
    seal.ok()
}
