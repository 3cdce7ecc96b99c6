//! Seal of a package: the organisation's certificate and its key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha1_compact::Hash as Sha1;
use keyfile::PemError;
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use super::issuer;
use crate::maskinporten::{Algorithm, RsaKey, certificates};
use crate::x509::{DistinguishedName, NumberError, Subject};
use innsyn_core::party::OrganisationNumber;

/// Enterprise certificate with its key, used to seal packages. The same certificate authenticates
/// the organisation in TLS (signering-docs, "Sikkerhet"). The `Debug` output of the key is
/// redacted.
#[derive(Clone, Debug)]
pub struct Seal {
    key: RsaKey,
    organisation: OrganisationNumber,
    /// Certificate chain, leaf first: base64 of DER.
    pub(super) chain: Vec<String>,
    /// SHA-1 of the leaf, which Posten's profile requires in this one place.
    pub(super) digest: [u8; 20],
    /// Issuer of the leaf, in the form of RFC 2253.
    pub(super) issuer: String,
    /// Serial number of the leaf, in decimal.
    pub(super) serial: String,
}

impl Seal {
    /// Creates a seal from a certificate chain and a key. The chain is in PEM, the leaf first and
    /// each certificate followed by its issuer, preferably up to the root. The leaf's RSA key has
    /// 2048 to 4096 bits and is in PEM; other keys may accompany it, so that the two settings can
    /// be rotated one after the other.
    ///
    /// # Errors
    /// [`SealError`], each variant.
    pub fn from_pem(chain_pem: &str, key_pem: &str) -> Result<Self, SealError> {
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

    /// Returns the organisation of the certificate: the sender, or one that may act for it.
    pub const fn organisation(&self) -> &OrganisationNumber {
        &self.organisation
    }

    /// Returns the certificate (base64 of DER) with its organisation.
    pub fn certificate(&self) -> Option<(&OrganisationNumber, &str)> {
        Some((&self.organisation, self.chain.first()?.as_str()))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.key.sign(Algorithm::Rs256, message)
    }
}

/// Reason why a certificate and a key do not form a seal. Each one is a fault of the settings.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SealError {
    /// No certificate in PEM, or a block that cannot be read.
    #[error("the certificates: {0}")]
    Certificates(PemError),
    /// No private key in PEM, or a block that cannot be read.
    #[error("the key: {0}")]
    Keys(PemError),
    /// PEM block that is not a certificate.
    #[error("there is something in PEM that is not a certificate")]
    Malformed,
    /// Certificate that did not issue the preceding one.
    #[error("each certificate must be followed by its issuer's, the organisation's own first")]
    Order,
    /// Organisation number of the leaf that is missing or invalid.
    #[error(transparent)]
    Organisation(#[from] NumberError),
    /// Not a private key, or an RSA key of another size.
    #[error("the key is not an RSA private key of 2048 to 4096 bits in PEM")]
    Key,
    /// Key of another certificate.
    #[error("the key is not that of the first certificate")]
    Mismatch,
}
