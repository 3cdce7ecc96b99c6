//! State of the vault: its key, tokens and secrets.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};
use rcgen::RsaKeySize;
use time::OffsetDateTime;

use super::kv::Secrets;
use super::names::{KEY, VARIABLES};
use super::token::Tokens;
use super::transit::TransitKey;
use crate::kit::{Clock, random};
use crate::pki::{rsa_key, rsa_key_named};

/// Vault with one signing key and the app's variables.
pub struct Vault {
    pub(super) clock: Clock,
    pub(super) role_id: String,
    pub(super) secret_id: String,
    pub(super) root_token: String,
    pub(super) variables_token: String,
    pub(super) state: Mutex<State>,
}

pub(super) struct State {
    pub(super) sealed: bool,
    pub(super) tokens: Tokens,
    pub(super) key: TransitKey,
    pub(super) secrets: Secrets,
}

impl Vault {
    /// Makes a vault, unsealed, with the first version of its key. Blocks while it makes an RSA
    /// key.
    ///
    /// # Errors
    ///
    /// Fails without randomness for keys and secrets.
    pub fn new(clock: Clock) -> anyhow::Result<Self> {
        let secret = || random::token().context("no randomness");
        let first = rsa_key_named(KEY, RsaKeySize::_2048)?;
        Ok(Self {
            role_id: uuid::Uuid::new_v4().to_string(),
            secret_id: uuid::Uuid::new_v4().to_string(),
            root_token: format!("hvs.{}", secret()?),
            variables_token: format!("hvs.{}", secret()?),
            state: Mutex::new(State {
                sealed: false,
                tokens: Tokens::default(),
                key: TransitKey::new(&first, clock.now())?,
                secrets: Secrets::default(),
            }),
            clock,
        })
    }

    /// `role_id` of the app's role.
    pub fn role_id(&self) -> &str {
        &self.role_id
    }

    /// `secret_id` of the app's role.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// Returns a token with all permissions.
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// Returns a token that can only read secrets below `secret/innsyn/`, for Spin's variables.
    pub fn variables_token(&self) -> &str {
        &self.variables_token
    }

    /// Returns the newest version of the key: its number and public half.
    ///
    /// # Errors
    ///
    /// Fails if the stored key cannot be read.
    pub fn public_key(&self) -> anyhow::Result<(u32, Jwk)> {
        let (number, pem) = self.state().key.newest();
        let key = DecodingKey::from_rsa_pem(pem.as_bytes())?;
        Ok((
            number,
            Jwk::from_decoding_key(&key, Some(Algorithm::RS256))?,
        ))
    }

    /// Makes a new version of the key, the newest from now on. Takes part of a second: not for an
    /// async thread.
    ///
    /// # Errors
    ///
    /// Fails if the key cannot be generated.
    pub fn rotate(&self, now: OffsetDateTime) -> anyhow::Result<()> {
        let next = rsa_key(RsaKeySize::_2048)?;
        self.state().key.add(&next, now)
    }

    /// Seals or unseals the vault. Sealed, it refuses all requests.
    pub fn seal(&self, sealed: bool) {
        self.state().sealed = sealed;
    }

    /// Ends every token that a login has given. The root token stays.
    pub fn revoke_tokens(&self) {
        self.state().tokens = Tokens::default();
    }

    /// Stores `value` as an operator does for Spin: in the member `value` of the secret
    /// `innsyn/<name>`.
    pub fn keep_variable(&self, name: &str, value: &str, now: OffsetDateTime) {
        let path = format!("{VARIABLES}{name}");
        self.state().secrets.keep(path, value, now);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault")
    }
}
