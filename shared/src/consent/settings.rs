//! The settings of the consent component.

use super::service::Services;
use crate::altinn::Altinn;
use crate::config::{ConfigError, Consumers, Login, Origin, Raw, Resolver, Settings, StoreKeys};
use crate::credential::SigningKey;
use crate::outbound::Marking;
use crate::party::Environment;
use crate::return_address::ReturnAddresses;
use crate::secret::Secret;
use crate::trace::CallerTraces;

/// The settings of the consent component.
#[derive(Clone, Debug)]
pub struct ConsentConfig {
    /// Where the app runs.
    pub environment: Environment,
    /// What the way back from Altinn is built from.
    pub public_url: Origin,
    /// The pages that may call.
    pub web_origins: Vec<Origin>,
    /// Where browsers may be sent.
    pub return_addresses: ReturnAddresses,
    /// Who receives data.
    pub consumers: Consumers,
    /// Who vouches for customers.
    pub login: Login,
    /// Where consents are given.
    pub altinn: Altinn,
    /// What can be consented to.
    pub services: Services,
    /// The component's own key, shown to `token`.
    pub signing_key: SigningKey,
    /// Seals the store of consents.
    pub store_keys: StoreKeys,
    /// What a timer shows to have the stores swept.
    pub maintenance_secrets: Vec<Secret<String>>,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

impl Settings for ConsentConfig {
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
        "altinn_generation",
        "altinn_api_keys",
        "altinn_start",
        "altinn_link_purpose",
        "altinn_token_scope",
        "altinn_origin",
        "altinn_page_origin",
        "services",
        "default_service",
        "consent_signing_key",
        "consent_store_key",
        "consent_store_previous_key",
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
        let altinn = Altinn::resolve_to_ask(&mut resolver);
        let services = Services::resolve(&mut resolver, altinn.as_ref());
        let signing_key = resolver.signing_key("consent_signing_key");
        let store_keys = resolver.store_keys("consent_store_key", "consent_store_previous_key");
        let maintenance_secrets = resolver.secrets("maintenance_secret");
        let caller_traces = resolver.caller_traces();
        let marking = resolver.marking("consent_store_key");
        let settings = || {
            Some(Self {
                environment: environment?,
                public_url: public_url?,
                web_origins: web_origins?,
                return_addresses: return_addresses?,
                consumers: consumers?,
                login: login?,
                altinn: altinn?,
                services: services?,
                signing_key: signing_key?,
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
