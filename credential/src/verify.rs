//! Verification. A signature is verified once; whom and what the credential is for, each time that it is shown.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{
    Duration, EdDSAPublicKeyLike as _, JWTClaims, UnixTimeStamp, VerificationOptions,
};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::digest::{self, BodyDigest};
use crate::{AHEAD, Claims, CredentialError, LIFETIME, LONGEST, VerifyingKey, seconds};

/// Maximum number of verifications that a [`Verifier`] caches.
const MOST: usize = 512;

/// Verified credential. Its request is good once [`Credential::check_body`] has seen the body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credential {
    consumer: Option<String>,
    body: BodyDigest,
}

impl Credential {
    /// Returns the organisation that the call is for, as it is written in the credential.
    pub fn consumer(&self) -> Option<&str> {
        self.consumer.as_deref()
    }

    /// Returns the digest that the body must have.
    pub const fn body(&self) -> BodyDigest {
        self.body
    }

    /// Checks the whole body.
    ///
    /// # Errors
    /// [`CredentialError::OtherBody`].
    pub fn check_body(&self, body: &[u8]) -> Result<(), CredentialError> {
        if BodyDigest::from_body(body) == self.body {
            return Ok(());
        }
        Err(CredentialError::OtherBody)
    }
}

/// Claims of a credential whose signature is good.
#[derive(Clone)]
struct Signed {
    issued_at: u64,
    expires_at: u64,
    not_before: u64,
    method: String,
    path: String,
    credential: Credential,
}

/// Verifies credentials for one receiver, and keeps up to 512 good signatures until the credential's end. One is found again
/// by a hash of the credential, its caller and that caller's keys.
pub struct Verifier {
    audience: &'static str,
    kept: Mutex<HashMap<[u8; 32], Signed>>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verifier").field(&self.audience).finish()
    }
}

impl Verifier {
    /// Creates a verifier for the receiver with this name.
    pub fn new(audience: &'static str) -> Self {
        Self {
            audience,
            kept: Mutex::default(),
        }
    }

    /// Checks that `token` is `subject`'s, under one of its `keys`, for this request, at this time. `path` has the query where
    /// there is one. The body is still to be checked.
    ///
    /// # Errors
    /// Every [`CredentialError`] but [`CredentialError::Signing`] and [`CredentialError::OtherBody`]. What is missing or wrong
    /// is told of credentials alone whose signature is good.
    pub fn verify(
        &self,
        token: &str,
        subject: &str,
        keys: &[VerifyingKey],
        method: &str,
        path: &str,
        now: OffsetDateTime,
    ) -> Result<Credential, CredentialError> {
        let now = seconds(now);
        let signed = self.signed(token, subject, keys, now)?;
        if now >= signed.expires_at {
            return Err(CredentialError::Expired);
        }
        let latest = now.saturating_add(AHEAD);
        if signed.issued_at > latest || signed.not_before > latest {
            return Err(CredentialError::Early);
        }
        if signed.method != method || signed.path != path {
            return Err(CredentialError::OtherRequest);
        }
        Ok(signed.credential)
    }

    fn signed(
        &self,
        token: &str,
        subject: &str,
        keys: &[VerifyingKey],
        now: u64,
    ) -> Result<Signed, CredentialError> {
        if token.len() > LONGEST {
            return Err(CredentialError::Refused);
        }
        let texts: Vec<String> = keys.iter().map(VerifyingKey::to_text).collect();
        let texts = texts.iter().map(String::as_bytes);
        let parts = [token.as_bytes(), subject.as_bytes()];
        let name = digest::of_parts(parts.into_iter().chain(texts));
        if let Some(signed) = self.lock().get(&name) {
            return Ok(signed.clone());
        }
        let mut claims = keys
            .iter()
            .map(|key| verify_with(token, key, subject, self.audience));
        let claims = claims
            .find(Result::is_ok)
            .unwrap_or(Err(CredentialError::Refused))?;
        let signed = Signed::read(claims)?;
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.retain(|_, kept| kept.expires_at > now);
        }
        if kept.len() < MOST {
            kept.insert(name, signed.clone());
        }
        Ok(signed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Signed>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.lock().len()
    }
}

fn verify_with(
    token: &str,
    key: &VerifyingKey,
    subject: &str,
    audience: &str,
) -> Result<JWTClaims<Claims>, CredentialError> {
    let options = VerificationOptions {
        required_subject: Some(subject.to_owned()),
        allowed_issuers: Some(HashSet::from([subject.to_owned()])),
        allowed_audiences: Some(HashSet::from([audience.to_owned()])),
        // The times are compared above, each time that the credential is shown.
        accept_future: true,
        time_tolerance: Some(Duration::from_secs(0)),
        artificial_time: Some(UnixTimeStamp::from_secs(0)),
        max_token_length: Some(LONGEST),
        ..VerificationOptions::default()
    };
    let claims = key.0.verify_token(token, Some(options));
    claims.map_err(|_| CredentialError::Refused)
}

impl Signed {
    fn read(claims: JWTClaims<Claims>) -> Result<Self, CredentialError> {
        let missing = CredentialError::Missing;
        let issued_at = claims.issued_at.ok_or(missing("iat"))?.as_secs();
        let expires_at = claims.expires_at.ok_or(missing("exp"))?.as_secs();
        claims.jwt_id.ok_or(missing("jti"))?;
        let lifetime = expires_at.checked_sub(issued_at);
        if !lifetime.is_some_and(|lifetime| (1..=LIFETIME).contains(&lifetime)) {
            return Err(CredentialError::Lifetime);
        }
        let Claims {
            consumer,
            method,
            path,
            body_sha256,
        } = claims.custom;
        let body = body_sha256.as_deref().and_then(BodyDigest::parse);
        Ok(Self {
            issued_at,
            expires_at,
            not_before: claims.invalid_before.map_or(0, |time| time.as_secs()),
            method: method.ok_or(missing("method"))?,
            path: path.ok_or(missing("path"))?,
            credential: Credential {
                consumer,
                body: body.ok_or(missing("body digest (body_sha256)"))?,
            },
        })
    }
}

/// Returns the caller that a credential names. Nothing is verified yet: the name chooses the key.
pub fn claimed_subject(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct UnverifiedClaims {
        iss: String,
    }
    let claims = token.split('.').nth(1).filter(|_| token.len() <= LONGEST)?;
    let claims: UnverifiedClaims =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(claims.iss)
}
