//! Signing, with reuse for identical requests.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jwt_simple::prelude::{EdDSAKeyPairLike as _, JWTClaims, UnixTimeStamp};
use time::OffsetDateTime;

use crate::digest::{self, BodyDigest};
use crate::{Claims, CredentialError, LIFETIME, SigningKey, seconds};

/// Shortest time that a credential must have left to be shown again, in seconds: the request may wait for a connection, or for
/// a budget, before its head arrives.
const HEADROOM: u64 = 20;

/// Maximum number of credentials that a [`Signer`] caches.
const MOST: usize = 64;

/// Request to which a credential is bound.
#[derive(Clone, Copy, Debug)]
pub struct BoundRequest<'a> {
    audience: &'a str,
    method: &'a str,
    path: &'a str,
    body: BodyDigest,
    consumer: Option<&'a str>,
}

impl<'a> BoundRequest<'a> {
    /// Binds a request to `audience`. `path` is as the receiver gets it, with the query where there is one.
    pub fn new(audience: &'a str, method: &'a str, path: &'a str, body: &[u8]) -> Self {
        Self {
            audience,
            method,
            path,
            body: BodyDigest::from_body(body),
            consumer: None,
        }
    }

    /// Binds the credential to the organisation that the call is for.
    #[must_use]
    pub const fn for_consumer(mut self, consumer: &'a str) -> Self {
        self.consumer = Some(consumer);
        self
    }

    fn fingerprint(&self) -> [u8; 32] {
        digest::of_parts([
            self.audience.as_bytes(),
            self.method.as_bytes(),
            self.path.as_bytes(),
            self.body.as_bytes(),
            self.consumer.unwrap_or_default().as_bytes(),
        ])
    }
}

/// Signs credentials in the name of one caller. For a request that is identical to one of the last ten seconds, among the
/// latest 64, it returns the same credential.
pub struct Signer {
    subject: String,
    key: SigningKey,
    issued: Mutex<VecDeque<IssuedCredential>>,
}

/// Issued credential, reused for an identical request.
struct IssuedCredential {
    request: [u8; 32],
    credential: String,
    at: u64,
}

impl IssuedCredential {
    fn is_reusable(&self, now: u64) -> bool {
        // A clock that was set back makes it unusable.
        now.checked_sub(self.at)
            .is_some_and(|age| age.saturating_add(HEADROOM) <= LIFETIME)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.subject).finish()
    }
}

impl Signer {
    /// Makes a signer for the caller with this name.
    pub fn new(subject: impl Into<String>, key: SigningKey) -> Self {
        Self {
            subject: subject.into(),
            key,
            issued: Mutex::default(),
        }
    }

    /// Returns a credential for `request`, which the caller must treat as a secret. `id` makes a random `jti`.
    ///
    /// # Errors
    /// [`CredentialError::Signing`].
    pub fn sign(
        &self,
        now: OffsetDateTime,
        id: impl FnOnce() -> String,
        request: &BoundRequest<'_>,
    ) -> Result<String, CredentialError> {
        let (now, fingerprint) = (seconds(now), request.fingerprint());
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|issued| issued.is_reusable(now));
        if let Some(issued) = issued.iter().find(|issued| issued.request == fingerprint) {
            return Ok(issued.credential.clone());
        }
        let credential = self.issue(now, id(), request)?;
        if issued.len() >= MOST {
            issued.pop_front();
        }
        issued.push_back(IssuedCredential {
            request: fingerprint,
            credential: credential.clone(),
            at: now,
        });
        Ok(credential)
    }

    fn issue(
        &self,
        now: u64,
        id: String,
        request: &BoundRequest<'_>,
    ) -> Result<String, CredentialError> {
        let claims = JWTClaims {
            issued_at: Some(UnixTimeStamp::from_secs(now)),
            expires_at: Some(UnixTimeStamp::from_secs(now.saturating_add(LIFETIME))),
            invalid_before: None,
            issuer: Some(self.subject.clone()),
            subject: Some(self.subject.clone()),
            audiences: Some(request.audience.into()),
            jwt_id: Some(id),
            nonce: None,
            custom: Claims {
                consumer: request.consumer.map(str::to_owned),
                method: Some(request.method.to_owned()),
                path: Some(request.path.to_owned()),
                body_sha256: Some(request.body.to_text()),
            },
        };
        let key = &self.key.0;
        key.sign(claims).map_err(|_| CredentialError::Signing)
    }
}
