//! State of Maskinporten: registrations, switches and counters.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::certificate::Trust;
use super::identity::{Identity, MintCounts};
use super::keys::SigningKey;
use super::register::{Register, Registrations};
use super::replay::UsedGrants;
use super::switches::Switches;
use super::token_keys::TokenKeys;
use crate::interfaces::{AccessTokens, Authorisations, TokenError};
use crate::kit::Clock;
use crate::pki::EnterpriseAuthority;
use crate::population::Consumer;

/// Maskinporten: registrations, switches and keys.
#[derive(Debug)]
pub struct Maskinporten {
    pub(super) clock: Clock,
    pub(super) tokens: Arc<TokenKeys>,
    pub(super) trust: Trust,
    pub(super) authorisations: Arc<dyn Authorisations>,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) registrations: Registrations,
    pub(super) switches: Switches,
    pub(super) spent: UsedGrants,
    pub(super) minted: MintCounts,
}

impl Maskinporten {
    /// Makes a Maskinporten that signs with `tokens`, trusts the certificates of `enterprise` and
    /// knows no client. Before it issues a token it consults `authorisations`.
    pub fn new(
        clock: Clock,
        tokens: Arc<TokenKeys>,
        enterprise: &EnterpriseAuthority,
        authorisations: Arc<dyn Authorisations>,
    ) -> Self {
        Self {
            clock,
            tokens,
            trust: Trust::new(enterprise),
            authorisations,
            state: Mutex::default(),
        }
    }

    /// Registers the demo's clients and scopes, and nothing else.
    pub(crate) fn register(&self, consumers: &[Consumer]) {
        let now = self.clock.now();
        self.change(|register| *register = Register::with_demo_clients(consumers, now));
    }

    /// Returns the issuer, which ends with a slash.
    pub fn issuer(&self) -> &str {
        self.tokens.issuer()
    }

    /// Returns the claims of a token that is valid at `now`, as an API does that receives it.
    ///
    /// # Errors
    ///
    /// [`TokenError`] is the first check that the token fails.
    pub fn verify(&self, now: OffsetDateTime, bearer: &str) -> Result<Value, TokenError> {
        self.tokens.verify(now, bearer)
    }

    /// Signs any `claims` like an access token, to test an API with invalid ones.
    ///
    /// # Errors
    ///
    /// Fails if the claims are no JSON.
    pub fn sign(&self, claims: &impl Serialize) -> anyhow::Result<String> {
        self.tokens.sign_claims(claims)
    }

    /// Changes the registered state, effective at once with all pending changes.
    pub fn change(&self, change: impl FnOnce(&mut Register)) {
        self.state().registrations.change_at_once(change);
    }

    /// Returns the names of all scopes.
    pub fn scopes(&self) -> Vec<String> {
        self.registered().scopes().keys().cloned().collect()
    }

    /// Returns the current registrations.
    pub(super) fn registered(&self) -> Arc<Register> {
        self.state().registrations.latest()
    }

    /// Returns the state that the token endpoint has at `now`.
    pub(super) fn known(&self, now: OffsetDateTime) -> Arc<Register> {
        self.state().registrations.known(now)
    }

    /// Changes the registered state, unless `change` fails; the token endpoint gets it after the
    /// switch's delay.
    pub(super) fn administer<T, E>(
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

    /// Returns the current switches.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Sets all switches.
    pub fn set_switches(&self, switches: Switches) {
        self.state().switches = switches;
    }

    /// Returns the number of issued tokens for each identity.
    pub fn minted(&self) -> Vec<(Identity, u64)> {
        self.state()
            .minted
            .iter()
            .map(|(identity, count)| (identity.clone(), *count))
            .collect()
    }

    /// Publishes a new key, to sign with later. Takes part of a second.
    ///
    /// # Errors
    ///
    /// Fails if the key cannot be generated.
    pub fn publish_next_key(&self) -> anyhow::Result<()> {
        let next = SigningKey::generate()?;
        self.tokens.ring().publish(next);
        Ok(())
    }

    /// Makes the next key the signing key; the former one remains published. Returns false if there
    /// is no next key.
    pub fn switch_key(&self) -> bool {
        self.tokens.ring().switch()
    }

    /// Removes the former key from the published set. Returns false if there is none.
    pub fn retire_key(&self) -> bool {
        self.tokens.ring().retire()
    }

    /// Returns the address of a path under the issuer.
    pub(super) fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
