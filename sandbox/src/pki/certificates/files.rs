//! Files of what was made.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::defect::Defect;
use super::keystore;
use super::order::{Certificate, Package, name_of};
use crate::kit::files;

/// Written file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Description of the content.
    pub what: String,
    /// Path of the file.
    pub path: PathBuf,
}

impl Package {
    /// Writes all files into `directory`, which is created if missing. Existing files of the same
    /// names are replaced. Only their owner can read them.
    ///
    /// # Errors
    ///
    /// Fails if the folder or a file cannot be written.
    pub fn write(&self, directory: &Path) -> anyhow::Result<Vec<WrittenFile>> {
        files::directory(directory)?;
        let mut written = Vec::new();
        let mut put = |what: &str, name: String, content: &[u8]| {
            let path = directory.join(name);
            files::private(&path, content)?;
            let what = what.to_owned();
            written.push(WrittenFile { what, path });
            anyhow::Ok(())
        };
        for certificate in &self.certificates {
            let name = name_of(certificate.purpose);
            let leaf = self.wrapped(std::slice::from_ref(&certificate.der));
            put("Certificate", format!("{name}.pem"), &leaf)?;
            let chain = self.wrapped(&certificate.chain);
            put("Chain", format!("{name}-chain.pem"), &chain)?;
            if let Some(key) = &certificate.key {
                put("Key", format!("{name}-key.pem"), key.as_bytes())?;
            }
            if !self.has(Defect::SeveralKeys) {
                let store = self.keystore(&[certificate])?;
                put("PKCS#12", format!("{name}.p12"), &store)?;
            }
        }
        if self.has(Defect::SeveralKeys) {
            let all: Vec<_> = self.certificates.iter().collect();
            put("PKCS#12", "all.p12".to_owned(), &self.keystore(&all)?)?;
        }
        for authority in &self.authorities {
            let prefix = authority.prefix;
            for (name, der) in [("issuing", &authority.issuing), ("root", &authority.root)] {
                let what = format!("Authority ({name})");
                put(&what, format!("{prefix}{name}.pem"), pem(der).as_bytes())?;
            }
            let list = format!("{prefix}issuing.crl");
            put("Revocation list", list, &authority.list)?;
        }
        if self.has(Defect::ReadableByOthers) {
            open_to_others(written.iter().filter(|file| file.what == "Key"))?;
        }
        Ok(written)
    }

    fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    fn keystore(&self, certificates: &[&Certificate]) -> anyhow::Result<Vec<u8>> {
        if self.has(Defect::NotACertificate) {
            return Ok(no_certificate());
        }
        keystore::build(certificates, &self.defects)
    }

    /// Encodes the certificates in PEM, or in the ordered defective form.
    fn wrapped(&self, certificates: &[Vec<u8>]) -> Vec<u8> {
        let text: String = certificates.iter().map(|der| pem(der)).collect();
        if self.has(Defect::NotACertificate) {
            no_certificate()
        } else if self.has(Defect::Utf16) {
            let mark = std::iter::once(0xfeff);
            let units = mark.chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        } else if self.has(Defect::TrustedCertificate) {
            text.replace(" CERTIFICATE", " TRUSTED CERTIFICATE")
                .into_bytes()
        } else {
            text.into_bytes()
        }
    }
}

fn no_certificate() -> Vec<u8> {
    "Sertifikatet ble sendt i egen e-post.\n".into()
}

fn pem(der: &[u8]) -> String {
    files::certificate_pem(&STANDARD.encode(der))
}

fn open_to_others<'a>(files: impl Iterator<Item = &'a WrittenFile>) -> anyhow::Result<()> {
    for file in files {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}
