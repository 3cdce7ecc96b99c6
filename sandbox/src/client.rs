//! The certificate that an organisation has for two-way TLS and for sealing documents, in files.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::RsaKeySize;
use rustls_pki_types::CertificateDer;

use crate::authority::{Profile, rsa_key_named};
use crate::consumer::FJORDBANKEN;
use crate::files;
use crate::world::World;

/// Fjordbanken's certificate for authentication: files in PEM, open to their owner alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate alone.
    pub certificate_file: PathBuf,
    /// The certificate and that of the authority which issued it: what a client sends.
    pub chain_file: PathBuf,
    /// Its private key: PKCS#8.
    pub key_file: PathBuf,
    /// The roots of all enterprise authorities of the sandbox.
    pub roots_file: PathBuf,
    seal: Seal,
}

/// What the app seals documents with: the same certificate, up to its root, and its key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    /// In PEM, its own first.
    pub(crate) chain: String,
    /// PKCS#8 in PEM.
    pub(crate) key: String,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal")
    }
}

impl ClientCertificate {
    /// Makes one and writes it into `directory`. Makes an RSA key: not for an async thread.
    pub(crate) fn write(world: &World, directory: &Path) -> anyhow::Result<Self> {
        let directory = std::path::absolute(directory)?;
        let key = rsa_key_named("Fjordbanken's client certificate", RsaKeySize::_2048)?;
        let (profile, now) = (Profile::Seid2, world.clock.now());
        let enterprise = &world.enterprise;
        let leaf = enterprise.issue(profile, FJORDBANKEN, "FJORDBANKEN ASA", &key, now)?;
        let hierarchies = enterprise.hierarchies();
        let roots = hierarchies.map(|hierarchy| pem(hierarchy.root())).concat();
        let issuer = hierarchies
            .into_iter()
            .find(|hierarchy| hierarchy.issuing() == enterprise.issuing());
        let root = issuer
            .map(|hierarchy| pem(hierarchy.root()))
            .unwrap_or_default();
        let (leaf, issuing, key) = (pem(&leaf), pem(enterprise.issuing()), key.serialize_pem());

        let written = Self {
            certificate_file: directory.join("client.pem"),
            chain_file: directory.join("client-chain.pem"),
            key_file: directory.join("client-key.pem"),
            roots_file: directory.join("enterprise-roots.pem"),
            seal: Seal {
                chain: format!("{leaf}{issuing}{root}"),
                key: key.clone(),
            },
        };
        files::private(&written.certificate_file, &leaf)?;
        files::private(&written.chain_file, [leaf, issuing].concat())?;
        files::private(&written.key_file, key)?;
        files::private(&written.roots_file, roots)?;
        Ok(written)
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    files::certificate_pem(&STANDARD.encode(certificate))
}
