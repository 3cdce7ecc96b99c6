//! What an API does with a token it is shown: verifies it by the published keys (Digdir, "Slik bruker
//! du Maskinporten som API-tilbyder").

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use thiserror::Error;
use time::OffsetDateTime;

use super::keys::PublishedKey;

/// How far the clock of an API may be behind Maskinporten's.
const LEEWAY_SECONDS: i64 = 10;

/// Why an API refuses a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not a signed token at all.
    #[error("not a token")]
    Malformed,
    /// No published key has its `kid`.
    #[error("no published key has this kid")]
    UnknownKey,
    /// Signed by another key, changed since, or with another algorithm.
    #[error("the signature is not good")]
    Signature,
    /// Of another issuer.
    #[error("another issuer")]
    Issuer,
    /// No longer valid, or not yet.
    #[error("expired, or issued in the future")]
    Expired,
}

/// The claims of `token`, if `find` knows the key that signed it, `issuer` is its issuer and it is
/// valid at `now`.
pub(super) fn verify(
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
