//! Verification of RSA-signed tokens (RFC 7518 §3.3 and §3.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::JWTError;
use jwt_simple::prelude::{UnixTimeStamp, VerificationOptions};
use serde::Deserialize;
use wasm_rsa::{Hash, PublicKey};

use super::claims::Claims;

/// Padding scheme of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Padding {
    /// PKCS #1 v1.5: RS256, RS384, RS512.
    Pkcs1,
    /// PSS: PS256, PS384, PS512.
    Pss,
}

/// RSA signature scheme.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Scheme {
    pub(super) padding: Padding,
    pub(super) hash: Hash,
}

/// Verifies the token's signature with `key`, and then its claims, with the semantics of
/// jwt-simple.
///
/// # Errors
///
/// Returns the jwt-simple error for the fault.
pub(super) fn verify(
    key: &PublicKey,
    scheme: Scheme,
    token: &str,
    options: &VerificationOptions,
) -> Result<Claims, jwt_simple::Error> {
    let malformed = || JWTError::CompactEncodingError;
    let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
    let header: Header = serde_json::from_slice(&decode(header)?)?;
    if !header.is_of_jwt() {
        return Err(JWTError::NotJWT.into());
    }
    let signature = decode(signature)?;
    let verified = match scheme.padding {
        Padding::Pkcs1 => key.verify(scheme.hash, signed.as_bytes(), &signature),
        Padding::Pss => key.verify_pss(scheme.hash, signed.as_bytes(), &signature),
    };
    verified.map_err(|_| JWTError::InvalidSignature)?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?)?;
    check(&claims, options)?;
    Ok(claims)
}

/// Header of a token, with the member that was not checked before.
#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    typ: Option<String>,
}

impl Header {
    /// Returns whether `typ` is absent or that of a JWT (RFC 7519 §5.1, RFC 8725 §3.11).
    fn is_of_jwt(&self) -> bool {
        let name = self.typ.as_ref().map(|name| name.to_ascii_uppercase());
        name.is_none_or(|name| name == "JWT" || name.ends_with("+JWT"))
    }
}

/// Checks the claims of RFC 7519 §4.1. Options that this function does not support cause every
/// token to be rejected.
fn check(claims: &Claims, options: &VerificationOptions) -> Result<(), JWTError> {
    let VerificationOptions {
        allowed_issuers,
        allowed_audiences,
        time_tolerance,
        artificial_time: Some(now),
        max_token_length: _,
        max_header_length: _,
        reject_before: None,
        accept_future: false,
        required_subject: None,
        required_key_id: None,
        required_signature_type: None,
        required_content_type: None,
        required_nonce: None,
        max_validity: None,
    } = options
    else {
        return Err(JWTError::InternalError(
            "an option is not supported".to_owned(),
        ));
    };
    let tolerance = time_tolerance.unwrap_or_default().as_ticks();
    let latest = now.as_ticks().saturating_add(tolerance);
    let earliest = now.as_ticks().saturating_sub(tolerance);
    let is_later = |time: UnixTimeStamp| time.as_ticks() > latest;
    if claims.issued_at.is_some_and(is_later) {
        return Err(JWTError::ClockDrift);
    }
    if claims.invalid_before.is_some_and(is_later) {
        return Err(JWTError::TokenNotValidYet);
    }
    if claims
        .expires_at
        .is_some_and(|end| end.as_ticks() < earliest)
    {
        return Err(JWTError::TokenHasExpired);
    }
    if let Some(allowed) = allowed_issuers {
        let issuer = claims
            .issuer
            .as_ref()
            .ok_or(JWTError::RequiredIssuerMissing)?;
        allowed
            .get(issuer)
            .ok_or(JWTError::RequiredIssuerMismatch)?;
    }
    if let Some(allowed) = allowed_audiences {
        let audiences = claims
            .audiences
            .as_ref()
            .ok_or(JWTError::RequiredAudienceMissing)?;
        if !audiences.contains(allowed) {
            return Err(JWTError::RequiredAudienceMismatch);
        }
    }
    Ok(())
}
