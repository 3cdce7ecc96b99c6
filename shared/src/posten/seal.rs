//! The seal on a package: the organisation's certificate with its key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha1_compact::Hash as Sha1;
use keyfile::PemError;
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use super::issuer;
use crate::certificate::{DistinguishedName, NumberError, Subject};
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
    /// key of 2048 to 4096 bits in PEM. It may stand among other keys: so the two settings are changed one after the other.
    pub fn of(chain_pem: &str, key_pem: &str) -> Result<Self, SealError> {
        let chain = certificates(chain_pem).map_err(SealError::Certificates)?;
        let mut ders = Vec::new();
        let mut read = Vec::new();
        for base64 in &chain {
            let der = STANDARD.decode(base64).map_err(|_| SealError::Malformed)?;
            read.push(Certificate::from_der(&der).map_err(|_| SealError::Malformed)?);
            ders.push(der);
        }
        let (Some(der), Some(leaf)) = (ders.first(), read.first()) else {
            return Err(SealError::Certificates(PemError::NoCertificate));
        };
        for (below, above) in read.iter().zip(read.iter().skip(1)) {
            let issuer = DistinguishedName::from(below.tbs_certificate().issuer());
            if issuer != DistinguishedName::from(above.tbs_certificate().subject()) {
                return Err(SealError::Order);
            }
        }
        let leaf = leaf.tbs_certificate();
        let public = leaf.subject_public_key_info().to_der();
        let public = public.map_err(|_| SealError::Malformed)?;
        let keys = RsaKey::all_of_pem(key_pem).map_err(SealError::Keys)?;
        if keys.is_empty() {
            return Err(SealError::Key);
        }
        let key = keys.into_iter().find(|key| key.is_of(&public));
        let key = key.ok_or(SealError::Mismatch)?;
        let subject = Subject {
            name: leaf.subject().into(),
        };
        Ok(Self {
            key,
            organisation: subject.number()?.number,
            digest: Sha1::hash(der),
            issuer: issuer::name(leaf.issuer()),
            serial: issuer::decimal(leaf.serial_number().as_bytes()),
            chain,
        })
    }

    /// Whose certificate it is: the sender, or one who may act for it.
    pub const fn organisation(&self) -> &OrganisationNumber {
        &self.organisation
    }

    /// The certificate, with whose it is: base64 of DER.
    pub(crate) fn certificate(&self) -> Option<(&OrganisationNumber, &str)> {
        Some((&self.organisation, self.chain.first()?.as_str()))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.key.sign(Algorithm::Rs256, message)
    }
}

/// Why a certificate and a key make no seal: a fault of the settings, each of them.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SealError {
    /// No certificate in PEM, or a block that cannot be read.
    #[error("the certificates: {0}")]
    Certificates(PemError),
    /// No private key in PEM, or a block that cannot be read.
    #[error("the key: {0}")]
    Keys(PemError),
    /// One that cannot be read.
    #[error("there is something in PEM that is not a certificate")]
    Malformed,
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
