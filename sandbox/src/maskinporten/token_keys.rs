//! Signing keys of access tokens, and an API's verification of a token by the published keys
//! (Digdir, "Slik bruker du Maskinporten som API-tilbyder").

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::keys::{KeyRing, PublishedKey, SigningKey};
use crate::interfaces::{AccessTokens, ForeignSigner, TokenError};

/// Maximum lag of an API's clock behind Maskinporten's, in seconds.
const LEEWAY_SECONDS: i64 = 10;

/// Issuer and signing keys of access tokens.
#[derive(Debug)]
pub struct TokenKeys {
    issuer: String,
    ring: Mutex<KeyRing>,
}

impl TokenKeys {
    /// Makes the first key of the Maskinporten at `origin`, which takes part of a second.
    ///
    /// # Errors
    ///
    /// Fails if the key cannot be made.
    pub fn new(origin: &str) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: format!("{origin}/"),
            ring: Mutex::new(KeyRing::new(SigningKey::first()?)),
        })
    }

    /// Returns the issuer, which ends with a slash.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs any `claims` as a token is signed.
    pub(super) fn sign_claims(&self, claims: &impl Serialize) -> anyhow::Result<String> {
        let key = self.ring().signing().clone();
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

    pub(super) fn ring(&self) -> MutexGuard<'_, KeyRing> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AccessTokens for TokenKeys {
    fn verify(&self, now: OffsetDateTime, bearer: &str) -> Result<Value, TokenError> {
        verify(bearer, &self.issuer, now, |kid| self.ring().find(kid))
    }
}

impl ForeignSigner for TokenKeys {
    fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        self.sign_claims(claims)
    }
}

/// Returns the claims of `token`, if `find` knows the key that signed it, `issuer` is its issuer
/// and it is valid at `now`.
fn verify(
    token: &str,
    issuer: &str,
    now: OffsetDateTime,
    find: impl FnOnce(&str) -> Option<PublishedKey>,
) -> Result<Value, TokenError> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
    let key = header
        .kid
        .as_deref()
        .and_then(find)
        .ok_or(TokenError::UnknownKey)?;
    let key =
        DecodingKey::from_rsa_components(&key.n, &key.e).map_err(|_| TokenError::UnknownKey)?;

    // The claims are checked below, against the sandbox's clock instead of the machine's.
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => TokenError::Signature,
            _ => TokenError::Malformed,
        })?
        .claims;

    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(TokenError::Issuer);
    }
    let seconds = |name| {
        claims
            .get(name)
            .and_then(Value::as_i64)
            .ok_or(TokenError::Malformed)
    };
    let now = now.unix_timestamp();
    if seconds("exp")? <= now.saturating_sub(LEEWAY_SECONDS)
        || seconds("iat")? > now.saturating_add(LEEWAY_SECONDS)
    {
        return Err(TokenError::Expired);
    }
    Ok(claims)
}
