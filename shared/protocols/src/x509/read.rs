//! Conversion from DER to [`Certificate`].

use time::{Duration, OffsetDateTime};
use x509_cert::der::Decode;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{self, AuthorityKeyIdentifier, CertificatePolicies, SubjectAltName};
use x509_cert::time::Time;

use super::{
    BasicConstraints, Certificate, CertificateError, DistinguishedName, ExtendedKeyUsage,
    Fingerprint, KeyIdentifier, KeyUsage, Policy, PublicKey, SignatureAlgorithm, Subject, Validity,
};

const SUBJECT_KEY: &str = "2.5.29.14";
const KEY_USAGE: &str = "2.5.29.15";
const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const POLICIES: &str = "2.5.29.32";
const AUTHORITY_KEY: &str = "2.5.29.35";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

pub(super) fn certificate(der: &[u8]) -> Result<Certificate, CertificateError> {
    let read = x509_cert::Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
    let content = read.tbs_certificate();
    let key = content.subject_public_key_info();
    let mut certificate = Certificate {
        fingerprint: Fingerprint::from_der(der),
        subject: Subject {
            name: content.subject().into(),
        },
        issuer: DistinguishedName::from(content.issuer()),
        authority_key: None,
        subject_key: None,
        validity: Validity {
            from: moment(content.validity().not_before),
            until: moment(content.validity().not_after),
        },
        public_key: PublicKey::read(key).ok_or(CertificateError::Malformed)?,
        signature: SignatureAlgorithm::read(&read.signature_algorithm().oid),
        key_usage: None,
        extended_key_usage: None,
        basic_constraints: None,
        policies: Vec::new(),
        websites: Vec::new(),
        other_critical: Vec::new(),
    };
    let mut seen = Vec::new();
    for extension in content.extensions().into_iter().flatten() {
        let oid = extension.extn_id.to_string();
        if seen.contains(&oid) {
            return Err(CertificateError::Repeated(oid));
        }
        certificate
            .take(&oid, extension)
            .map_err(|_| CertificateError::Extension(oid.clone()))?;
        seen.push(oid);
    }
    Ok(certificate)
}

impl Certificate {
    fn take(&mut self, oid: &str, extension: &Extension) -> x509_cert::der::Result<()> {
        let is_critical = extension.critical;
        if is_critical && !matches!(oid, KEY_USAGE | BASIC_CONSTRAINTS) {
            self.other_critical.push(oid.to_owned());
        }
        match oid {
            SUBJECT_KEY => {
                let key: pkix::SubjectKeyIdentifier = content(extension)?;
                self.subject_key = Some(KeyIdentifier::from_bytes(key.0.as_bytes()));
            }
            AUTHORITY_KEY => {
                let key: AuthorityKeyIdentifier = content(extension)?;
                let key = key.key_identifier;
                self.authority_key = key.map(|key| KeyIdentifier::from_bytes(key.as_bytes()));
            }
            KEY_USAGE => self.key_usage = Some(KeyUsage::read(content(extension)?, is_critical)),
            EXTENDED_KEY_USAGE => {
                let usage = ExtendedKeyUsage::read(&content(extension)?, is_critical);
                self.extended_key_usage = Some(usage);
            }
            BASIC_CONSTRAINTS => {
                let constraints: pkix::BasicConstraints = content(extension)?;
                self.basic_constraints = Some(BasicConstraints {
                    is_authority: constraints.ca,
                    is_critical,
                });
            }
            POLICIES => {
                let policies: CertificatePolicies = content(extension)?;
                let policies = policies.0.iter();
                self.policies = policies
                    .map(|policy| Policy(policy.policy_identifier.to_string()))
                    .collect();
            }
            ALTERNATIVE_NAMES => {
                let names: SubjectAltName = content(extension)?;
                let websites = names.0.iter().filter_map(|name| match name {
                    GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
                    _ => None,
                });
                self.websites = websites.collect();
            }
            _ => {}
        }
        Ok(())
    }
}

fn content<'a, T: Decode<'a, Error = x509_cert::der::Error>>(
    extension: &'a Extension,
) -> x509_cert::der::Result<T> {
    T::from_der(extension.extn_value.as_bytes())
}

fn moment(time: Time) -> OffsetDateTime {
    let since = Duration::try_from(time.to_unix_duration()).unwrap_or(Duration::MAX);
    OffsetDateTime::UNIX_EPOCH.saturating_add(since)
}
