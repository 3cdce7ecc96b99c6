//! State of Altinn 2: consents, keys and switches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::api_key::{ApiKey, ApiKeys};
use super::consent::{AnswerRefusal, Consent};
use super::enterprise_user::EnterpriseUser;
use super::key::KeyRing;
use super::refusal::Refusal;
use super::status::Answer;
use super::switches::Switches;
use crate::interfaces::{AccessTokens, ConsentTokens, ForeignSigner};
use crate::kit::Clock;
use crate::kit::session::Sessions;

/// Altinn 2: consents, keys and settings of its routes and pages.
#[derive(Debug)]
pub struct Altinn2 {
    pub(super) clock: Clock,
    pub(super) origins: Origins,
    pub(super) tokens: Arc<dyn AccessTokens>,
    /// Signs the consent tokens that Altinn did not.
    pub(super) foreign: Arc<dyn ForeignSigner>,
    pub(super) keys: ApiKeys,
    pub(super) enterprise_user: EnterpriseUser,
    /// Keys, generated at first use, since most sandboxes never use them.
    pub(super) ring: Mutex<Option<KeyRing>>,
    pub(super) state: Mutex<State>,
    pub(super) sessions: Sessions<&'static str>,
}

/// Origins of Altinn 2, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Origin of the interfaces, for machines.
    pub interfaces: String,
    /// Origin of the pages, for browsers.
    pub pages: String,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) consents: BTreeMap<Uuid, Consent>,
    pub(super) switches: Switches,
}

impl Altinn2 {
    /// Makes an Altinn 2 without requests, with API keys for the demo's consumers and their
    /// supplier.
    ///
    /// # Errors
    ///
    /// Fails if there is no randomness for a password.
    pub fn new(
        clock: Clock,
        origins: Origins,
        tokens: Arc<dyn AccessTokens>,
        foreign: Arc<dyn ForeignSigner>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            clock,
            origins,
            tokens,
            foreign,
            keys: ApiKeys::demo(),
            enterprise_user: EnterpriseUser::demo()?,
            ring: Mutex::default(),
            state: Mutex::default(),
            sessions: Sessions::named("altinn2_session"),
        })
    }

    /// Returns the current switches.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Sets the switches for later requests.
    pub fn set_switches(&self, switches: Switches) {
        self.state().switches = switches;
    }

    /// Returns the organisation's first API key.
    pub fn api_key(&self, organisation: &str) -> Option<Uuid> {
        let mut keys = self.keys.all().into_iter();
        keys.find(|key| key.organisation == organisation)
            .map(|key| key.key)
    }

    /// Registers another API key.
    pub fn register(&self, key: ApiKey) {
        self.keys.add(key);
    }

    /// Returns the only enterprise user.
    pub fn enterprise_user(&self) -> &EnterpriseUser {
        &self.enterprise_user
    }

    pub(super) fn answer(
        &self,
        code: Uuid,
        answer: Answer,
        person: &str,
        now: OffsetDateTime,
    ) -> Option<Result<(), AnswerRefusal>> {
        self.change(code, |consent| consent.answer(answer, person, now))
    }

    pub(super) fn change<T>(
        &self,
        code: Uuid,
        change: impl FnOnce(&mut Consent) -> T,
    ) -> Option<T> {
        self.state().consents.get_mut(&code).map(change)
    }

    pub(super) fn store(&self, consent: Consent) {
        self.state().consents.insert(consent.code, consent);
    }

    pub(super) fn remove(&self, code: Uuid) {
        self.state().consents.remove(&code);
    }

    /// Returns the consent as the pages see it.
    pub(super) fn consent(&self, code: Uuid) -> Option<Consent> {
        self.state().consents.get(&code).cloned()
    }

    /// Returns the consent as the interfaces see it, which may lag behind the pages.
    pub(super) fn seen(&self, code: Uuid, now: OffsetDateTime) -> Option<Consent> {
        let state = self.state();
        let lag = Duration::seconds(state.switches.answer_delay_seconds.into());
        state
            .consents
            .get(&code)
            .map(|consent| consent.as_seen(now, lag))
    }

    /// The codes of all requests, in no particular order.
    pub fn codes(&self) -> Vec<Uuid> {
        self.state().consents.keys().copied().collect()
    }

    /// Returns the redirect address after the request is answered, as its consumer gave it.
    pub fn redirect_address(&self, code: Uuid) -> Option<String> {
        self.consent(code).map(|consent| consent.draft.redirect_url)
    }

    /// Returns every consent, as the pages see them.
    pub(super) fn consents(&self) -> Vec<Consent> {
        self.state().consents.values().cloned().collect()
    }

    pub(super) fn refuse(&self, refusal: &Refusal) -> Response {
        refusal.response(&self.switches())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConsentTokens for Altinn2 {
    fn is_closed(&self) -> bool {
        self.switches().closed
    }

    fn verified_claims(&self, now: OffsetDateTime, token: &str) -> Option<Value> {
        self.verify(now, token).ok()
    }
}
