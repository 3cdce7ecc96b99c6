//! Access to the proxy: programs on this machine, or callers that authenticate. Browsers are
//! refused.

use std::path::Path;
use std::sync::Arc;

use http::Request;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use tokio_rustls::TlsAcceptor;

use super::answer::Fault;
use super::authenticated_caller::AuthenticatedCaller;
use super::callers::Callers;
use super::error::EgressError;
use crate::outbound::{TlsError, pair};

/// Access control of the proxy: its address, TLS and callers.
pub struct AccessControl {
    /// TLS, or `None` for plain HTTP on the loopback.
    tls: Option<TlsAcceptor>,
    /// Callers, or `None` if any program on this machine may call.
    callers: Option<Callers>,
}

impl AccessControl {
    /// Admits every program on this machine, without TLS.
    pub fn loopback() -> Self {
        Self {
            tls: None,
            callers: None,
        }
    }

    /// Admits the callers of a file (TOML: names and keys) on this machine, without TLS.
    ///
    /// # Errors
    ///
    /// [`EgressError::Document`] and [`EgressError::Callers`].
    pub fn loopback_with_callers(callers: &Path) -> Result<Self, EgressError> {
        Ok(Self {
            tls: None,
            callers: Some(Callers::read(callers)?),
        })
    }

    /// Admits the callers of a file (TOML: names and keys) on any address, with TLS.
    ///
    /// # Errors
    ///
    /// [`EgressError::Tls`], and those of [`AccessControl::loopback_with_callers`].
    pub fn tls_with_callers(
        certificate: &Path,
        key: &Path,
        callers: &Path,
    ) -> Result<Self, EgressError> {
        let (path, chain, key) = pair(certificate, key)?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(TlsError::from)?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(|source| TlsError::pair(path, source))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: Some(TlsAcceptor::from(Arc::new(config))),
            callers: Some(Callers::read(callers)?),
        })
    }

    /// Returns whether only this machine may call.
    pub(super) fn is_for_this_machine(&self) -> bool {
        self.tls.is_none()
    }

    /// Returns the acceptor of TLS.
    pub(super) fn tls(&self) -> Option<&TlsAcceptor> {
        self.tls.as_ref()
    }

    /// Authenticates the caller of a request.
    ///
    /// # Errors
    ///
    /// The reason for the refusal.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<AuthenticatedCaller, Fault> {
        let headers = request.headers();
        let foreign = self.is_for_this_machine() && !loopback::names_this_machine(headers);
        if foreign || loopback::is_of_a_browser(headers) {
            return Err(Fault::NotThisMachine);
        }
        match &self.callers {
            None => Ok(AuthenticatedCaller::default()),
            Some(callers) => callers.identify(request),
        }
    }
}
