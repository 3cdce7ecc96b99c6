//! Certificates for consent tokens: a primary, which signs, and a secondary, which is announced and
//! will be the next.
//!
//! Source: Altinn, "Bruk av token" and "Verifisering". They are self-signed: trust rests on the TLS
//! of the address that publishes them. Assumption: their fields other than the key.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::AlgorithmParameters;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, RsaKeySize};
use serde::Serialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::pki::{public_jwk, rsa_key, rsa_key_named};

/// Primary and secondary signing keys.
#[derive(Debug)]
pub(super) struct KeyRing {
    primary: SigningKey,
    secondary: SigningKey,
}

/// Key with its certificate.
pub(super) struct SigningKey {
    private: EncodingKey,
    published: PublishedKey,
}

/// Key in the published set.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PublishedKey {
    kty: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
    pub(super) kid: String,
    x5t: String,
    x5c: [String; 1],
    pub(super) n: String,
    pub(super) e: String,
}

impl KeyRing {
    /// Makes the keys that a sandbox starts with. Blocks while it makes RSA keys.
    pub(super) fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        let named = |name| SigningKey::from_pair(&rsa_key_named(name, RsaKeySize::_2048)?, now);
        Ok(Self {
            primary: named("altinn2-primary")?,
            secondary: named("altinn2-secondary")?,
        })
    }

    /// Returns the published keys, the primary first.
    pub(super) fn published(&self) -> [PublishedKey; 2] {
        [&self.primary, &self.secondary].map(|key| key.published.clone())
    }

    /// Signs a token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, jsonwebtoken::errors::Error> {
        self.primary.sign(claims)
    }

    /// Makes the secondary key the primary, and `next` the secondary. The former primary is no
    /// longer published.
    pub(super) fn rotate(&mut self, next: SigningKey) {
        self.primary = std::mem::replace(&mut self.secondary, next);
    }
}

impl SigningKey {
    /// Generates a key; takes part of a second.
    pub(super) fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::from_pair(&rsa_key(RsaKeySize::_2048)?, now)
    }

    fn from_pair(pair: &KeyPair, now: OffsetDateTime) -> anyhow::Result<Self> {
        let certificate = certificate(pair, now)?;
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
        let thumbprint = URL_SAFE_NO_PAD.encode(thumbprint);
        let AlgorithmParameters::RSA(rsa) = public_jwk(pair)?.algorithm else {
            anyhow::bail!("an RSA key has become another");
        };
        Ok(Self {
            private: EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?,
            published: PublishedKey {
                kty: "RSA",
                purpose: "sig",
                alg: "RS256",
                kid: thumbprint.clone(),
                x5t: thumbprint,
                x5c: [STANDARD.encode(&certificate)],
                n: rsa.n,
                e: rsa.e,
            },
        })
    }

    fn sign(&self, claims: &Value) -> Result<String, jsonwebtoken::errors::Error> {
        let PublishedKey { kid, x5t, .. } = &self.published;
        let header = json!({ "alg": "RS256", "kid": kid, "x5t": x5t, "typ": "JWT" });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let (key, algorithm) = (&self.private, Algorithm::RS256);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm)?;
        Ok(format!("{message}.{signature}"))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kid = &self.published.kid;
        formatter.debug_tuple("SigningKey").field(kid).finish()
    }
}

/// Creates a self-signed certificate, valid for two years.
fn certificate(pair: &KeyPair, now: OffsetDateTime) -> anyhow::Result<Vec<u8>> {
    let mut parameters = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Innsyn sandbox");
    name.push(DnType::CommonName, "Innsyn sandbox Altinn 2 tokens");
    parameters.distinguished_name = name;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.not_before = now.saturating_sub(Duration::DAY);
    parameters.not_after = now.saturating_add(Duration::days(2 * 365));
    Ok(parameters.self_signed(pair)?.der().to_vec())
}
