//! Resolver from raw values to valid ones, which collects every fault.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

use super::Raw;
use super::claims::Meaning;
use super::fault::{ConfigError, Fault};
use super::sections::{Consumers, KeySetStore, Login, StoreKeys};
use super::setting::Setting;
use innsyn_core::credential::SigningKey;
use innsyn_core::marks::{Egress, Marking};
use innsyn_core::origin::Origin;
use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_core::secret::Secret;
use innsyn_core::trace::CallerTraces;

use crate::settings;

const ORIGIN: &str =
    "set it to an origin such as https://host.example, without a path or a slash at the end";
const KEY: &str =
    "set it to 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url` makes them";

settings! {
    /// Settings of every component.
    pub COMMON {
        ENVIRONMENT = Setting::with_default("environment", "test");
        BUDGETED_ORIGINS = Setting::optional("budgeted_origins");
        TRACE_FROM_CALLERS = Setting::with_default("trace_from_callers", "false");
        CONSUMER_ORGANISATION = Setting::required("consumer_organisation");
        CONSUMER_ORGANISATIONS = Setting::optional("consumer_organisations");
        CONSUMER_CLAIM = Setting::optional("consumer_claim");
        LOGIN_ORIGIN = Setting::required("login_origin");
        LOGIN_JWKS_PATH = Setting::with_default("login_jwks_path", "/jwks");
        LOGIN_ISSUER = Setting::required("login_issuer");
        LOGIN_AUDIENCE = Setting::required("login_audience");
        LOGIN_PARTY_CLAIM = Setting::with_default("login_party_claim", "pid");
        LOGIN_ORGANISATIONS_CLAIM =
            Setting::with_default("login_organisations_claim", "organisations");
        pub(super) LOGIN_BACK_END_CLAIM = Setting::optional("login_back_end_claim");
        LOGIN_MAX_LIFETIME = Setting::with_default("login_max_lifetime", "3600");
        KEY_SET_STORE_KEY = Setting::required("key_set_store_key").secret();
    }
}

settings! {
    /// Settings of every component that pages in a browser may call.
    pub PAGES {
        WEB_ORIGINS = Setting::optional("web_origins");
    }
}

settings! {
    /// Settings of every component that may call external services through the proxy.
    pub EGRESS {
        EGRESS_ORIGINS = Setting::optional("egress_origins");
    }
}

settings! {
    /// Settings of every component that sends browsers away and waits for their return.
    pub JOURNEYS {
        /// Public origin of the app.
        pub PUBLIC_URL = Setting::required("public_url");
        /// Allow-list of addresses to which browsers return.
        pub RETURN_ADDRESSES = Setting::required("return_addresses");
        /// Secrets of the timer.
        pub MAINTENANCE_SECRET = Setting::required("maintenance_secret").secret();
    }
}

/// Resolver that reads variables one by one. Methods return `None` where they have recorded a
/// fault.
pub struct Resolver<'a> {
    raw: &'a Raw,
    faults: Vec<Fault>,
}

impl<'a> Resolver<'a> {
    /// Creates a resolver without faults.
    pub const fn new(raw: &'a Raw) -> Self {
        Self {
            raw,
            faults: Vec::new(),
        }
    }

