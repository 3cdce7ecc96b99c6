//! The certificate that an organisation has for two-way TLS and for sealing documents, in files.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::RsaKeySize;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use crate::kit::files;
use crate::pki::{EnterpriseAuthority, Profile, rsa_key_named};
use crate::population::FJORDBANKEN;

/// Fjordbanken's authentication certificate, as PEM files that only their owner can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Leaf certificate, without its chain.
    pub certificate_file: PathBuf,
    /// Chain that a client sends: the certificate and that of its issuing authority.
    pub chain_file: PathBuf,
    /// Private key in PKCS#8 PEM.
    pub key_file: PathBuf,
    /// Roots of all enterprise authorities of the sandbox.
    pub roots_file: PathBuf,
    seal: Seal,
}

/// Certificate chain and key with which the app seals documents: those of the client certificate,
/// including its root.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Certificate chain in PEM, the client's own first.
    pub(crate) chain: String,
    /// Private key in PKCS#8 PEM.
    pub(crate) key: String,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal")
    }
}

impl ClientCertificate {
    /// Makes one, valid from `now`, and writes it into `directory`. Blocks while it makes an RSA
    /// key.
    pub(crate) fn write(
        enterprise: &EnterpriseAuthority,
        directory: &Path,
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        let directory = std::path::absolute(directory)?;
        let key = rsa_key_named("Fjordbanken's client certificate", RsaKeySize::_2048)?;
        let leaf = enterprise.issue(Profile::Seid2, FJORDBANKEN, "FJORDBANKEN ASA", &key, now)?;
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
