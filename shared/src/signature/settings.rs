//! The settings of the signature component.

use crate::config::{ConfigError, Consumers, Login, Origin, Raw, Resolver, Settings, StoreKeys};
use crate::outbound::Marking;
use crate::party::Environment;
use crate::posten::{Posten, Seal};
use crate::return_address::ReturnAddresses;
use crate::secret::Secret;
use crate::trace::CallerTraces;

/// The settings of the signature component.
#[derive(Clone, Debug)]
pub struct SignatureConfig {
    /// Where the app runs.
    pub environment: Environment,
    /// What the way back from Posten is built from.
    pub public_url: Origin,
    /// The pages that may call.
    pub web_origins: Vec<Origin>,
    /// Where browsers may be sent.
    pub return_addresses: ReturnAddresses,
    /// On whose behalf documents are sent.
    pub consumers: Consumers,
    /// Who vouches for customers.
    pub login: Login,
    /// The claim of a login token that lets its customer have others sign; nobody may where it is `None`.
    pub orders_claim: Option<String>,
    /// Where documents are signed.
    pub posten: Posten,
    /// The queue in which changes are found; `None` for the default one.
    pub queue: Option<String>,
    /// What seals the documents.
    pub seal: Seal,
    /// Seals the store of jobs.
    pub store_keys: StoreKeys,
    /// What a timer shows to have the queue drained and the store swept.
    pub maintenance_secrets: Vec<Secret<String>>,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

impl Settings for SignatureConfig {
    const VARIABLES: &'static [&'static str] = &[
        "environment",
        "public_url",
        "web_origins",
        "budgeted_origins",
        "return_addresses",
        "consumer_organisation",
        "consumer_organisations",
        "consumer_claim",
        "login_origin",
        "login_jwks_path",
        "login_issuer",
        "login_audience",
        "login_party_claim",
        "login_organisations_claim",
        "key_set_store_key",
        "signature_orders_claim",
        "posten_origin",
        "posten_proxy_path",
        "posten_own_origin",
        "posten_page_origin",
        "posten_queue",
        "seal_certificate_chain",
        "seal_key",
        "job_store_key",
        "job_store_previous_key",
        "maintenance_secret",
        "trace_from_callers",
    ];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let mut resolver = Resolver::new(raw);
        let environment = resolver.environment();
        let public_url = resolver.origin("public_url");
        let web_origins = resolver.web_origins();
        let return_addresses = ReturnAddresses::resolve(&mut resolver);
        let consumers = resolver.consumers();
        let login = resolver.login();
        let posten = posten(&mut resolver);
        let seal = seal(&mut resolver);
        let store_keys = resolver.store_keys("job_store_key", "job_store_previous_key");
        let maintenance_secrets = resolver.secrets("maintenance_secret");
        let caller_traces = resolver.caller_traces();
        let marking = resolver.marking("job_store_key");
        let text = |name| resolver.optional(name).map(str::to_owned);
        let (orders_claim, queue) = (text("signature_orders_claim"), text("posten_queue"));
        let settings = || {
            Some(Self {
                environment: environment?,
                public_url: public_url?,
                web_origins: web_origins?,
                return_addresses: return_addresses?,
                consumers: consumers?,
                login: login?,
                orders_claim,
                posten: posten?,
                queue,
                seal: seal?,
                store_keys: store_keys?,
                maintenance_secrets: maintenance_secrets?,
                caller_traces: caller_traces?,
                marking: marking?,
            })
        };
        let settings = settings();
        resolver.finish(settings)
    }
}

fn posten(resolver: &mut Resolver<'_>) -> Option<Posten> {
    const PATH: &str = "posten_proxy_path";
    let origin = resolver.origin("posten_origin");
    let page_origin = resolver.origin("posten_page_origin");
    let own_origin = match resolver.optional("posten_own_origin") {
        None => Some(None),
        Some(_) => resolver.origin("posten_own_origin").map(Some),
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
    const CHAIN: &str = "seal_certificate_chain";
    const KEY: &str = "seal_key";
    const REMEDY: &str =
        "set it to the enterprise certificate and those that issued it, in PEM, its own first";
    let chain = resolver.required(CHAIN, REMEDY);
    let key = resolver.required(KEY, "set it to the certificate's RSA key, in PEM");
    let seal = Seal::of(chain?, key?);
    if let Err(error) = &seal {
        let reason = format!("and {KEY} make no seal: {error}");
        resolver.invalid(CHAIN, &reason, REMEDY);
    }
    seal.ok()
}
