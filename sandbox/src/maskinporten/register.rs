//! Who may ask for what: clients with their keys, scopes, and which organisation has been granted
//! which scope.

use std::collections::{BTreeMap, BTreeSet};

use jsonwebtoken::jwk::Jwk;
use rcgen::KeyPair;
use time::{Duration, OffsetDateTime};

use super::keys::public_key;
use crate::consumer::{Consumer, Credential};

/// How long a registered key may be used after it was posted (Digdir, "Klientregistrering").
const KEY_LIFE: Duration = Duration::days(365);

/// All registrations.
#[derive(Clone, Debug, Default)]
pub struct Register {
    clients: BTreeMap<String, Client>,
    scopes: BTreeMap<String, Scope>,
    granted: BTreeSet<(String, String)>,
}

/// An organisation's client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its identifier: a grant's `iss`.
    pub id: String,
    /// Whose it is: nine digits.
    pub organisation: String,
    /// The scopes it may ask for.
    pub scopes: BTreeSet<String>,
    /// Its keys; a client with none uses an enterprise certificate.
    pub keys: Vec<RegisteredKey>,
    /// Its tokens' lifetime in seconds, where it has chosen one.
    pub token_lifetime_s: Option<i64>,
}

/// A key registered on a client.
#[derive(Clone, Debug)]
pub struct RegisteredKey {
    /// Its identifier.
    pub kid: String,
    /// The public key.
    pub key: Jwk,
    /// When it was posted, or posted again.
    pub posted: OffsetDateTime,
}

impl RegisteredKey {
    /// Whether it is too old to be used at `now`.
    pub(super) fn is_expired(&self, now: OffsetDateTime) -> bool {
        now > self.posted + KEY_LIFE
    }
}

/// What an API owner has decided about a scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The longest lifetime of a token with it, in seconds.
    pub at_max_age_s: Option<i64>,
    /// Whether clients of the integration type `maskinporten` may have it at all.
    pub for_maskinporten: bool,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            at_max_age_s: None,
            for_maskinporten: true,
        }
    }
}

/// The scopes of the demo: consents at Altinn, claims and payments at Skatteetaten.
const DEMO_SCOPES: [&str; 3] = [
    "altinn:consentrequests.read",
    "altinn:consentrequests.write",
    "skatteetaten:kravogbetalinger",
];

impl Register {
    /// The demo's: each consumer has a client with all scopes, and is granted them.
    pub(super) fn of(consumers: &[Consumer], now: OffsetDateTime) -> anyhow::Result<Self> {
        let mut register = Self::default();
        for scope in DEMO_SCOPES {
            register.add_scope(scope, Scope::default());
        }
        for consumer in consumers {
            let keys = match consumer.credential {
                Credential::Registered { kid } => {
                    let key = public_key(&KeyPair::from_pem(&consumer.key)?)?;
                    vec![RegisteredKey {
                        kid: kid.to_owned(),
                        key,
                        posted: now,
                    }]
                }
                Credential::Certified { .. } => vec![],
            };
            register.add_client(Client {
                id: consumer.client_id.to_owned(),
                organisation: consumer.organisation.to_owned(),
                scopes: DEMO_SCOPES.map(str::to_owned).into(),
                keys,
                token_lifetime_s: None,
            });
            for scope in DEMO_SCOPES {
                register.grant(scope, consumer.organisation);
            }
        }
        Ok(register)
    }

    /// Adds a client, in place of one with the same identifier.
    pub fn add_client(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    /// The client `id`.
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    /// The client `id`, to be changed.
    pub fn client_mut(&mut self, id: &str) -> Option<&mut Client> {
        self.clients.get_mut(id)
    }

    /// Adds a scope, in place of one with the same name.
    pub fn add_scope(&mut self, name: &str, scope: Scope) {
        self.scopes.insert(name.to_owned(), scope);
    }

    /// The scope `name`.
    pub(super) fn scope(&self, name: &str) -> Option<&Scope> {
        self.scopes.get(name)
    }

    /// The API owner grants `scope` to `organisation`.
    pub fn grant(&mut self, scope: &str, organisation: &str) {
        self.granted
            .insert((scope.to_owned(), organisation.to_owned()));
    }

    /// The API owner withdraws `scope` from `organisation`.
    pub fn withdraw(&mut self, scope: &str, organisation: &str) {
        self.granted
            .remove(&(scope.to_owned(), organisation.to_owned()));
    }

    /// Whether `organisation` has been granted `scope`.
    pub(super) fn is_granted(&self, scope: &str, organisation: &str) -> bool {
        self.granted
            .contains(&(scope.to_owned(), organisation.to_owned()))
    }
}
