//! Maskinporten: tokens for signed grants.
//!
//! It refuses what Digdir's documentation says is refused, with its codes; where that is silent or
//! contradicts itself, a switch decides, and the module concerned says what is assumed. Who has
//! delegated a scope, made a system user or given a consent is asked of the sandbox's Altinn. Left
//! out: clients that are locked to a certificate, the certificates' revocation, and European seals.

mod admin;
mod assertion;
mod certificate;
mod claims;
mod credential;
mod details;
mod http;
mod issue;
mod keys;
mod permission;
mod refusal;
mod register;
mod replay;
mod switches;
mod token;
mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::authority::EnterpriseAuthority;
use crate::consumer::Consumer;
use crate::world::Addresses;
use certificate::Trust;
use issue::Minted;
use keys::{KeyRing, SigningKey};
use register::Registrations;
use replay::Spent;

pub use http::router;
pub use issue::Identity;
pub use keys::public_key;
pub use register::{
    Client, INTEGRATION_TYPE, Register, RegisteredKey, Scope, TokenType, Visibility,
};
pub use switches::{
    DetailsRefusal, ErrorStyle, KidUniqueness, MetadataKey, ResourceForm, Switches, UnknownClaims,
};
pub use verify::TokenError;

pub(crate) use admin::router as admin_router;

/// Maskinporten's state.
#[derive(Debug)]
pub struct Maskinporten {
    issuer: String,
    trust: Trust,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    keys: KeyRing,
    registrations: Registrations,
    switches: Switches,
    spent: Spent,
    minted: Minted,
}

impl Maskinporten {
    /// A new one, which trusts `enterprise` and knows nobody. Makes an RSA key, which takes part of a
    /// second.
    pub fn new(addresses: &Addresses, enterprise: &EnterpriseAuthority) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: format!("{}/", addresses.maskinporten),
            trust: Trust::of(enterprise),
            state: Mutex::new(State {
                keys: KeyRing::new(SigningKey::first()?),
                registrations: Registrations::default(),
                switches: Switches::default(),
                spent: Spent::default(),
                minted: Minted::default(),
            }),
        })
    }

    /// Registers the demo's clients and scopes, and nothing else, at `now`.
    pub(crate) fn register(&self, consumers: &[Consumer], now: OffsetDateTime) {
        self.change(|register| *register = Register::of(consumers, now));
    }

    /// The issuer, with its slash.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims of a token that an API is shown, if it is one of ours and valid at `now`.
    pub fn verify(&self, now: OffsetDateTime, bearer: &str) -> Result<Value, TokenError> {
        verify::verify(bearer, &self.issuer, now, |kid| self.state().keys.find(kid))
    }

    /// Signs `claims`, whatever they say, as a token is signed: so an API can be shown wrong ones.
    pub fn sign(&self, claims: &impl Serialize) -> anyhow::Result<String> {
        let key = self.state().keys.signing().clone();
        let header = format!(r#"{{"kid":"{}","alg":"RS256"}}"#, key.kid());
        let claims = serde_json::to_string(claims)?;
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = key.sign(&message)?;
        Ok(format!("{message}.{signature}"))
    }

    /// Changes what is registered, at once and with all that was on its way.
    pub fn change(&self, change: impl FnOnce(&mut Register)) {
        self.state().registrations.change_at_once(change);
    }

    /// The names of all scopes.
    pub fn scopes(&self) -> Vec<String> {
        self.registered().scopes().keys().cloned().collect()
    }

    /// What is registered.
    fn registered(&self) -> Arc<Register> {
        self.state().registrations.latest()
    }

    /// What the token endpoint knows of it at `now`.
    fn known(&self, now: OffsetDateTime) -> Arc<Register> {
        self.state().registrations.known(now)
    }

    /// Changes what is registered, unless `change` fails; the token endpoint knows as late as the
    /// switch says.
    fn administer<T, E>(
        &self,
        now: OffsetDateTime,
        change: impl FnOnce(&mut Register) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.state();
        let mut register = Register::clone(&state.registrations.latest());
        let answer = change(&mut register)?;
        let delay = Duration::seconds(i64::from(state.switches.config_propagation_delay_s));
        state
            .registrations
            .replace(register, now.saturating_add(delay));
        Ok(answer)
    }

    /// The switches.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Sets all switches.
    pub fn set_switches(&self, switches: Switches) {
        self.state().switches = switches;
    }

    /// How many tokens were issued for each identity.
    pub fn minted(&self) -> Vec<(Identity, u64)> {
        self.state()
            .minted
            .iter()
            .map(|(identity, count)| (identity.clone(), *count))
            .collect()
    }

    /// Publishes a new key, to sign with later. Takes part of a second.
    pub fn publish_next_key(&self) -> anyhow::Result<()> {
        let next = SigningKey::generate()?;
        self.state().keys.publish(next);
        Ok(())
    }

    /// Signs with the next key from now on; the former stays published. False when there is no next.
    pub fn switch_key(&self) -> bool {
        self.state().keys.switch()
    }

    /// Publishes the former key no more. False when there is none.
    pub fn retire_key(&self) -> bool {
        self.state().keys.retire()
    }

    /// The address of a path under the issuer.
    fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
