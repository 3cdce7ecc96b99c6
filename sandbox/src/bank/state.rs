//! State of the bank: keys, sessions and back end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::back_end::BackEnd;
use super::customer::Customer;
use super::keys::Key;
use super::token;
use super::token::{Overrides, Signature};
use crate::kit::Clock;
use crate::kit::session::Sessions;

/// Demo bank: keys, sessions and settings of its login service and pages, and its back end.
#[derive(Debug)]
pub struct Bank {
    pub(super) clock: Clock,
    pub(super) origins: Origins,
    pub(super) keys: Mutex<Keys>,
    /// Key that is not published, for tokens with an invalid signature.
    pub(super) foreign: Key,
    pub(super) sessions: Sessions<&'static Customer>,
    pub(super) at_altinn2: AtomicBool,
    pub(super) back_end: Arc<BackEnd>,
}

/// Origins that the bank and its pages know, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Login service: the issuer of its tokens.
    pub login: String,
    /// Pages of the bank, for browsers.
    pub pages: String,
    /// Pages of Altinn, where customers see their consents.
    pub altinn_pages: String,
    /// Pages of Altinn 2, where customers see their consents.
    pub altinn2_pages: String,
    /// App that the bank's page calls. Without one, the page says so.
    pub app: Option<String>,
}

#[derive(Debug)]
pub(super) struct Keys {
    pub(super) signing: Key,
    pub(super) former: Option<Key>,
}

impl Bank {
    /// Makes a bank with new keys. Blocks while it makes them.
    ///
    /// # Errors
    ///
    /// Fails if the keys cannot be made.
    pub fn new(clock: Clock, origins: Origins) -> anyhow::Result<Self> {
        let back_end = BackEnd::new(clock.clone(), origins.app.clone())?;
        Ok(Self {
            back_end: Arc::new(back_end),
            clock,
            origins,
            keys: Mutex::new(Keys {
                signing: Key::named("login")?,
                former: None,
            }),
            foreign: Key::named("nobody's")?,
            sessions: Sessions::named("bank_session"),
            at_altinn2: AtomicBool::new(false),
        })
    }

    /// Points customers to Altinn 2 for their consents from now on, as the app requests them there.
    pub fn keep_consents_at_altinn2(&self) {
        self.at_altinn2.store(true, Ordering::Relaxed);
    }

    /// Returns the bank's back end.
    pub(crate) fn back_end(&self) -> &BackEnd {
        &self.back_end
    }

    pub(super) fn portal(&self) -> &str {
        if self.at_altinn2.load(Ordering::Relaxed) {
            &self.origins.altinn2_pages
        } else {
            &self.origins.altinn_pages
        }
    }

    /// Returns the `iss` claim of login tokens.
    pub fn issuer(&self) -> &str {
        &self.origins.login
    }

    /// Returns a login token for the customer.
    ///
    /// # Errors
    ///
    /// Fails if the token cannot be signed.
    pub fn login_token(
        &self,
        now: OffsetDateTime,
        customer: &Customer,
        overrides: &Overrides,
    ) -> anyhow::Result<String> {
        let claims = token::claims(&self.origins.login, now, customer, overrides);
        self.signed(&claims, overrides)
    }

    /// Returns a login token of [`token::BACK_END`].
    ///
    /// # Errors
    ///
    /// Fails if the token cannot be signed.
    pub fn back_end_token(
        &self,
        now: OffsetDateTime,
        overrides: &Overrides,
    ) -> anyhow::Result<String> {
        let claims = token::back_end_claims(&self.origins.login, now, overrides);
        self.signed(&claims, overrides)
    }

    pub(super) fn signed(&self, claims: &Value, overrides: &Overrides) -> anyhow::Result<String> {
        let keys = self.keys();
        let signing = &keys.signing;
        match overrides.signature {
            Signature::Genuine => signing.token(signing.kid(), claims),
            Signature::ForeignKey => self.foreign.token(signing.kid(), claims),
            Signature::UnknownKey => self.foreign.token(self.foreign.kid(), claims),
            Signature::None => Ok(signing.unsigned(claims)),
            Signature::PublicKeyAsSecret => Ok(signing.keyed_with_public(claims)),
        }
    }

    /// Signs with a new key from now on; the former stays published until the next change. Takes
    /// part of a second: not for an async thread.
    ///
    /// # Errors
    ///
    /// Fails if the key cannot be generated.
    pub fn change_key(&self) -> anyhow::Result<()> {
        let new = Key::generate()?;
        let mut keys = self.keys();
        let former = std::mem::replace(&mut keys.signing, new);
        keys.former = Some(former);
        Ok(())
    }

    /// Stops publishing the former key. Returns false if there is none.
    pub fn retire_key(&self) -> bool {
        self.keys().former.take().is_some()
    }

    /// Returns the published keys as a JWK Set.
    pub(super) fn jwks(&self) -> Value {
        let keys = self.keys();
        let published: Vec<_> = [Some(&keys.signing), keys.former.as_ref()]
            .into_iter()
            .flatten()
            .map(Key::published)
            .collect();
        json!({ "keys": published })
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
