//! Reader of files in PEM, DER and PKCS#12.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};
use keyfile::Pem;

use super::file_contents::FileContents;
use super::password::Password;
use super::{pbe, pkcs12};
use crate::catalogue::file::{F01, F08};
use crate::language::Bilingual;

/// Largest file in bytes that is read: far more than certificates need.
const MAX_SIZE: u64 = 4 * 1024 * 1024;

impl FileContents {
    /// Reads `path`. Faults of its content are findings.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is larger than 4 MiB.
    pub(super) fn read(path: &Path, password: Option<&Password>) -> anyhow::Result<Self> {
        let unreadable = || format!("{} cannot be read", path.display());
        let file = File::open(path).with_context(unreadable)?;
        let exposed_mode = exposed_mode(&file).with_context(unreadable)?;
        let mut bytes = Vec::new();
        file.take(MAX_SIZE + 1)
            .read_to_end(&mut bytes)
            .with_context(unreadable)?;
        ensure!(
            u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_SIZE),
            "{} is larger than {} MiB",
            path.display(),
            MAX_SIZE >> 20
        );

        let mut contents = Self::default();
        let pem = Pem::read(&bytes);
        if pem.is_pem() {
            contents.add_pem(&pem, password);
        } else if pkcs12::is_pkcs12(&bytes) {
            contents.add_pkcs12(&bytes, password);
        } else if pbe::encrypted_key(&bytes).is_some() {
            contents.add_encrypted_key(password, |encoding| pbe::open_key(&bytes, encoding));
        } else {
            contents.add_der(&bytes);
        }
        let is_empty = contents.certificates.is_empty() && contents.keys.is_empty();
        if is_empty && contents.findings.is_empty() {
            let name = path.display().to_string();
            let finding = F01.finding([name.into(), guess(&bytes, &contents)]);
            contents.findings.push(finding);
        }
        if let Some(mode) = exposed_mode.filter(|_| !contents.keys.is_empty()) {
            let mode = format!("{mode:o}");
            contents.findings.push(F08.finding([mode.into()]));
        }
        Ok(contents)
    }
}

/// Returns a description of content that has neither a certificate nor a key.
fn guess(bytes: &[u8], contents: &FileContents) -> Bilingual {
    match bytes {
        [] => Bilingual::new("den er tom", "it is empty"),
        [0xFE, 0xED, 0xFE, 0xED, ..] => Bilingual::new(
            "den er et Java-nøkkellager (JKS), som keytool kan gjøre om til PKCS#12",
            "it is a Java key store (JKS), which keytool can turn into PKCS#12",
        ),
        _ if contents.is_pem => Bilingual::new(
            "den er PEM, men uten sertifikat eller nøkkel",
            "it is PEM, but without a certificate or a key",
        ),
        [0x30, ..] => Bilingual::new(
            "den er DER, men hverken sertifikat eller nøkkel",
            "it is DER, but neither a certificate nor a key",
        ),
        _ => Bilingual::new(
            "den er hverken PKCS#12, PEM eller DER",
            "it is neither PKCS#12, PEM nor DER",
        ),
    }
}

/// Returns the mode of a file that is accessible to others than its owner and, for reading, its group.
#[cfg(unix)]
fn exposed_mode(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o037 != 0).then_some(mode))
}

#[cfg(not(unix))]
fn exposed_mode(_: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}
