//! Maskinporten: tokens for signed grants.

mod keys;
mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::authority::EnterpriseAuthority;
use crate::consumer::Consumer;
use crate::world::{Addresses, World};
use keys::{KeyRing, SigningKey};

pub use keys::public_key;
pub use verify::TokenError;

/// Maskinporten's state.
#[derive(Debug)]
pub struct Maskinporten {
    issuer: String,
    keys: Mutex<KeyRing>,
}

impl Maskinporten {
    /// A new one, which knows `consumers` and trusts `enterprise`.
    pub fn new(
        addresses: &Addresses,
        _enterprise: &EnterpriseAuthority,
        _consumers: &[Consumer],
        _now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: format!("{}/", addresses.maskinporten),
            keys: Mutex::new(KeyRing::new(SigningKey::generate()?)),
        })
    }

    /// The claims of a token that an API is shown, if it is one of ours and valid at `now`.
    pub fn verify(&self, now: OffsetDateTime, bearer: &str) -> Result<Value, TokenError> {
        verify::verify(bearer, &self.issuer, now, |kid| self.keys().find(kid))
    }

    /// Signs `claims`, whatever they say, as a token is signed: so an API can be shown wrong ones.
    pub fn sign(&self, claims: &impl Serialize) -> anyhow::Result<String> {
        let keys = self.keys();
        let header = format!(r#"{{"kid":"{}","alg":"RS256"}}"#, keys.signing().kid());
        let claims = serde_json::to_string(claims)?;
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = keys.signing().sign(&message)?;
        Ok(format!("{message}.{signature}"))
    }

    fn keys(&self) -> MutexGuard<'_, KeyRing> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Maskinporten's routes.
pub fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