    /// Returns the settings, if no fault was recorded.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the recorded faults.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, ConfigError> {
        let faults = self.faults;
        settings
            .filter(|_| faults.is_empty())
            .ok_or(ConfigError { faults })
    }

    /// Records that a value is invalid.
    pub fn invalid(&mut self, name: &str, reason: &str, remedy: &str) {
        self.fault(Fault::Invalid {
            name: name.to_owned(),
            reason: reason.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Records a fault once, however many settings are built from the variable.
    fn fault(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Returns an optional value; `None` if it is absent or empty.
    pub fn optional(&self, name: &str) -> Option<&'a str> {
        self.raw.get(name)
    }

    /// Returns a required value.
    pub fn required(&mut self, name: &str, remedy: &str) -> Option<&'a str> {
        let value = self.raw.get(name);
        if value.is_none() {
            self.fault(Fault::Missing {
                name: name.to_owned(),
                remedy: remedy.to_owned(),
            });
        }
        value
    }

    /// Returns a required value, parsed by `read`.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        reason: &str,
        remedy: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.required(name, remedy)?);
        if value.is_none() {
            self.invalid(name, reason, remedy);
        }
        value
    }

    /// Returns the parts of a comma-separated list, which may be empty.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let parts = self.raw.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty())
    }

    /// Parses JSON and rejects duplicate members, compared without case. The parser's message is
    /// omitted: it may quote a secret.
    pub fn json<T: DeserializeOwned>(&mut self, name: &str, remedy: &str) -> Option<T> {
        let value = self.required(name, remedy)?;
        match innsyn_core::json::read(value.as_bytes()) {
            Ok(value) => Some(value),
            Err(error) => {
                let place = format!(
                    "is not what is expected at line {}, column {}",
                    error.line(),
                    error.column()
                );
                self.invalid(name, &place, remedy);
                None
            }
        }
    }

    /// Reads `environment`.
    pub fn environment(&mut self) -> Option<Environment> {
        self.parsed(
            ENVIRONMENT.name,
            "is unknown",
            "set it to test or production",
            |text| match text {
                "test" => Some(Environment::Test),
                "production" => Some(Environment::Production),
                _ => None,
            },
        )
    }

    /// Reads a variable that holds one origin, such as `public_url`.
    pub fn origin(&mut self, name: &str) -> Option<Origin> {
        self.parsed(name, "is not an origin", ORIGIN, Origin::parse)
    }

    /// Reads `web_origins`, the origins whose pages may call.
    pub fn web_origins(&mut self) -> Option<Vec<Origin>> {
        self.origins(WEB_ORIGINS.name)
    }

    /// Reads `budgeted_origins`, the origins to which calls are marked. The variable `key` holds a
    /// key that the component has for another purpose.
    pub fn marking(&mut self, key: &str) -> Option<Marking> {
        let origins = self.origins(BUDGETED_ORIGINS.name)?;
        let key = self.optional(key).unwrap_or_default();
        Some(Marking::new(&origins, key.as_bytes()))
    }

    /// Reads `egress_origins`, the origins to which calls of the component `component` carry a
    /// credential. The variable `key` is required only if there are any.
    pub fn egress(
        &mut self,
        component: &str,
        key: impl FnOnce(&mut Self) -> Option<SigningKey>,
    ) -> Option<Egress> {
        let origins = self.origins(EGRESS_ORIGINS.name)?;
        if origins.is_empty() {
            return Some(Egress::default());
        }
        Some(Egress::new(origins, component, key(self)?))
    }

    fn origins(&mut self, name: &str) -> Option<Vec<Origin>> {
        let origins: Option<Vec<Origin>> = self.list(name).map(Origin::parse).collect();
        if origins.is_none() {
            self.invalid(name, "has a part that is not an origin", ORIGIN);
        }
        origins
    }

    /// Reads `consumer_organisation`, `consumer_organisations` and `consumer_claim`.
    pub fn consumers(&mut self) -> Option<Consumers> {
        const REMEDY: &str = "set it to nine digits, the organisation's number";
        let read = |text: &str| OrganisationNumber::parse(text).ok();
        let default = self.parsed(
            CONSUMER_ORGANISATION.name,
            "is not an organisation number",
            REMEDY,
            read,
        );
        let others: Option<Vec<_>> = self.list(CONSUMER_ORGANISATIONS.name).map(read).collect();
        if others.is_none() {
            let reason = "has a part that is not an organisation number";
            self.invalid(
                CONSUMER_ORGANISATIONS.name,
                reason,
                "separate the numbers by commas",
            );
        }
        let claim = self.optional_claim(
            CONSUMER_CLAIM.name,
            Meaning::Consumer,
            "set it to the claim with the number of the consumer, or leave it empty",
        );
        let (default, mut others) = (default?, others?);
        others.retain(|other| *other != default);
        Some(Consumers {
            default,
            others,
            claim,
        })
    }

    /// Reads `login_origin`, `login_jwks_path` and the other variables of the login service.
    pub fn login(&mut self) -> Option<Login> {
        let origin = self.origin(LOGIN_ORIGIN.name);
        let remedy = "set it to the path of the login service's keys, such as /jwks";
        let path = self.parsed(LOGIN_JWKS_PATH.name, "is not a path", remedy, |text| {
            text.starts_with('/').then(|| text.to_owned())
        });
        let mut text = |name, remedy| self.required(name, remedy).map(str::to_owned);
        let issuer = text(LOGIN_ISSUER.name, "set it to the `iss` of the login tokens");
        let audience = text(
            LOGIN_AUDIENCE.name,
            "set it to the `aud` that the login tokens have for this app",
        );
        let party_claim = self.claim(
            LOGIN_PARTY_CLAIM.name,
            Meaning::Party,
            "set it to the claim with the customer's national number, such as pid",
        );
        let organisations_claim = self.claim(
            LOGIN_ORGANISATIONS_CLAIM.name,
            Meaning::Party,
            "set it to the claim with the organisations that the customer may act for",
        );
        let back_end_claims = self.back_end_claims(party_claim.as_deref());
        let max_lifetime = self.parsed(
            LOGIN_MAX_LIFETIME.name,
            "is not a number of seconds from 1 to 86400",
            "set it to the longest that a login token may live, such as 3600",
            |text| {
                text.parse()
                    .ok()
                    .filter(|seconds| (1..=86_400).contains(seconds))
            },
        );
        let key_sets = self.key_set_store();
        Some(Login {
            jwks_address: origin?.join(&path?),
            issuer: issuer?,
            audience: audience?,
            party_claim: party_claim?,
            organisations_claim: organisations_claim?,
            back_end_claims: back_end_claims?,
            max_lifetime: max_lifetime?,
            key_sets: key_sets?,
        })
    }

    /// Reads the settings of the store in which other parties' public keys are shared, from
    /// `environment`, `consumer_organisation` and `key_set_store_key`.
    pub fn key_set_store(&mut self) -> Option<KeySetStore> {
        let environment = self.environment();
        let consumers = self.consumers();
        let key = self.parsed(KEY_SET_STORE_KEY.name, "is not a key", KEY, key);
        Some(KeySetStore {
            environment: environment?,
            consumer: consumers?.default,
            key: key?,
        })
    }

    /// Reads a store's key and its further keys, such as `consent_store_key` and
    /// `consent_store_previous_key`.
    pub fn store_keys(&mut self, current: &str, previous: &str) -> Option<StoreKeys> {
        let current = self.parsed(current, "is not a key", KEY, key);
        let others: Option<Vec<_>> = self.list(previous).map(key).collect();
        if others.is_none() {
            self.invalid(previous, "has a part that is not a key", KEY);
        }
        Some(StoreKeys {
            current: current?,
            previous: others?,
        })
    }

    /// Reads a component's own key, such as `consent_signing_key`.
    pub fn signing_key(&mut self, name: &str) -> Option<SigningKey> {
        let seed = self.parsed(name, "is not a key", KEY, key)?;
        let key = SigningKey::from_seed(seed.expose());
        if key.is_none() {
            self.invalid(name, "is not an Ed25519 seed", KEY);
        }
        key
    }

    /// Reads `trace_from_callers`, with a key derived from the one secret that all components
    /// share, so that they compute the same hash.
    pub fn caller_traces(&mut self) -> Option<CallerTraces> {
        let name = TRACE_FROM_CALLERS.name;
        let continued = match self.optional(name) {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(_) => {
                self.invalid(name, "is neither true nor false", "set it to one of them");
                None
            }
        };
        // A missing secret is reported as a fault of its own.
        Some(CallerTraces::new(
            continued?,
            self.raw.get(KEY_SET_STORE_KEY.name)?,
        ))
    }

    /// Reads a list of secrets that callers present, such as `maintenance_secret`. Any of them is
    /// accepted, so that callers can change over one by one.
    pub fn secrets(&mut self, name: &str) -> Option<Vec<Secret<String>>> {
        let remedy =
            "set it to at least 24 random characters, or to several such separated by commas";
        let one = |text: &str| (text.len() >= 24).then(|| Secret::new(text.to_owned()));
        let read = |text: &str| text.split(',').map(|part| one(part.trim())).collect();
        self.parsed(name, "is too short", remedy, read)
    }
}

/// Parses 32 bytes in base64url, with or without padding. One byte repeated is a placeholder, not a
/// key.
fn key(text: &str) -> Option<Secret<[u8; 32]>> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let bytes: [u8; 32] = bytes.try_into().ok()?;
    let [first, ..] = bytes;
    bytes
        .iter()
        .any(|byte| *byte != first)
        .then(|| Secret::new(bytes))
}
