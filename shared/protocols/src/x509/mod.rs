//! Fields of X.509 certificates: subject, issuer, usage and validity.
//!
//! Certificates are parsed, not validated: no signature is verified, no clock is read and nothing
//! is looked up. Irregularities are values, so that the caller can report them; an error means that
//! the certificate cannot be parsed.

mod algorithm;
mod authorities;
mod identifier;
mod name;
#[cfg(all(any(test, feature = "test-support"), not(target_family = "wasm")))]
pub mod plan;
mod policy;
mod read;
mod subject;
#[cfg(test)]
mod tests;
mod usage;

use thiserror::Error;
use time::OffsetDateTime;

pub use algorithm::{PublicKey, SignatureAlgorithm};
pub use authorities::{Authorities, Authority, CaVendor, Generation, Issuer, Role};
pub use identifier::{Fingerprint, KeyIdentifier};
pub use name::{DistinguishedName, text};
pub use policy::{Level, Meaning, Policy};
pub use subject::{NumberError, Subject, SubjectNumber};
pub use usage::{BasicConstraints, ExtendedKeyUsage, ExtendedUse, KeyUsage, Purpose, Use};

/// Parsed certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// SHA-256 of the whole certificate.
    pub fingerprint: Fingerprint,
    /// Subject.
    pub subject: Subject,
    /// Name of the issuer. [`Authorities::issuer_of`] identifies the issuer.
    pub issuer: DistinguishedName,
    /// Authority key identifier: the issuer's key.
    pub authority_key: Option<KeyIdentifier>,
    /// Subject key identifier: the certificate's own key.
    pub subject_key: Option<KeyIdentifier>,
    /// Validity period.
    pub validity: Validity,
    /// Type of the public key.
    pub public_key: PublicKey,
    /// Signature algorithm.
    pub signature: SignatureAlgorithm,
    /// Key usage; `None` if the extension is absent.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usage; `None` if the extension is absent.
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// Basic constraints; `None` if the extension is absent.
    pub basic_constraints: Option<BasicConstraints>,
    /// Certificate policies.
    pub policies: Vec<Policy>,
    /// DNS names of websites.
    pub websites: Vec<String>,
    /// Critical extensions besides key usage and basic constraints, by object identifier: Digdir's
    /// validator refuses a certificate that has any.
    pub other_critical: Vec<String>,
}

/// Validity period of a certificate, both ends inclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// First second of the validity.
    pub from: OffsetDateTime,
    /// Last second of the validity.
    pub until: OffsetDateTime,
}

impl Validity {
    /// Returns the number of whole days left at `time`; negative after the end.
    pub fn days_left(&self, time: OffsetDateTime) -> i64 {
        const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;
        let until = self.until.unix_timestamp_nanos();
        let left = until.saturating_sub(time.unix_timestamp_nanos());
        i64::try_from(left.div_euclid(DAY)).unwrap_or(i64::MAX)
    }
}

/// Kind of holder of a certificate, as far as it can be recognised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holder {
    /// Organisation as such.
    Enterprise,
    /// Person, on their own behalf or an organisation's.
    Person,
    /// Website.
    Website,
    /// Certification authority.
    Authority,
    /// Unrecognised holder.
    Unknown,
}

impl Certificate {
    /// Parses a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`], each variant.
    pub fn read(der: &[u8]) -> Result<Self, CertificateError> {
        read::certificate(der)
    }

    /// Returns the kind of holder.
    pub fn holder(&self) -> Holder {
        let is_person = |policy: &Policy| matches!(policy.meaning(), Some(Meaning::Person { .. }));
        if self.is_authority() {
            Holder::Authority
        } else if self.subject.names_person() || self.policies.iter().any(is_person) {
            Holder::Person
        } else if !self.websites.is_empty() {
            Holder::Website
        } else if self.subject.number() != Err(NumberError::Missing) {
            Holder::Enterprise
        } else {
            Holder::Unknown
        }
    }

    /// Returns whether the certificate may issue others.
    pub fn is_authority(&self) -> bool {
        self.basic_constraints
            .is_some_and(|constraints| constraints.is_authority)
    }

    /// Returns whether the issuer's name equals the subject's.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject.name
    }

    /// Returns the main purpose of the key; `None` if the certificate has no key usage.
    pub fn purpose(&self) -> Option<Purpose> {
        self.key_usage.as_ref()?.purpose()
    }
}

/// Reason why a certificate cannot be parsed.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CertificateError {
    /// Not DER, or not a certificate.
    #[error("this is not a certificate in DER")]
    Malformed,
    /// Supported extension with invalid content, by object identifier.
    #[error("the certificate's extension {0} cannot be read")]
    Extension(String),
    /// Duplicate extension, by object identifier.
    #[error("the certificate has the extension {0} twice")]
    Repeated(String),
}
