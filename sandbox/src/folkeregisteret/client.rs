//! A certificate that is let in, in files, for whoever tries it.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::RsaKeySize;

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
}

impl ClientCertificate {
    /// Makes one and writes it into `directory`. Makes an RSA key: not for an async thread.
    pub(crate) fn write(world: &World, directory: &Path) -> anyhow::Result<Self> {
        let directory = std::path::absolute(directory)?;
        let key = rsa_key_named("Fjordbanken's client certificate", RsaKeySize::_2048)?;
        let (profile, now) = (Profile::Seid2, world.clock.now());
        let enterprise = &world.enterprise;
        let leaf = enterprise.issue(profile, FJORDBANKEN, "FJORDBANKEN ASA", &key, now)?;
        let leaf = files::certificate_pem(&STANDARD.encode(leaf));
        let issuing = files::certificate_pem(&STANDARD.encode(enterprise.issuing()));

        let written = Self {
            certificate_file: directory.join("client.pem"),
            chain_file: directory.join("client-chain.pem"),
            key_file: directory.join("client-key.pem"),
        };
        files::private(&written.certificate_file, &leaf)?;
        files::private(&written.chain_file, leaf + &issuing)?;
        files::private(&written.key_file, key.serialize_pem())?;
        Ok(written)
    }
}
