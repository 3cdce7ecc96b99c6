//! TLS identities: trust anchors and client certificate, by component and service.

use std::path::Path;

use rustls::RootCertStore;

use super::client_tls::ClientTls;
use super::counterparties::Upstream;
use super::pin::{Pin, PinTls};
use super::tls_config::{TlsConfig, Trust, web_roots};
use super::tls_files::{TlsError, pair, roots};
use crate::allowed_hosts::Origin;
use crate::log::Log;

/// Identities that the application's components may have.
pub(crate) struct Identities {
    pinned: Vec<PinTls>,
    listed: Vec<ClientTlsEntry>,
    /// Settings without a client certificate, with the roots of the public web.
    default: TlsConfig,
}

struct ClientTlsEntry {
    components: Vec<String>,
    hosts: Vec<String>,
    config: TlsConfig,
}

/// Trust anchors and client certificate of a call. Connections of one identity are never used for
/// another.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) entry: Entry,
    pub(crate) config: TlsConfig,
}

/// Source of an identity, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    /// Default identity, for an origin without an entry.
    Default,
    ClientTls(usize),
    /// Position of the pin, and the number of changes of its revocation lists since the start.
    Pin(usize, u64),
}

impl Identities {
    /// Reads the files of the entries.
    ///
    /// # Errors
    ///
    /// [`TlsError`] names the first file that cannot be used.
    pub(crate) fn load(entries: &[ClientTls]) -> Result<Self, TlsError> {
        let listed = entries
            .iter()
            .map(ClientTlsEntry::load)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            pinned: Vec::new(),
            listed,
            default: TlsConfig::new(Trust::Named(web_roots()), None)?,
        })
    }

    /// Creates the identity of a client of the host itself: no certificate, and the roots of the
    /// web with those of `file`.
    ///
    /// # Errors
    ///
    /// [`TlsError::File`] if the file cannot be used.
    pub(crate) fn trusting(file: Option<&Path>) -> Result<Self, TlsError> {
        let mut trusted = web_roots();
        if let Some(path) = file {
            trusted.extend(roots(path)?.roots);
        }
        Ok(Self {
            pinned: Vec::new(),
            listed: Vec::new(),
            default: TlsConfig::new(Trust::Named(trusted), None)?,
        })
    }

    /// Adds a pin. It takes precedence over `client_tls`.
    ///
    /// # Errors
    ///
    /// [`TlsError`] names the first file that cannot be used.
    pub(crate) fn pin(&mut self, pin: Pin, log: &Log) -> Result<(), TlsError> {
        self.pinned.push(PinTls::load(pin, log.clone())?);
        Ok(())
    }

    /// Adds a service that is identified by its host name, for calls under the name of its entry.
    ///
    /// # Errors
    ///
    /// [`TlsError::File`] if its roots cannot be used.
    pub(crate) fn upstream(&mut self, upstream: &Upstream) -> Result<(), TlsError> {
        let trusted = match &upstream.roots {
            Some(path) => roots(path)?,
            None => web_roots(),
        };
        self.listed.push(ClientTlsEntry {
            components: vec![upstream.name.clone()],
            hosts: vec![upstream.origin.host.clone()],
            config: TlsConfig::new(Trust::Named(trusted), None)?,
        });
        Ok(())
    }

    /// Returns the identity of the pin for the component and the origin, else of the first entry
    /// that names the component and the host, as in Spin.
    pub(crate) fn select(&self, component: &str, origin: &Origin) -> Identity {
        let mut pinned = self.pinned.iter().enumerate();
        if let Some((place, pinned)) = pinned.find(|(_, pinned)| pinned.is_for(component, origin)) {
            let (config, version) = pinned.current();
            return Identity {
                entry: Entry::Pin(place, version),
                config,
            };
        }
        let mut listed = self.listed.iter().enumerate();
        match listed.find(|(_, listed)| listed.names(component, &origin.host)) {
            Some((place, listed)) => Identity {
                entry: Entry::ClientTls(place),
                config: listed.config.clone(),
            },
            None => Identity {
                entry: Entry::Default,
                config: self.default.clone(),
            },
        }
    }
}

impl ClientTlsEntry {
    fn load(entry: &ClientTls) -> Result<Self, TlsError> {
        let mut trusted = match &entry.ca_roots_file {
            Some(path) => roots(path)?,
            None => RootCertStore::empty(),
        };
        if entry.trusts_web() {
            trusted.extend(web_roots().roots);
        }
        let pair = match (&entry.client_cert_file, &entry.client_private_key_file) {
            (Some(chain), Some(key)) => Some(pair(chain, key)?),
            _ => None,
        };
        Ok(Self {
            components: entry.component_ids.clone(),
            hosts: entry.hosts.clone(),
            config: TlsConfig::new(Trust::Named(trusted), pair)?,
        })
    }

    fn names(&self, component: &str, host: &str) -> bool {
        self.components.iter().any(|id| id == component)
            && self.hosts.iter().any(|name| name == host)
    }
}

#[cfg(test)]
mod tests;
