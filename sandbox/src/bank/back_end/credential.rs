//! Credential that the back end signs for each request to the app: a JWT that names the request.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Lifetime of a credential in seconds: the longest that the app accepts.
const LIFETIME: i64 = 30;

/// PKCS#8 prefix before the 32 bytes of an Ed25519 seed (RFC 8410 §7).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Signing key of the back end.
pub(super) struct CredentialKey {
    private: EncodingKey,
    public: String,
}

impl CredentialKey {
    /// Makes the key of an Ed25519 seed.
    pub(super) fn from_seed(seed: &[u8; 32]) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)?;
        Ok(Self {
            private: EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], seed].concat()),
            public: URL_SAFE_NO_PAD.encode(pair.public_key()),
        })
    }

    /// Returns the public key as the app's settings have it: 32 bytes in base64url.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// Signs a credential of `subject` for one request in the name of `consumer`.
    pub(super) fn sign(
        &self,
        subject: &str,
        consumer: &str,
        (method, path, body): (&Method, &str, &[u8]),
        now: OffsetDateTime,
    ) -> anyhow::Result<String> {
        let at = now.unix_timestamp();
        let claims = json!({
            "iss": subject,
            "sub": subject,
            "aud": "signature",
            "consumer": consumer,
            "method": method.as_str(),
            "path": path,
            "body_sha256": URL_SAFE_NO_PAD.encode(digest(&SHA256, body)),
            "iat": at,
            "exp": at.saturating_add(LIFETIME),
            "jti": Uuid::new_v4(),
        });
        let header = Header::new(Algorithm::EdDSA);
        Ok(jsonwebtoken::encode(&header, &claims, &self.private)?)
    }
}

impl std::fmt::Debug for CredentialKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("CredentialKey")
            .field(&self.public)
            .finish()
    }
}
