//! An authority's certificate with its key.

use rcgen::{CertificateParams, Issuer, KeyPair, SigningKey};
use rustls_pki_types::CertificateDer;

/// Authority that signs.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) issuer: Issuer<'static, KeyPair>,
}

impl Signer {
    /// Creates a self-signed root authority.
    pub(super) fn root(parameters: CertificateParams, key: KeyPair) -> anyhow::Result<Self> {
        Ok(Self {
            certificate: parameters.self_signed(&key)?.der().clone(),
            issuer: Issuer::new(parameters, key),
        })
    }

    /// Creates an authority that `above` has signed.
    pub(super) fn under(
        above: &Self,
        parameters: CertificateParams,
        key: KeyPair,
    ) -> anyhow::Result<Self> {
        let certificate = parameters.signed_by(&key, &above.issuer)?.der().clone();
        Ok(Self {
            certificate,
            issuer: Issuer::new(parameters, key),
        })
    }

    /// Restores an authority from its stored certificate and key.
    pub(super) fn again(
        certificate: CertificateDer<'static>,
        key: KeyPair,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: Issuer::from_ca_cert_der(&certificate, key)?,
            certificate,
        })
    }

    /// Signs `message` with the authority's key.
    pub(super) fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(self.issuer.key().sign(message)?)
    }
}
