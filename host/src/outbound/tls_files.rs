//! Certificates and keys in files.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use keyfile::{KeyForm, Pem, PemError};
use rustls::RootCertStore;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};

use crate::document::shown;

/// Error of the files of a `[[client_tls]]` or a `[[pin]]`. It contains no key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has other content.
    #[error("{}: {reason}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
    /// The certificate and the key do not match, or are of a kind that TLS cannot use.
    #[error("certificate {} with its key: {source}", path.display())]
    Pair {
        /// Path of the certificate's file.
        path: PathBuf,
        /// Cause.
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

    /// Creates [`TlsError::Pair`].
    pub(crate) fn pair(path: &Path, source: rustls::Error) -> Self {
        Self::Pair {
            path: shown(path),
            source,
        }
    }
}

/// Reads the roots of a file, which must have at least one.
///
/// # Errors
///
/// [`TlsError::File`] if the file cannot be read or has no root.
pub(crate) fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| unusable(path, &error))?;
    }
    Ok(roots)
}

/// Returns the content of a PEM file of trust anchors, which must have at least one and nothing
/// else.
///
/// # Errors
///
/// [`TlsError::File`] if the file cannot be used.
pub(crate) fn authorities(path: &Path) -> Result<Vec<u8>, TlsError> {
    roots(path)?;
    fs::read(path).map_err(|error| unusable(path, &error))
}

/// Certificate with its file, its chain and its key.
pub(crate) type Pair<'p> = (
    &'p Path,
    Vec<CertificateDer<'static>>,
    PrivateKeyDer<'static>,
);

/// Reads a certificate with its chain and its key.
///
/// # Errors
///
/// [`TlsError::File`] if a file cannot be used.
pub(crate) fn pair<'p>(chain: &'p Path, key: &Path) -> Result<Pair<'p>, TlsError> {
    Ok((chain, certificates(chain)?, private_key(key)?))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    let found = pem.certificates().map_err(|error| unusable(path, &error))?;
    Ok(found
        .into_iter()
        .map(|der| CertificateDer::from(der.to_vec()))
        .collect())
}

/// Returns the first key of a file.
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

/// Creates [`TlsError::File`]. Causes of the system or of [`keyfile`] repeat nothing of the file.
pub(super) fn unusable(path: &Path, cause: &dyn Display) -> TlsError {
    TlsError::file(path, cause.to_string())
}
