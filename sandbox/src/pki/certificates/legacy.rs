//! Legacy cryptography that the sandbox's usual library refuses: a short RSA key and a signature
//! with SHA-1.

use anyhow::Context;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha1::Sha1;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// Encoded identifier of sha256WithRSAEncryption. The sha1 one differs in the last byte.
const SHA256_WITH_RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const SHA1_WITH_RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05];

/// RSA key of 1,024 bits.
pub(super) struct ShortKey {
    public: Vec<u8>,
    pem: String,
}

impl ShortKey {
    pub(super) fn generate() -> anyhow::Result<Self> {
        let key = RsaPrivateKey::new(&mut OsRng, 1024)?;
        let public = RsaPublicKey::from(&key).to_pkcs1_der()?.into_vec();
        let pem = key.to_pkcs8_pem(LineEnding::LF)?.to_string();
        Ok(Self { public, pem })
    }

    /// Returns the key in PKCS#8 PEM.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }
}

impl PublicKeyData for ShortKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// Signs `certificate` with SHA-1 instead of SHA-256. `key`, PKCS#8 in PEM, is the key that signed
/// it.
pub(super) fn with_sha1(certificate: &[u8], key: &str) -> anyhow::Result<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate)?;
    let content = parsed.tbs_certificate.as_ref();
    let signature = &parsed.signature_value.data;
    let tail = certificate.len().saturating_sub(signature.len());
    let start = certificate
        .windows(content.len())
        .position(|window| window == content)
        .context("what is signed is part of the certificate")?;

    // All lengths stay the same.
    let mut changed = certificate.to_vec();
    let mut at = 0_usize;
    while let Some(place) = changed.get_mut(at..at.saturating_add(SHA256_WITH_RSA.len())) {
        if place == SHA256_WITH_RSA {
            place.copy_from_slice(&SHA1_WITH_RSA);
        }
        at = at.saturating_add(1);
    }
    let signing = SigningKey::<Sha1>::new(RsaPrivateKey::from_pkcs8_pem(key)?);
    let content = changed.get(start..start.saturating_add(content.len()));
    let signed = signing
        .try_sign(content.context("nothing to sign")?)?
        .to_vec();
    changed.truncate(tail);
    changed.extend(signed);
    Ok(changed)
}
