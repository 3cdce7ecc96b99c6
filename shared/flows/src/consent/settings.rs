//! Settings of the consent component.

use super::service::{self, Services};
use crate::altinn::{self, Altinn};
use crate::altinn2;
use crate::events::{EVENT_RECEIVERS, EVENTS, Receivers};
use innsyn_core::credential::SigningKey;
use innsyn_core::marks::Marking;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::secret::Secret;
use innsyn_core::trace::CallerTraces;
use innsyn_runtime::config::{
    COMMON, ConfigError, Consumers, JOURNEYS, Login, MAINTENANCE_SECRET, PAGES, PUBLIC_URL, Raw,
    Resolver, Setting, Settings, StoreKeys,
};
use innsyn_runtime::return_address::ReturnAddresses;
use innsyn_runtime::settings;

settings! {
    /// Settings of every component that uses the store of consents.
    pub(crate) STORED {
        pub(crate) CONSENT_STORE_KEY = Setting::required("consent_store_key").secret();
        pub(crate) CONSENT_STORE_PREVIOUS_KEY = Setting::optional("consent_store_previous_key").secret();
    }
}

settings! {
    /// Settings of the consent component alone.
    OWN {
        CONSENT_SIGNING_KEY = Setting::required("consent_signing_key").secret();
    }
}

/// Settings of the consent component.
#[derive(Clone, Debug)]
pub struct ConsentConfig {
    /// Environment in which the app runs.
    pub environment: Environment,
    /// Public origin of the app, the base of the redirect URI for Altinn.
    pub public_url: Origin,
    /// Origins whose pages may call.
    pub web_origins: Vec<Origin>,
    /// Allow-list of addresses to which browsers return.
    pub return_addresses: ReturnAddresses,
    /// Organisations that receive data.
    pub consumers: Consumers,
    /// Login service that authenticates customers.
    pub login: Login,
    /// Altinn, where consents are given.
    pub altinn: Altinn,
    /// Services to which parties can consent.
    pub services: Services,
    /// Component's own key, for credentials sent to `token`.
    pub signing_key: SigningKey,
    /// Keys that seal the store of consents.
    pub store_keys: StoreKeys,
    /// Receivers of events.
    pub event_receivers: Receivers,
    /// Secrets of the timer that triggers the expiry sweep and the drain.
    pub maintenance_secrets: Vec<Secret<String>>,
    /// Treatment of callers' traces.
    pub caller_traces: CallerTraces,
    /// Marking settings: which calls are marked for the budgets.
    pub marking: Marking,
}

impl Settings for ConsentConfig {
    const SETTINGS: &'static [&'static [Setting]] = &[
        COMMON,
        PAGES,
        JOURNEYS,
        altinn::ADDRESSES,
        altinn::GENERATION,
        altinn2::SHARED,
        altinn2::REQUESTS,
        service::OFFERED,
        service::REQUESTED,
        STORED,
        EVENTS,
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
        let event_receivers =
            Receivers::resolve(&mut resolver, EVENT_RECEIVERS.name, consumers.as_ref());
        let altinn = Altinn::resolve_to_ask(&mut resolver);
        let services = Services::resolve(&mut resolver, altinn.as_ref());
        let signing_key = resolver.signing_key(CONSENT_SIGNING_KEY.name);
        let store_keys =
            resolver.store_keys(CONSENT_STORE_KEY.name, CONSENT_STORE_PREVIOUS_KEY.name);
        let maintenance_secrets = resolver.secrets(MAINTENANCE_SECRET.name);
        let caller_traces = resolver.caller_traces();
        let marking = resolver.marking(CONSENT_STORE_KEY.name);
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
                event_receivers: event_receivers?,
                maintenance_secrets: maintenance_secrets?,
                caller_traces: caller_traces?,
                marking: marking?,
            })
        };
        let settings = settings();
        resolver.finish(settings)
    }
}
