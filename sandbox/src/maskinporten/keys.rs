//! Signing keys of tokens: RSA-3072, published before they are used and after.
//!
//! Assumption: the members of the published keys; the real set has not been captured.

use jsonwebtoken::jwk::{AlgorithmParameters, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, RsaKeySize};
use serde::Serialize;

use crate::pki::{public_jwk, rsa_key, rsa_key_named};

/// Signing key of access tokens.
#[derive(Clone)]
pub(super) struct SigningKey {
    key: EncodingKey,
    published: PublishedKey,
}

/// Key in the JWKS.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PublishedKey {
    kty: &'static str,
    pub(super) e: String,
    #[serde(rename = "use")]
    purpose: &'static str,
    pub(super) kid: String,
    alg: &'static str,
    pub(super) n: String,
}

impl SigningKey {
    /// Returns the key that a sandbox starts with.
    pub(super) fn first() -> anyhow::Result<Self> {
        Self::from_pair(&rsa_key_named("maskinporten", RsaKeySize::_3072)?)
    }

    /// Generates a key, which takes about a second.
    pub(super) fn generate() -> anyhow::Result<Self> {
        Self::from_pair(&rsa_key(RsaKeySize::_3072)?)
    }

    /// Uses a key pair; its `kid` is the RFC 7638 thumbprint, as at the real service.
    fn from_pair(pair: &KeyPair) -> anyhow::Result<Self> {
        let key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?;
        let jwk = public_jwk(pair)?;
        let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else {
            anyhow::bail!("an RSA key has become another");
        };
        let published = PublishedKey {
            kty: "RSA",
            e: rsa.e.clone(),
            purpose: "sig",
            kid: jwk.thumbprint(ThumbprintHash::SHA256)?,
            alg: "RS256",
            n: rsa.n.clone(),
        };
        Ok(Self { key, published })
    }

    /// Signs `message`, and returns the signature in base64url.
    pub(super) fn sign(&self, message: &str) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::RS256)
    }

    /// Returns the key's name in the token header.
    pub(super) fn kid(&self) -> &str {
        &self.published.kid
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("SigningKey")
            .field(&self.published.kid)
            .finish()
    }
}

/// Keys in use: one signs, and all are published.
#[derive(Debug)]
pub(super) struct KeyRing {
    signing: SigningKey,
    next: Option<SigningKey>,
    former: Option<SigningKey>,
}

impl KeyRing {
    pub(super) fn new(signing: SigningKey) -> Self {
        Self {
            signing,
            next: None,
            former: None,
        }
    }

    pub(super) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    pub(super) fn published(&self) -> Vec<PublishedKey> {
        let all = [
            Some(&self.signing),
            self.next.as_ref(),
            self.former.as_ref(),
        ];
        all.into_iter()
            .flatten()
            .map(|key| key.published.clone())
            .collect()
    }

    pub(super) fn find(&self, kid: &str) -> Option<PublishedKey> {
        self.published().into_iter().find(|key| key.kid == kid)
    }

    /// Publishes the key that will sign next.
    pub(super) fn publish(&mut self, next: SigningKey) {
        self.next = Some(next);
    }

    /// Makes the next key the signing key; the former one remains published. Returns false if there
    /// is no next key.
    pub(super) fn switch(&mut self) -> bool {
        let Some(next) = self.next.take() else {
            return false;
        };
        self.former = Some(std::mem::replace(&mut self.signing, next));
        true
    }

    /// Removes the former key from the published set. Returns false if there is none.
    pub(super) fn retire(&mut self) -> bool {
        self.former.take().is_some()
    }
}
