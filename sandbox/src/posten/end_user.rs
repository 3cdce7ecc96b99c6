//! The authority that certifies those who sign, as the issuers of electronic identities do, and
//! their signatures.
//!
//! The authority is created at each start, and nothing outside trusts it. Assumptions: the
//! certificates' fields; all signers share one key, which is generated at the first signature. A
//! verifier still sees certificates of different names. They contain no national identity number.

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, DnValue, IsCa,
    KeyPair, KeyUsagePurpose, RsaKeySize, SerialNumber, SigningKey,
};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::kit::random;
use crate::pki::rsa_key_named;

/// Object identifier of X.520 `serialNumber`.
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

/// A root and, under it, the authority that signs.
#[derive(Debug)]
pub(super) struct EndUserAuthority {
    root: CertifiedIssuer<'static, KeyPair>,
    issuing: CertifiedIssuer<'static, KeyPair>,
}

/// Signer's key and certificate.
#[derive(Debug)]
pub(super) struct EndUser {
    /// The signer's certificate, that of the authority, and the root's.
    pub(super) chain: [CertificateDer<'static>; 3],
    key: KeyPair,
}

impl EndUserAuthority {
    /// Generates a root and the issuing authority for signers.
    pub(super) fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        let parameters = authority("SIMULERT rot for sluttbrukere", now);
        let root = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;
        let mut parameters = authority("SIMULERT utsteder for sluttbrukere", now);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let issuing = CertifiedIssuer::signed_by(parameters, KeyPair::generate()?, &root)?;
        Ok(Self { root, issuing })
    }

    /// Returns the root certificate, the trust anchor of those who verify signatures, in PEM.
    pub(super) fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// Certifies `name` for a year. Makes an RSA key the first time: not for an async thread.
    pub(super) fn certify(&self, name: &str, now: OffsetDateTime) -> anyhow::Result<EndUser> {
        let key = rsa_key_named("end users", RsaKeySize::_2048)?;
        let mut parameters = CertificateParams::default();
        // Without one it would follow from the key, which all have.
        let mut serial = random::bytes().context("no randomness")?.to_vec();
        serial.truncate(8);
        parameters.serial_number = Some(SerialNumber::from(serial));
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CountryName, "NO");
        subject.push(DnType::CommonName, name);
        let kind = DnType::CustomDnType(SERIAL_NUMBER.to_vec());
        let number = format!("SIMULERT-{}", Uuid::new_v4().simple());
        subject.push(kind, DnValue::PrintableString(number.try_into()?));
        parameters.distinguished_name = subject;
        parameters.not_before = now.saturating_sub(Duration::DAY);
        parameters.not_after = now.saturating_add(Duration::days(365));
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::ContentCommitment];
        let certificate = parameters.signed_by(&key, &self.issuing)?;
        let chain = [
            certificate.der().clone(),
            self.issuing.der().clone(),
            self.root.der().clone(),
        ];
        Ok(EndUser { chain, key })
    }
}

impl EndUser {
    /// Signs `message` with RSASSA-PKCS1-v1_5 and SHA-256.
    pub(super) fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(self.key.sign(message)?)
    }
}

fn authority(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "NO");
    subject.push(DnType::OrganizationName, "Innsyn sandbox");
    subject.push(DnType::CommonName, name);
    parameters.distinguished_name = subject;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.use_authority_key_identifier_extension = true;
    parameters.not_before = now.saturating_sub(Duration::days(365));
    parameters.not_after = now.saturating_add(Duration::days(10 * 365));
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::{FromDer, X509Certificate};

    #[test]
    fn each_certificate_has_a_number_and_a_subject_of_its_own() {
        let now = OffsetDateTime::now_utc();
        let authority = EndUserAuthority::generate(now).unwrap();
        let certified = || authority.certify("Ragna Fjordvik", now).unwrap().chain;
        let ([one, issuing, _], [two, ..]) = (certified(), certified());
        let parsed = |der| X509Certificate::from_der(der).unwrap().1;
        let (one, two) = (parsed(&one), parsed(&two));
        assert_ne!(one.tbs_certificate.serial, two.tbs_certificate.serial);
        assert_ne!(one.subject().to_string(), two.subject().to_string());
        assert_eq!(
            one.issuer().to_string(),
            parsed(&issuing).subject().to_string()
        );
        assert!(
            one.verify_signature(Some(parsed(&issuing).public_key()))
                .is_ok()
        );
        let usage = one.key_usage().unwrap().unwrap().value;
        assert!(usage.non_repudiation() && !usage.digital_signature());
    }
}
