//! What a certificate says, in the field's words: whose it is, who issued it, what it is for, how long it lasts.
//!
//! It is read here, not believed: no signature is verified, no clock is asked and nothing is looked up.
//! What is odd about a certificate is a value, so that whoever asks can say what is wrong with it; an error
//! means that it cannot be read at all.

mod algorithm;
mod authorities;
mod identifier;
mod name;
mod policy;
mod read;
mod subject;
#[cfg(test)]
pub(crate) mod tests;
mod usage;

use thiserror::Error;
use time::OffsetDateTime;

pub use algorithm::{PublicKey, SignatureAlgorithm};
pub use authorities::{Authorities, Authority, Generation, House, Issuer, Role};
pub use identifier::{Fingerprint, KeyIdentifier};
pub use name::DistinguishedName;
pub(crate) use name::text;
pub use policy::{Level, Meaning, Policy};
pub use subject::{NumberError, Subject, SubjectNumber};
pub use usage::{BasicConstraints, ExtendedKeyUsage, ExtendedUse, KeyUsage, Purpose, Use};

/// A certificate that has been read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// SHA-256 of the whole.
    pub fingerprint: Fingerprint,
    /// Whose it is.
    pub subject: Subject,
    /// The name of who issued it. Who that is says [`Authorities::issuer_of`].
    pub issuer: DistinguishedName,
    /// The key of who issued it (authority key identifier).
    pub authority_key: Option<KeyIdentifier>,
    /// Its own key (subject key identifier).
    pub subject_key: Option<KeyIdentifier>,
    /// How long it lasts.
    pub validity: Validity,
    /// The kind of its key.
    pub public_key: PublicKey,
    /// How it was signed.
    pub signature: SignatureAlgorithm,
    /// What the key is for; `None` where the certificate does not say.
    pub key_usage: Option<KeyUsage>,
    /// What the certificate is for besides; `None` where it does not say.
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// Whether it may issue others; `None` where it does not say.
    pub basic_constraints: Option<BasicConstraints>,
    /// The rules that it was issued under.
    pub policies: Vec<Policy>,
    /// The names of websites in it.
    pub websites: Vec<String>,
    /// The critical extensions besides key usage and basic constraints, by object identifier: Digdir's
    /// validator refuses a certificate that has any.
    pub other_critical: Vec<String>,
}

/// From when to when a certificate is valid, both inclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// Its first second.
    pub from: OffsetDateTime,
    /// Its last second.
    pub until: OffsetDateTime,
}

impl Validity {
    /// How many whole days are left at `time`; less than zero when it has ended.
    pub fn days_left(&self, time: OffsetDateTime) -> i64 {
        const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;
        let until = self.until.unix_timestamp_nanos();
        let left = until.saturating_sub(time.unix_timestamp_nanos());
        i64::try_from(left.div_euclid(DAY)).unwrap_or(i64::MAX)
    }
}

/// Whom a certificate is for, as far as it can be recognised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holder {
    /// An organisation as such.
    Enterprise,
    /// A person, on their own behalf or an organisation's.
    Person,
    /// A website.
    Website,
    /// One who issues certificates.
    Authority,
    /// None of these.
    Unknown,
}

impl Certificate {
    /// Reads DER.
    pub fn read(der: &[u8]) -> Result<Self, CertificateError> {
        read::certificate(der)
    }

    /// Whom it is for.
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

    /// Whether it may issue others.
    pub fn is_authority(&self) -> bool {
        self.basic_constraints
            .is_some_and(|constraints| constraints.is_authority)
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject.name
    }

    /// What its key is mainly for; `None` where the certificate does not say.
    pub fn purpose(&self) -> Option<Purpose> {
        self.key_usage.as_ref()?.purpose()
    }
}

/// Why something cannot be read as a certificate.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CertificateError {
    /// Not DER, or not a certificate.
    #[error("this is not a certificate in DER")]
    Malformed,
    /// An extension of ours that has another content than it should, by object identifier.
    #[error("the certificate's extension {0} cannot be read")]
    Extension(String),
    /// An extension that is there twice, by object identifier.
    #[error("the certificate has the extension {0} twice")]
    Repeated(String),
}
