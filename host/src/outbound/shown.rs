//! Our own certificate, as far as it explains a refusal: whether it was asked for, and what there was to show.

use std::{cell::Cell, sync::Arc};

use rustls::{
    SignatureScheme, client::ResolvesClientCert, pki_types::CertificateDer, sign::CertifiedKey,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// With RSA, in both of its names, and with ECDSA.
const SHA1: [&str; 3] = ["1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10045.4.1"];

/// What an identity has to show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Shown {
    #[default]
    Nothing,
    Certificate,
    /// It, or one that issued it, is signed with SHA-1.
    SignedWithSha1,
}

impl Shown {
    pub(super) fn of(chain: Option<&[CertificateDer<'_>]>) -> Self {
        let Some(chain) = chain else {
            return Self::Nothing;
        };
        // The signature of a root means nothing.
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
    /// Whether the handshake that is going on has asked for a certificate. A flag of the task, as the resolver
    /// belongs to all connections of an identity: one for each connection would keep sessions from being resumed.
    static ASKED: Cell<bool>;
}

/// Does a handshake: its outcome, and whether it asked for our certificate.
pub(super) async fn noted<T>(handshake: impl Future<Output = T>) -> (T, bool) {
    ASKED
        .scope(Cell::new(false), async {
            let outcome = handshake.await;
            (outcome, ASKED.with(Cell::get))
        })
        .await
}

/// Notes that a certificate is asked for.
#[derive(Debug)]
pub(super) struct Noting(pub(super) Arc<dyn ResolvesClientCert>);

impl ResolvesClientCert for Noting {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Outside of a handshake of ours nobody wants to know.
        _ = ASKED.try_with(|asked| asked.set(true));
        self.0.resolve(issuers, schemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.0.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.0.has_certs()
    }
}
