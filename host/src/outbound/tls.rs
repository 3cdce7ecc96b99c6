//! Client TLS: whom a component trusts and which certificate it shows, by component and counterparty.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use keyfile::{KeyForm, Pem, PemError};
use rustls::{
    ClientConfig, RootCertStore,
    client::danger::ServerCertVerifier,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
    },
};

use super::{
    client_tls::ClientTls,
    counterparties::Upstream,
    pin::Pin,
    shown::{Noting, Shown},
};
use crate::{allowed_hosts::Origin, document::shown};

/// What is wrong with the files of a `[[client_tls]]` or a `[[pin]]`. Keys are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read or holds something else.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The certificate and the key do not belong together, or are of a kind that TLS cannot use.
    #[error("certificate {} with its key: {source}", path.display())]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// The TLS library cannot be set up.
    #[error("TLS: {0}")]
    Setup(#[from] rustls::Error),
}

impl TlsError {
    fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File {
            path: shown(path),
            reason: reason.into(),
        }
    }

    pub(crate) fn pair(path: &Path, source: rustls::Error) -> Self {
        Self::Pair {
            path: shown(path),
            source,
        }
    }
}

/// Every identity that the application's components may have.
pub(crate) struct Identities {
    pinned: Vec<(Pin, Configured)>,
    listed: Vec<Listed>,
    /// No client certificate, and the roots of the public web.
    default: Configured,
}

/// How TLS is spoken, and what is shown there.
#[derive(Clone)]
pub(crate) struct Configured {
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) shown: Shown,
}

struct Listed {
    components: Vec<String>,
    hosts: Vec<String>,
    config: Configured,
}

/// Whom a component trusts and what it shows. Connections of one identity are never used for another.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) entry: Entry,
    pub(crate) config: Configured,
}

/// What an identity comes from, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    /// No file says anything of it.
    Default,
    ClientTls(usize),
    Pin(usize),
}

impl Identities {
    pub(crate) fn load(entries: &[ClientTls]) -> Result<Self, TlsError> {
        let listed = entries.iter().map(Listed::load).collect::<Result<_, _>>()?;
        Ok(Self {
            pinned: Vec::new(),
            listed,
            default: config(Trust::Named(web_roots()), None)?,
        })
    }

    /// For a client of the host's own: no certificate, and the roots of the web with those of a file, if there is one.
    pub(crate) fn trusting(file: Option<&Path>) -> Result<Self, TlsError> {
        let mut trusted = web_roots();
        if let Some(path) = file {
            trusted.extend(roots(path)?.roots);
        }
        Ok(Self {
            pinned: Vec::new(),
            listed: Vec::new(),
            default: config(Trust::Named(trusted), None)?,
        })
    }

    /// Adds a pin. It comes before any `client_tls`.
    pub(crate) fn pin(&mut self, pin: Pin) -> Result<(), TlsError> {
        let config = pin.config()?;
        self.pinned.push((pin, config));
        Ok(())
    }

    /// Adds a service that is recognised by its host name, for whoever calls under the name of its entry alone.
    pub(crate) fn upstream(&mut self, upstream: &Upstream) -> Result<(), TlsError> {
        let trusted = match &upstream.roots {
            Some(path) => roots(path)?,
            None => web_roots(),
        };
        self.listed.push(Listed {
            components: vec![upstream.name.clone()],
            hosts: vec![upstream.origin.host.clone()],
            config: config(Trust::Named(trusted), None)?,
        });
        Ok(())
    }

    /// The pin of the component and the origin; else the first entry that names the component and the host, as in Spin.
    pub(crate) fn of(&self, component: &str, origin: &Origin) -> Identity {
        let mut pinned = self.pinned.iter().enumerate();
        if let Some((place, (_, config))) =
            pinned.find(|(_, (pin, _))| pin.is_for(component, origin))
        {
            return Identity {
                entry: Entry::Pin(place),
                config: config.clone(),
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

impl Listed {
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
            config: config(Trust::Named(trusted), pair)?,
        })
    }

    fn names(&self, component: &str, host: &str) -> bool {
        self.components.iter().any(|id| id == component)
            && self.hosts.iter().any(|name| name == host)
    }
}

fn web_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

/// The roots in a file, which has at least one.
pub(crate) fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| unusable(path, &error))?;
    }
    Ok(roots)
}

/// Reads the files of a client certificate, and sets TLS up with them.
pub(crate) fn client_of(chain: &Path, key: &Path) -> Result<(), TlsError> {
    let pair = pair(chain, key)?;
    config(Trust::Named(RootCertStore::empty()), Some(pair)).map(|_| ())
}

/// Returns the content of a PEM file of trust anchors, which has at least one and no other than certificates that can be
/// trusted.
pub(crate) fn authorities(path: &Path) -> Result<Vec<u8>, TlsError> {
    roots(path)?;
    fs::read(path).map_err(|error| unusable(path, &error))
}

/// A certificate, where it was found, with those above it and its key.
pub(crate) type Pair<'p> = (
    &'p Path,
    Vec<CertificateDer<'static>>,
    PrivateKeyDer<'static>,
);

pub(crate) fn pair<'p>(chain: &'p Path, key: &Path) -> Result<Pair<'p>, TlsError> {
    Ok((chain, certificates(chain)?, private_key(key)?))
}

/// How a server is recognised.
pub(super) enum Trust {
    /// A chain to one of these roots, and the name that was asked for.
    Named(RootCertStore),
    /// As a pin says.
    Pinned(Arc<dyn ServerCertVerifier>),
}

/// TLS 1.2 and 1.3.
pub(super) fn config(trust: Trust, pair: Option<Pair<'_>>) -> Result<Configured, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match trust {
        Trust::Named(roots) => builder.with_root_certificates(roots),
        Trust::Pinned(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(verifier),
    };
    let shown = Shown::of(pair.as_ref().map(|(_, chain, _)| chain.as_slice()));
    let mut config = match pair {
        Some((path, chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|source| TlsError::pair(path, source))?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.client_auth_cert_resolver = Arc::new(Noting(config.client_auth_cert_resolver));
    Ok(Configured {
        tls: Arc::new(config),
        shown,
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    let found = pem.certificates().map_err(|error| unusable(path, &error))?;
    Ok(found
        .into_iter()
        .map(|der| CertificateDer::from(der.to_vec()))
        .collect())
}

/// The first key of a file.
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read(path)?;
    let keys = pem.private_keys().map_err(|error| unusable(path, &error))?;
    let (form, der) = keys
        .first()
        .ok_or_else(|| unusable(path, &PemError::NoPrivateKey))?;
    let der = der.to_vec();
    Ok(match form {
        KeyForm::Pkcs8 => PrivatePkcs8KeyDer::from(der).into(),
        KeyForm::Pkcs1 => PrivatePkcs1KeyDer::from(der).into(),
        KeyForm::Sec1 => PrivateSec1KeyDer::from(der).into(),
    })
}

fn read(path: &Path) -> Result<Pem, TlsError> {
    let bytes = fs::read(path).map_err(|error| unusable(path, &error))?;
    Ok(Pem::read(&bytes))
}

/// The cause is of the system or of [`keyfile`], which repeat nothing of a file.
fn unusable(path: &Path, cause: &dyn Display) -> TlsError {
    TlsError::file(path, cause.to_string())
}

#[cfg(test)]
mod tests;
