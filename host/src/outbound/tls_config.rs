//! TLS configuration of clients.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

use super::presented_certificate::{PresentedCertificate, RequestRecorder};
use super::tls_files::{Pair, TlsError, pair};

/// TLS configuration of a client, with a description of its certificate.
#[derive(Clone)]
pub(crate) struct TlsConfig {
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) presented: PresentedCertificate,
}

/// Way in which a server is authenticated.
pub(super) enum Trust {
    /// By a chain to one of these roots, and its host name.
    Named(RootCertStore),
    /// By the certificate pin of its origin.
    Pinned(Arc<dyn ServerCertVerifier>),
}

impl TlsConfig {
    /// Creates a configuration for TLS 1.2 and 1.3.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if certificate and key do not match or TLS cannot be set up.
    pub(super) fn new(trust: Trust, pair: Option<Pair<'_>>) -> Result<Self, TlsError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?;
        let builder = match trust {
            Trust::Named(roots) => builder.with_root_certificates(roots),
            Trust::Pinned(verifier) => builder
                .dangerous()
                .with_custom_certificate_verifier(verifier),
        };
        let presented =
            PresentedCertificate::new(pair.as_ref().map(|(_, chain, _)| chain.as_slice()));
        let mut config = match pair {
            Some((path, chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|source| TlsError::pair(path, source))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.client_auth_cert_resolver =
            Arc::new(RequestRecorder(config.client_auth_cert_resolver));
        Ok(Self {
            tls: Arc::new(config),
            presented,
        })
    }
}

/// Returns the roots of the public web.
pub(super) fn web_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

/// Checks that the files of a client certificate can be used.
///
/// # Errors
///
/// [`TlsError`] names the file that cannot be used.
pub(crate) fn check_client_files(chain: &Path, key: &Path) -> Result<(), TlsError> {
    let pair = pair(chain, key)?;
    TlsConfig::new(Trust::Named(RootCertStore::empty()), Some(pair)).map(|_| ())
}
