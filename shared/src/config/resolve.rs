//! From raw values to valid ones, collecting every fault on the way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

use super::Raw;
use super::fault::{ConfigError, Fault};
use super::sections::{Consumers, KeySetStore, Login, Origin, StoreKeys};
use crate::credential::SigningKey;
use crate::outbound::Marking;
use crate::party::{Environment, OrganisationNumber};
use crate::secret::Secret;
use crate::trace::CallerTraces;

const ORIGIN: &str =
    "set it to an origin such as https://host.example, without a path or a slash at the end";
const KEY: &str =
    "set it to 32 random bytes in base64url, as `openssl rand 32 | basenc --base64url` makes them";

/// Reads variables one by one. A method answers `None` where it has recorded a fault.
pub struct Resolver<'a> {
    raw: &'a Raw,
    faults: Vec<Fault>,
}

impl<'a> Resolver<'a> {
    /// Begins with no faults.
    pub const fn new(raw: &'a Raw) -> Self {
        Self {
            raw,
            faults: Vec::new(),
        }
    }

    /// The settings, if nothing was wrong.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, ConfigError> {
        let faults = self.faults;
        settings
            .filter(|_| faults.is_empty())
            .ok_or(ConfigError { faults })
    }

    /// Records that a value is wrong.
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

    /// A value that may be absent or empty.
    pub fn optional(&self, name: &str) -> Option<&'a str> {
        self.raw.get(name)
    }

    /// A value that must be there.
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

    /// A value that must be there and that `read` must accept.
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

    /// The parts of a comma-separated list, which may be empty.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let parts = self.raw.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty())
    }

    /// JSON in which no member stands twice, whatever its case. The parser's own words are left out: they may quote a secret.
    pub fn json<T: DeserializeOwned>(&mut self, name: &str, remedy: &str) -> Option<T> {
        let value = self.required(name, remedy)?;
        match crate::json::read(value.as_bytes()) {
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

    /// `environment`.
    pub fn environment(&mut self) -> Option<Environment> {
        self.parsed(
            "environment",
            "is unknown",
            "set it to test or production",
            |text| match text {
                "test" => Some(Environment::Test),
                "production" => Some(Environment::Production),
                _ => None,
            },
        )
    }

    /// A variable that holds one origin, such as `public_url`.
    pub fn origin(&mut self, name: &str) -> Option<Origin> {
        self.parsed(name, "is not an origin", ORIGIN, Origin::parse)
    }

    /// `web_origins`: the pages that may call.
    pub fn web_origins(&mut self) -> Option<Vec<Origin>> {
        self.origins("web_origins")
    }

    /// `budgeted_origins`: where calls are marked. The variable `key` holds a key that the component has for another purpose.
    pub fn marking(&mut self, key: &str) -> Option<Marking> {
        let origins = self.origins("budgeted_origins")?;
        let key = self.optional(key).unwrap_or_default();
        Some(Marking::new(&origins, key.as_bytes()))
    }

    fn origins(&mut self, name: &str) -> Option<Vec<Origin>> {
        let origins: Option<Vec<Origin>> = self.list(name).map(Origin::parse).collect();
        if origins.is_none() {
            self.invalid(name, "has a part that is not an origin", ORIGIN);
        }
        origins
    }

    /// `consumer_organisation`, `consumer_organisations` and `consumer_claim`.
    pub fn consumers(&mut self) -> Option<Consumers> {
        const REMEDY: &str = "set it to nine digits, the organisation's number";
        let read = |text: &str| OrganisationNumber::parse(text).ok();
        let default = self.parsed(
            "consumer_organisation",
            "is not an organisation number",
            REMEDY,
            read,
        );
        let others: Option<Vec<_>> = self.list("consumer_organisations").map(read).collect();
        if others.is_none() {
            let reason = "has a part that is not an organisation number";
            self.invalid(
                "consumer_organisations",
                reason,
                "separate the numbers by commas",
            );
        }
        let (default, mut others) = (default?, others?);
        others.retain(|other| *other != default);
        Some(Consumers {
            default,
            others,
            claim: self.optional("consumer_claim").map(str::to_owned),
        })
    }

    /// `login_origin`, `login_jwks_path` and the other variables of the login service.
    pub fn login(&mut self) -> Option<Login> {
        let origin = self.origin("login_origin");
        let remedy = "set it to the path of the login service's keys, such as /jwks";
        let path = self.parsed("login_jwks_path", "is not a path", remedy, |text| {
            text.starts_with('/').then(|| text.to_owned())
        });
        let mut text = |name, remedy| self.required(name, remedy).map(str::to_owned);
        let issuer = text("login_issuer", "set it to the `iss` of the login tokens");
        let audience = text(
            "login_audience",
            "set it to the `aud` that the login tokens have for this app",
        );
        let party_claim = text(
            "login_party_claim",
            "set it to the claim with the customer's national number, such as pid",
        );
        let organisations_claim = text(
            "login_organisations_claim",
            "set it to the claim with the organisations that the customer may act for",
        );
        let key_sets = self.key_set_store();
        Some(Login {
            jwks_address: origin?.join(&path?),
            issuer: issuer?,
            audience: audience?,
            party_claim: party_claim?,
            organisations_claim: organisations_claim?,
            key_sets: key_sets?,
        })
    }

    /// Reads the settings of the store in which other parties' public keys are shared, from `environment`,
    /// `consumer_organisation` and `key_set_store_key`.
    pub fn key_set_store(&mut self) -> Option<KeySetStore> {
        let environment = self.environment();
        let consumers = self.consumers();
        let key = self.parsed("key_set_store_key", "is not a key", KEY, key);
        Some(KeySetStore {
            environment: environment?,
            consumer: consumers?.default,
            key: key?,
        })
    }

    /// A store's key and the others that open it, such as `consent_store_key` and `consent_store_previous_key`.
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

    /// A component's own key, such as `consent_signing_key`.
    pub fn signing_key(&mut self, name: &str) -> Option<SigningKey> {
        let seed = self.parsed(name, "is not a key", KEY, key)?;
        let key = SigningKey::from_seed(seed.expose());
        if key.is_none() {
            self.invalid(name, "is not an Ed25519 seed", KEY);
        }
        key
    }

    /// `trace_from_callers`, with a key derived from the one secret that all components share, so that they make the same hash.
    pub fn caller_traces(&mut self) -> Option<CallerTraces> {
        const NAME: &str = "trace_from_callers";
        let continued = match self.optional(NAME) {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(_) => {
                self.invalid(NAME, "is neither true nor false", "set it to one of them");
                None
            }
        };
        // Where the secret is missing, that is a fault of its own.
        Some(CallerTraces::new(
            continued?,
            self.raw.get("key_set_store_key")?,
        ))
    }

    /// A secret that others show to us, such as `maintenance_secret`: any of a list, so that not all have to change at once.
    pub fn secrets(&mut self, name: &str) -> Option<Vec<Secret<String>>> {
        let remedy =
            "set it to at least 24 random characters, or to several such separated by commas";
        let one = |text: &str| (text.len() >= 24).then(|| Secret::new(text.to_owned()));
        let read = |text: &str| text.split(',').map(|part| one(part.trim())).collect();
        self.parsed(name, "is too short", remedy, read)
    }
}

/// 32 bytes in base64url, with or without padding. One byte repeated is a placeholder, not a key.
fn key(text: &str) -> Option<Secret<[u8; 32]>> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let bytes: [u8; 32] = bytes.try_into().ok()?;
    let [first, ..] = bytes;
    bytes
        .iter()
        .any(|byte| *byte != first)
        .then(|| Secret::new(bytes))
}
