//! Whom two-way TLS lets in: holders of enterprise certificates for authentication.

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

use super::{EnterpriseAuthority, Revoked};
use crate::clock::{Clock, between};

/// With RSA and with ECDSA.
const SHA1: [&str; 2] = ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

/// Checks chain, validity and extended key usage as any server does, and what is particular to
/// enterprise certificates.
#[derive(Debug)]
pub(crate) struct Door {
    chain: Arc<dyn ClientCertVerifier>,
    /// The key identifiers of the anchors.
    trusted: Vec<Vec<u8>>,
    /// What was revoked.
    revoked: Vec<Revoked>,
}

impl Door {
    /// For those whose certificates chain to one of `anchors`.
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
            trusted,
            revoked: Vec::new(),
        })
    }

    /// And not whose certificate `enterprise` has revoked.
    pub(crate) fn refusing(mut self, enterprise: &EnterpriseAuthority) -> Self {
        let hierarchies = enterprise.hierarchies().into_iter();
        self.revoked = hierarchies.map(|one| one.revoked().clone()).collect();
        self
    }

    /// A signature that does not hold because the authority is not the one of that name, but another,
    /// is told from one that is broken: the first is of an unknown authority.
    fn told_apart(&self, error: Error, presented: &[X509Certificate<'_>]) -> Error {
        // The second is what comes when the two keys are not even of one kind.
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

impl ClientCertVerifier for Door {
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
        // RFC 8446 §4.4.2.4 wants the alert bad_certificate for SHA-1, which is this error's.
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

/// Key usage has digitalSignature; nonRepudiation alone is for documents.
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

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = between(OffsetDateTime::UNIX_EPOCH, self.now());
        since.try_into().ok().map(UnixTime::since_unix_epoch)
    }
}
