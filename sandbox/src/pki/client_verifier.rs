//! Client verification in two-way TLS: holders of enterprise certificates for authentication.

use std::sync::Arc;

use anyhow::Context;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use super::{EnterpriseAuthority, Hierarchy, Revoked};
use crate::kit::clock::{Clock, between};

const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

/// Signature algorithms with SHA-1: RSA and ECDSA.
const SHA1: [&str; 2] = ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

/// Client-certificate verifier: the usual checks of chain, validity and extended key usage, and the
/// rules for enterprise certificates.
#[derive(Debug)]
pub(crate) struct EnterpriseClientVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    is_mandatory: bool,
    /// Key identifiers of the trust anchors.
    trusted: Vec<Vec<u8>>,
    /// Revoked certificates.
    revoked: Vec<Revoked>,
}

impl EnterpriseClientVerifier {
    /// Accepts certificates that chain to one of `anchors`.
    pub(crate) fn new<'a>(
        anchors: impl IntoIterator<Item = &'a CertificateDer<'static>>,
    ) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        let mut trusted = Vec::new();
        for anchor in anchors {
            let (_, parsed) = X509Certificate::from_der(anchor)?;
            trusted.push(own_key(&parsed).context("an authority has a key identifier")?);
            roots.add(anchor.clone())?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Self {
            chain: builder.build()?,
            is_mandatory: true,
            trusted,
            revoked: Vec::new(),
        })
    }

    /// Accepts certificates that chain to a root of `enterprise` and are not revoked.
    pub(crate) fn of_roots(enterprise: &EnterpriseAuthority) -> anyhow::Result<Self> {
        let roots = enterprise.hierarchies().map(Hierarchy::root);
        Ok(Self::new(roots)?.refusing(enterprise))
    }

    /// Also accepts clients without a certificate.
    pub(crate) fn optional(mut self) -> Self {
        self.is_mandatory = false;
        self
    }

    /// Refuses certificates that `enterprise` has revoked.
    pub(crate) fn refusing(mut self, enterprise: &EnterpriseAuthority) -> Self {
        let hierarchies = enterprise.hierarchies().into_iter();
        self.revoked = hierarchies.map(|one| one.revoked().clone()).collect();
        self
    }

    /// Distinguishes a signature by another authority of the same name (unknown authority) from a
    /// broken signature.
    fn told_apart(&self, error: Error, presented: &[X509Certificate<'_>]) -> Error {
        // The second error occurs if the two keys are not even of one kind.
        let broken = matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::BadSignature
                    | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
            )
        );
        let is_known = |certificate: &X509Certificate<'_>| {
            issuers_key(certificate).is_some_and(|key| self.trusted.contains(&key))
        };
        if broken && !presented.iter().any(is_known) {
            return CertificateError::UnknownIssuer.into();
        }
        error
    }
}

impl ClientCertVerifier for EnterpriseClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let all = std::iter::once(leaf).chain(above);
        let presented: Vec<_> = all
            .map(|der| X509Certificate::from_der(der).map(|(_, certificate)| certificate))
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::BadEncoding)?;
        // RFC 8446 §4.4.2.4 requires the alert bad_certificate for SHA-1, which is this error's.
        if presented.iter().any(is_sha1) {
            return Err(CertificateError::BadEncoding.into());
        }
        let verified = self
            .chain
            .verify_client_cert(leaf, above, now)
            .map_err(|error| self.told_apart(error, &presented))?;
        if !presented.first().is_some_and(is_for_authentication) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        // Serial numbers are random, so that those of one authority are no other's.
        let serial = presented.first().map(|shown| shown.raw_serial());
        let is_on = |revoked: &Revoked| serial.is_some_and(|own| revoked.since(own).is_some());
        if self.revoked.iter().any(is_on) {
            return Err(CertificateError::Revoked.into());
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, leaf, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

fn is_sha1(certificate: &X509Certificate<'_>) -> bool {
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    SHA1.contains(&algorithm.as_str())
}

/// Returns whether the key usage includes digitalSignature; a certificate with only nonRepudiation
/// is for documents.
fn is_for_authentication(certificate: &X509Certificate<'_>) -> bool {
    let usage = certificate.key_usage().ok().flatten();
    usage.is_some_and(|usage| usage.value.digital_signature())
}

fn own_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(key) => Some(key.0.to_vec()),
        _ => None,
    })
}

fn issuers_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(issuer) => {
            issuer.key_identifier.as_ref().map(|key| key.0.to_vec())
        }
        _ => None,
    })
}

/// Returns the organisation number of a certificate, which SEID 1 and SEID 2 have in different
/// attributes. A certificate with both must have the same number in them.
pub(crate) fn organisation(certificate: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let mut numbers = Vec::new();
    for attribute in certificate.subject().iter_attributes() {
        let kind = attribute.attr_type().to_id_string();
        match (kind.as_str(), attribute.as_str().ok()?) {
            (SERIAL_NUMBER, number) => numbers.push(number),
            (ORGANISATION_IDENTIFIER, text) => numbers.push(text.strip_prefix("NTRNO-")?),
            _ => {}
        }
    }
    numbers.dedup();
    match numbers.as_slice() {
        [number] => Some((*number).to_owned()),
        _ => None,
    }
}

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = between(OffsetDateTime::UNIX_EPOCH, self.now());
        since.try_into().ok().map(UnixTime::since_unix_epoch)
    }
}
