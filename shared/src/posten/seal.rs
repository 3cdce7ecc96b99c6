//! The seal on a package: the organisation's certificate with its key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha1_compact::Hash as Sha1;
use thiserror::Error;
use x509_cert::der::{Decode as _, Encode as _};

use super::issuer;
use crate::certificate::{Certificate, CertificateError, NumberError};
use crate::maskinporten::{Algorithm, RsaKey, certificates};
use crate::party::OrganisationNumber;

/// An enterprise certificate with its key, as it seals a package: the one that also shows who we are in TLS
/// (signering-docs, "Sikkerhet"). Its key cannot be printed.
#[derive(Clone, Debug)]
pub struct Seal {
    key: RsaKey,
    organisation: OrganisationNumber,
    /// Base64 of DER, leaf first.
    pub(super) chain: Vec<String>,
    /// SHA-1 of the leaf: the one place where Posten's profile wants it.
    pub(super) digest: [u8; 20],
    /// The leaf's issuer, as RFC 2253 writes it.
    pub(super) issuer: String,
    /// The leaf's serial number, in decimal.
    pub(super) serial: String,
}

impl Seal {
    /// Takes certificates in PEM, the leaf first and each followed by its issuer, best up to the root, and the leaf's RSA
    /// key of 2048 to 4096 bits in PEM.
    pub fn of(chain_pem: &str, key_pem: &str) -> Result<Self, SealError> {
        let chain = certificates(chain_pem);
        let ders: Option<Vec<Vec<u8>>> =
            chain.iter().map(|der| STANDARD.decode(der).ok()).collect();
        let ders = ders.ok_or(CertificateError::Malformed)?;
        let (first, above) = ders.split_first().ok_or(SealError::Empty)?;
        let leaf = Certificate::read(first)?;
        let mut below = leaf.clone();
        for der in above {
            let issuer = Certificate::read(der)?;
            if below.issuer != issuer.subject.name {
                return Err(SealError::Order);
            }
            below = issuer;
        }
        let raw =
            x509_cert::Certificate::from_der(first).map_err(|_| CertificateError::Malformed)?;
        let raw = raw.tbs_certificate();
        let public = raw.subject_public_key_info().to_der();
        let public = public.map_err(|_| CertificateError::Malformed)?;
        let key = RsaKey::of_pem(key_pem).ok_or(SealError::Key)?;
        if !key.is_of(&public) {
            return Err(SealError::Mismatch);
        }
        Ok(Self {
            key,
            organisation: leaf.subject.number()?.number,
            digest: Sha1::hash(first),
            issuer: issuer::name(raw.issuer()),
            serial: issuer::decimal(raw.serial_number().as_bytes()),
            chain,
        })
    }

    /// Whose certificate it is: the sender, or one who may act for it.
    pub const fn organisation(&self) -> &OrganisationNumber {
        &self.organisation
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.key.sign(Algorithm::Rs256, message)
    }
}

/// Why a certificate and a key make no seal: a fault of the settings, each of them.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SealError {
    /// No PEM certificate in the text.
    #[error("there is no certificate in PEM")]
    Empty,
    /// One that cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// One that did not issue the one before it.
    #[error("each certificate must be followed by its issuer's, the organisation's own first")]
    Order,
    /// The leaf names no organisation.
    #[error(transparent)]
    Organisation(#[from] NumberError),
    /// Not a private key, or one of another size.
    #[error("the key is not an RSA private key of 2048 to 4096 bits in PEM")]
    Key,
    /// Another certificate's key.
    #[error("the key is not that of the first certificate")]
    Mismatch,
}
