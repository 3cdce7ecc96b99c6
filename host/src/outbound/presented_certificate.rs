//! Client certificate of a connection, as far as it explains a refusal: its presence, its
//! signatures, and the server's request for it.

use std::cell::Cell;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// Signature algorithms with SHA-1: RSA, under both identifiers, and ECDSA.
const SHA1: [&str; 3] = ["1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10045.4.1"];

/// Client certificate of an identity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum PresentedCertificate {
    /// Absence of a certificate.
    #[default]
    None,
    /// Certificate without a SHA-1 signature.
    Certificate,
    /// Certificate with a SHA-1 signature, its own or an issuer's.
    SignedWithSha1,
}

impl PresentedCertificate {
    /// Describes a chain.
    pub(super) fn new(chain: Option<&[CertificateDer<'_>]>) -> Self {
        let Some(chain) = chain else {
            return Self::None;
        };
        // The signature of a root is not verified.
        let is_old = |der: &CertificateDer<'_>| {
            X509Certificate::from_der(der).is_ok_and(|(_, certificate)| {
                let with = certificate.signature_algorithm.algorithm.to_id_string();
                certificate.issuer() != certificate.subject() && SHA1.contains(&with.as_str())
            })
        };
        if chain.iter().any(is_old) {
            Self::SignedWithSha1
        } else {
            Self::Certificate
        }
    }
}

tokio::task_local! {
    /// Records that the handshake of this task requested a certificate. The flag belongs to the
    /// task because all connections of an identity share the resolver: with a resolver for each,
    /// sessions could not be resumed.
    static REQUESTED: Cell<bool>;
}

/// Outcome of a handshake.
pub(super) struct RecordedHandshake<T> {
    pub(super) outcome: T,
    /// True if the server requested a certificate.
    pub(super) is_certificate_requested: bool,
}

/// Runs a handshake, and records the server's request for a certificate.
pub(super) async fn record_request<T>(handshake: impl Future<Output = T>) -> RecordedHandshake<T> {
    REQUESTED
        .scope(Cell::new(false), async {
            let outcome = handshake.await;
            RecordedHandshake {
                outcome,
                is_certificate_requested: REQUESTED.with(Cell::get),
            }
        })
        .await
}

/// Resolver that records the request for a certificate.
#[derive(Debug)]
pub(super) struct RequestRecorder(pub(super) Arc<dyn ResolvesClientCert>);

impl ResolvesClientCert for RequestRecorder {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Outside of `record_request` there is no flag.
        _ = REQUESTED.try_with(|requested| requested.set(true));
        self.0.resolve(issuers, schemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.0.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.0.has_certs()
    }
}
