//! Signing keys of login tokens: RSA; the newest signs, and all stored ones are published.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, RsaKeySize};
use serde_json::{Value, json};

use crate::pki::{public_jwk, rsa_key, rsa_key_named};

/// Signing key of login tokens.
#[derive(Clone)]
pub(super) struct Key {
    private: EncodingKey,
    kid: String,
    modulus: String,
    exponent: String,
    /// Public key in PEM, which a confused verifier would use as a shared secret.
    public_pem: String,
}

impl Key {
    /// Returns the key that this process calls `name`.
    pub(super) fn named(name: &'static str) -> anyhow::Result<Self> {
        Self::from_pair(&rsa_key_named(name, RsaKeySize::_2048)?)
    }

    /// Generates a key; takes part of a second.
    pub(super) fn generate() -> anyhow::Result<Self> {
        Self::from_pair(&rsa_key(RsaKeySize::_2048)?)
    }

    fn from_pair(pair: &KeyPair) -> anyhow::Result<Self> {
        let jwk = public_jwk(pair)?;
        let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else {
            anyhow::bail!("an RSA key has become another");
        };
        Ok(Self {
            private: EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?,
            kid: jwk.thumbprint(ThumbprintHash::SHA256)?,
            modulus: rsa.n.clone(),
            exponent: rsa.e.clone(),
            public_pem: pair.public_key_pem(),
        })
    }

    pub(super) fn published(&self) -> Value {
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": self.modulus, "e": self.exponent })
    }

    /// Signs a token correctly, under the name of this key or another.
    pub(super) fn token(&self, kid: &str, claims: &Value) -> anyhow::Result<String> {
        let message = message("RS256", kid, claims);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, Algorithm::RS256)?;
        Ok(format!("{message}.{signature}"))
    }

    /// Builds a token without a signature.
    pub(super) fn unsigned(&self, claims: &Value) -> String {
        format!("{}.", message("none", &self.kid, claims))
    }

    /// Builds a token authenticated with the public key as if it were a secret.
    pub(super) fn keyed_with_public(&self, claims: &Value) -> String {
        let message = message("HS256", &self.kid, claims);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.public_pem.as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&secret, message.as_bytes()));
        format!("{message}.{tag}")
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Key").field(&self.kid).finish()
    }
}

fn message(algorithm: &str, kid: &str, claims: &Value) -> String {
    let header = json!({ "alg": algorithm, "kid": kid, "typ": "JWT" });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(&header), encode(claims))
}
