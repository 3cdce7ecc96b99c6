//! Consent token (samtykkebevis): its claims, and its verification by a recipient.
//!
//! Source: Altinn, "Bruk av token", its newest decoded sample, which has neither `aud`, `jti` nor
//! `sub`.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use thiserror::Error;
use time::OffsetDateTime;

use super::consent::Consent;
use super::key::PublishedKey;

/// Issuer of the tokens. It is not a URL.
const ISSUER: &str = "altinn.no";

/// Lifetime of a token, in seconds.
pub(super) const LIFETIME: i64 = 30;

/// Reason for refusing a consent token.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ProofError {
    /// The text is no signed token, or lacks these claims.
    #[error("not a consent token")]
    Malformed,
    /// The `kid` matches no published certificate.
    #[error("no published certificate has this kid")]
    UnknownKey,
    /// Signed by another key, changed since, or with another algorithm.
    #[error("the signature is not good")]
    Signature,
    /// The token has another issuer.
    #[error("another issuer")]
    Issuer,
    /// The token has expired, or is not valid yet.
    #[error("expired, or not valid yet")]
    Expired,
}

/// Builds the claims of a token for a consent in force, fetched by `handler` if that is not the
/// consumer.
pub(super) fn claims(consent: &Consent, handler: Option<&str>, now: OffsetDateTime) -> Value {
    let mut entries = Vec::new();
    for part in &consent.draft.parts {
        let service = part.service.name();
        let parameters = part.metadata.iter();
        let parameters = parameters.map(|(name, value)| json!(format!("{service}_{name}={value}")));
        entries.push(json!(service));
        entries.extend(parameters);
    }
    // One alone is not in a list, as the issuer's library writes it.
    let services = match <[Value; 1]>::try_from(entries) {
        Ok([only]) => only,
        Err(several) => Value::Array(several),
    };
    let seconds = now.unix_timestamp();
    let mut claims = json!({
        "Services": services,
        "AuthorizationCode": consent.code,
        "OfferedBy": consent.draft.offered_by,
        "CoveredBy": consent.draft.covered_by,
        "DelegatedDate": consent.delegated().map(OffsetDateTime::unix_timestamp),
        "ValidToDate": consent.draft.valid_to.unix_timestamp(),
        "nbf": seconds,
        "exp": seconds.saturating_add(LIFETIME),
        "iat": seconds,
        "iss": ISSUER,
    });
    if let (Some(handler), Some(members)) = (handler, claims.as_object_mut()) {
        members.insert("HandledBy".to_owned(), json!(handler));
    }
    claims
}

/// Returns the claims of `token`, if one of the published keys signed it and it is valid at `now`.
pub(super) fn verify(
    token: &str,
    now: OffsetDateTime,
    published: &[PublishedKey],
) -> Result<Value, ProofError> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| ProofError::Malformed)?;
    let kid = header.kid.ok_or(ProofError::UnknownKey)?;
    let mut keys = published.iter();
    let key = keys
        .find(|key| key.kid == kid)
        .ok_or(ProofError::UnknownKey)?;
    let key =
        DecodingKey::from_rsa_components(&key.n, &key.e).map_err(|_| ProofError::UnknownKey)?;

    // The times are checked below, against the sandbox's clock instead of the machine's.
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &validation);
    let claims = decoded.map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => ProofError::Signature,
        _ => ProofError::Malformed,
    })?;
    let claims = claims.claims;
    if claims.get("iss").and_then(Value::as_str) != Some(ISSUER) {
        return Err(ProofError::Issuer);
    }
    let seconds = |name| {
        let value = claims.get(name).and_then(Value::as_i64);
        value.ok_or(ProofError::Malformed)
    };
    let now = now.unix_timestamp();
    if seconds("exp")? <= now || seconds("nbf")? > now {
        return Err(ProofError::Expired);
    }
    Ok(claims)
}
