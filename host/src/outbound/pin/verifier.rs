//! Server verifier of a pin: a chain to its roots, valid in time, not revoked, for this purpose,
//! and of this holder.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::definition::{Attribute, RequiredAttribute};
use super::revocation::RevocationLists;

/// Verifier that checks attributes of the subject in place of the host name.
#[derive(Clone, Debug)]
pub(super) struct PinVerifier {
    roots: RootCertStore,
    subject: Vec<RequiredAttribute>,
    revocation: Option<Arc<RevocationLists>>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Mismatch of a valid certificate. Its own values are not repeated: they may be personal data.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Mismatch {
    #[error("the {0} of its subject is not the one of the pin")]
    Other(Attribute),
    #[error("its subject has none of the attributes of the pin")]
    Missing,
}

impl PinVerifier {
    pub(super) fn new(roots: RootCertStore, subject: Vec<RequiredAttribute>) -> Self {
        Self {
            roots,
            subject,
            revocation: None,
            algorithms: aws_lc_rs::default_provider().signature_verification_algorithms,
        }
    }

    /// Returns the verifier with these revocation lists.
    pub(super) fn with_revocation(mut self, lists: Arc<RevocationLists>) -> Self {
        self.revocation = Some(lists);
        self
    }

    /// Checks that at least one of the attributes is present, and that every occurrence of each has
    /// the required value.
    fn compare(&self, certificate: &X509Certificate<'_>) -> Result<(), Mismatch> {
        let mut found = false;
        for wanted in &self.subject {
            let oid = wanted.attribute.oid();
            let attributes = certificate.subject().iter_attributes();
            for attribute in
                attributes.filter(|attribute| attribute.attr_type().to_id_string() == oid)
            {
                if attribute.as_str().ok() != Some(&wanted.value) {
                    return Err(Mismatch::Other(wanted.attribute));
                }
                found = true;
            }
        }
        if found {
            Ok(())
        } else {
            Err(Mismatch::Missing)
        }
    }
}

impl Attribute {
    const fn oid(self) -> &'static str {
        match self {
            Self::OrganizationIdentifier => "2.5.4.97",
            Self::SerialNumber => "2.5.4.5",
        }
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        )?;
        if let Some(lists) = &self.revocation {
            lists.check(
                end_entity,
                intermediates,
                &self.roots.roots,
                self.algorithms.all,
                now,
            )?;
        }
        let unreadable = || Error::InvalidCertificate(CertificateError::BadEncoding);
        let (_, certificate) = X509Certificate::from_der(end_entity).map_err(|_| unreadable())?;
        // Enterprise certificates state their purpose by key usage alone, which the check above
        // does not read.
        if let Some(usage) = certificate.key_usage().map_err(|_| unreadable())?
            && !usage.value.digital_signature()
        {
            return Err(CertificateError::InvalidPurpose.into());
        }
        self.compare(&certificate)
            .map_err(|mismatch| CertificateError::Other(OtherError(Arc::new(mismatch))))?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
