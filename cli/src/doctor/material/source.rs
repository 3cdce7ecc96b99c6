//! One file, of whatever kind: what is in it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};
use keyfile::Pem;
use shared::secret::Secret;

use super::super::catalogue::file;
use super::super::finding::Finding;
use super::super::language::Both;
use super::ber::{self, Value};
use super::{Held, PrivateKey, pem, pkcs12};

/// More than any certificate needs, so that a wrong file is not read whole.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What opens a file.
pub(in super::super) type Password = Secret<String>;

/// What is in a file.
#[derive(Default)]
pub(in super::super) struct Contents {
    pub(in super::super) certificates: Vec<Held>,
    pub(in super::super) keys: Vec<PrivateKey>,
    pub(super) is_pkcs12: bool,
    pub(super) is_pem: bool,
    /// Whether it has the form of a key, readable or not.
    pub(in super::super) has_key_block: bool,
    /// Whether it has the form of a certificate, readable or not.
    pub(in super::super) has_certificate: bool,
    /// Whether the key is in a vault.
    pub(super) is_in_vault: bool,
    pub(in super::super) findings: Vec<Finding>,
}

impl Contents {
    /// Of a key that is there, readable or not.
    pub(in super::super) fn with_key(key: Option<PrivateKey>, findings: Vec<Finding>) -> Self {
        Self {
            keys: key.into_iter().collect(),
            has_key_block: true,
            findings,
            ..Self::default()
        }
    }

    /// Of a key that is elsewhere.
    pub(in super::super) fn in_a_vault() -> Self {
        Self {
            is_in_vault: true,
            ..Self::default()
        }
    }

    /// Takes a certificate; one that cannot be read is a finding.
    pub(super) fn certificate(&mut self, der: &[u8]) {
        self.has_certificate = true;
        match Held::read(der) {
            Ok(held) => self.certificates.push(held),
            Err(why) => self.findings.push(file::F09.found([why])),
        }
    }
}

/// Reads `path`. What is wrong with its content is a finding.
pub(super) fn read(path: &Path, password: Option<&Password>) -> anyhow::Result<Contents> {
    let unreadable = || format!("{} cannot be read", path.display());
    let file = File::open(path).with_context(unreadable)?;
    let exposed = mode(&file).with_context(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(unreadable)?;
    ensure!(
        u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST),
        "{} is larger than {} MiB",
        path.display(),
        LONGEST >> 20
    );

    let mut contents = Contents::default();
    let pem = Pem::read(&bytes);
    if pem.is_pem() {
        pem::read(&pem, password, &mut contents);
    } else if pkcs12::is_one(&bytes) {
        contents.is_pkcs12 = true;
        pkcs12::read(&path.display().to_string(), &bytes, password, &mut contents);
    } else if let Some(key) = PrivateKey::read(&bytes, None) {
        contents.keys.push(key);
    } else if is_certificate(&bytes) {
        contents.certificate(&bytes);
    }
    let is_empty = contents.certificates.is_empty() && contents.keys.is_empty();
    if is_empty && contents.findings.is_empty() {
        contents
            .findings
            .push(file::F01.found([path.display().to_string().into(), guess(&bytes, &contents)]));
    }
    if let Some(mode) = exposed.filter(|_| !contents.keys.is_empty()) {
        let mode = format!("{mode:o}");
        contents.findings.push(file::F08.found([mode.into()]));
    }
    Ok(contents)
}

/// Whether it begins as a certificate: a sequence, in it a sequence, in it a version or a serial number.
fn is_certificate(bytes: &[u8]) -> bool {
    let inside = || {
        let (whole, _) = Value::first(bytes)?;
        let parts = whole.sequence()?;
        let [content, algorithm, signature] = parts.as_slice() else {
            return None;
        };
        let is_one = content.sequence()?.len() >= 6
            && algorithm.tag == ber::SEQUENCE
            && signature.tag == ber::BIT_STRING;
        Some(is_one)
    };
    inside().unwrap_or_default()
}

/// What else it may be.
fn guess(bytes: &[u8], contents: &Contents) -> Both {
    match bytes {
        [] => Both::new("den er tom", "it is empty"),
        [0xFE, 0xED, 0xFE, 0xED, ..] => Both::new(
            "den er et Java-nøkkellager (JKS), som keytool kan gjøre om til PKCS#12",
            "it is a Java key store (JKS), which keytool can turn into PKCS#12",
        ),
        _ if contents.is_pem => Both::new(
            "den er PEM, men uten sertifikat eller nøkkel",
            "it is PEM, but without a certificate or a key",
        ),
        [0x30, ..] => Both::new(
            "den er DER, men hverken sertifikat eller nøkkel",
            "it is DER, but neither a certificate nor a key",
        ),
        _ => Both::new(
            "den er hverken PKCS#12, PEM eller DER",
            "it is neither PKCS#12, PEM nor DER",
        ),
    }
}

/// The file's mode, where others than its owner and those who may read it as a group can use it.
#[cfg(unix)]
fn mode(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o037 != 0).then_some(mode))
}

#[cfg(not(unix))]
fn mode(_: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}
