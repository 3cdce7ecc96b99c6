//! A vault: the HTTP API of `HashiCorp` Vault, or of `OpenBao`, as far as an app needs it to sign with a key
//! that it never sees.
//!
//! There is the transit engine with one RSA key, the `AppRole` method with one role, whose policy lets
//! it read, use and check that key and nothing else, a key-value engine with a token that reads the app's
//! variables there, and a root token. Refusals have the real one's words and statuses, taken from its
//! documentation and from `OpenBao`'s source. `X-Vault-Namespace` is ignored, as Vault's community edition
//! does. Not here: renewal of tokens, batches, response wrapping, `SHA-1`, `SHA-224` and `SHA-3`; of secrets,
//! lists, metadata of their own, undeleting and destroying.

mod admin;
mod answer;
mod guard;
mod hash;
mod http;
mod kv;
mod login;
mod refusal;
mod scheme;
mod sign;
mod status;
mod token;
mod transit;
mod verify;

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};
use rcgen::RsaKeySize;
use time::OffsetDateTime;

use crate::authority::{rsa_key, rsa_key_named};
use crate::random;
use kv::Secrets;
use token::Tokens;
use transit::TransitKey;

pub use http::router;

pub(crate) use admin::router as admin_router;

/// The name of its key.
pub const KEY: &str = "vestbanken";

/// The vault's state.
pub struct Vault {
    role_id: String,
    secret_id: String,
    root_token: String,
    variables_token: String,
    state: Mutex<State>,
}

struct State {
    sealed: bool,
    tokens: Tokens,
    key: TransitKey,
    secrets: Secrets,
}

impl Vault {
    /// A new one, unsealed, with the first version of its key. Makes an RSA key, which takes part of a
    /// second: not for an async thread.
    pub fn new(now: OffsetDateTime) -> anyhow::Result<Self> {
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
                key: TransitKey::of(&first, now)?,
                secrets: Secrets::default(),
            }),
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

    /// A token that may do everything.
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// A token that reads secrets below `secret/innsyn/` and does nothing else: Spin's, when it asks for variables.
    pub fn variables_token(&self) -> &str {
        &self.variables_token
    }

    /// The newest version of the key: its number and public half.
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
    pub fn rotate(&self, now: OffsetDateTime) -> anyhow::Result<()> {
        let next = rsa_key(RsaKeySize::_2048)?;
        self.state().key.add(&next, now)
    }

    /// Closes it, or opens it again. Sealed, it answers nobody.
    pub fn seal(&self, sealed: bool) {
        self.state().sealed = sealed;
    }

    /// Ends every token that a login has given. The root token stays.
    pub fn revoke_tokens(&self) {
        self.state().tokens = Tokens::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault")
    }
}
