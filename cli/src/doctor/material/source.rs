//! One file, of whatever kind: what is in it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};
use keyfile::Pem;

use super::super::catalogue::file;
use super::super::finding::{Finding, Level};
use super::super::language::Both;
use super::ber::{self, Value};
use super::password::{self, Password};
use super::pbe::{self, Closed};
use super::{Held, PrivateKey, pem, pkcs12};

/// More than any certificate needs, so that a wrong file is not read whole.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What is in a file.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the file"
)]
pub(in super::super) struct Contents {
    pub(in super::super) certificates: Vec<Held>,
    pub(in super::super) keys: Vec<PrivateKey>,
    pub(super) is_pkcs12: bool,
    pub(super) is_pem: bool,
    /// Whether it has the form of a key, readable or not.
    pub(in super::super) has_key_block: bool,
    /// Records whether the file has the form of a certificate, readable or not.
    pub(in super::super) has_certificate: bool,
    /// Records whether the key is in a vault.
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

    /// Takes a key or a certificate in DER.
    fn der(&mut self, bytes: &[u8]) {
        let behind = Value::first(bytes).map_or(0, |(_, behind)| behind.len());
        let der = bytes
            .get(..bytes.len().saturating_sub(behind))
            .unwrap_or(bytes);
        if let Some(key) = PrivateKey::read(der, None) {
            self.keys.push(key);
        } else if is_certificate(der) {
            self.certificate(der);
        } else {
            return;
        }
        self.behind(behind);
    }

    /// Says that something stands behind what was read.
    fn behind(&mut self, count: usize) {
        if count > 0 {
            let what = Both::new(
                format!("antall byte etter slutten: {count}"),
                format!("bytes after the end: {count}"),
            );
            self.findings
                .push(file::F09.found([what]).at_most(Level::Info));
        }
    }

    /// Opens PKCS#12. What is encrypted in an outdated way is read too, so that everything else can be judged.
    fn store(&mut self, bytes: &[u8], password: Option<&Password>) {
        let (store, form) = match first_open(password, |form| pkcs12::open(bytes, form)) {
            Ok(opened) => opened,
            Err(closed) => {
                self.closed(&closed, password);
                return;
            }
        };
        self.form(form);
        self.outdated(&store.outdated);
        self.behind(store.behind);
        // The password opened the rest: what is still closed is closed by another, or by a cipher that is not known.
        for closed in &store.closed {
            self.closed(closed, Some(&Password::new(String::new())));
        }
        for bag in &store.certificates {
            self.certificate(&bag.der);
        }
        for bag in &store.keys {
            // Where the key has no name of its own, that of its certificate counts.
            let of_same =
                |other: &&pkcs12::Bag| bag.local_key.is_some() && other.local_key == bag.local_key;
            let named = store.certificates.iter().find(of_same);
            let name = bag.friendly_name.clone();
            let name = name.or_else(|| named.and_then(|other| other.friendly_name.clone()));
            self.take_key(&bag.der, name.as_deref());
        }
    }

    /// Opens an encrypted key.
    pub(super) fn key(
        &mut self,
        password: Option<&Password>,
        open: impl Fn(&password::Form) -> Result<pbe::Opened, Closed>,
    ) {
        // Padding fits by chance once in 256 times: what was opened must be a key.
        let opened = first_open(password, |form| {
            let opened = open(form)?;
            match PrivateKey::read(&opened.content, None) {
                Some(_) => Ok(opened),
                None => Err(Closed::Password),
            }
        });
        match opened {
            Ok((opened, form)) => {
                self.form(form);
                self.outdated(opened.outdated.as_slice());
                self.take_key(&opened.content, None);
            }
            Err(closed) => self.closed(&closed, password),
        }
    }

    fn take_key(&mut self, der: &[u8], alias: Option<&str>) {
        self.has_key_block = true;
        let loose = || ber::Value::first(der).and_then(|(value, _)| value.to_der());
        let key = PrivateKey::read(der, alias.map(str::to_owned))
            .or_else(|| PrivateKey::read(&loose()?, alias.map(str::to_owned)));
        match key {
            Some(key) => self.keys.push(key),
            None => self.findings.push(file::F09.found([Both::new(
                "nøkkelen kan ikke leses",
                "the key cannot be read",
            )])),
        }
    }

    /// Says that something does not open.
    fn closed(&mut self, closed: &Closed, password: Option<&Password>) {
        self.has_key_block = true;
        self.has_certificate = true;
        let finding = match (closed, password) {
            (Closed::Unknown(name), _) => file::F13.found([name.as_str().into()]),
            (Closed::Password, None) => file::F12.found([]),
            (Closed::Password, Some(_)) => file::F02.found([]),
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn outdated(&mut self, names: &[&str]) {
        if !names.is_empty() {
            self.findings
                .push(file::F03.found([names.join(", ").into()]));
        }
    }

    fn form(&mut self, name: Option<Both>) {
        self.findings
            .extend(name.map(|name| file::F14.found([name])));
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
        contents.store(&bytes, password);
    } else if pbe::encrypted_key(&bytes).is_some() {
        contents.has_key_block = true;
        contents.key(password, |form| pbe::open_key(&bytes, form));
    } else {
        contents.der(&bytes);
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

/// Opens with the first form of the password that fits; returns what that form is called.
fn first_open<T>(
    password: Option<&Password>,
    open: impl Fn(&password::Form) -> Result<T, Closed>,
) -> Result<(T, Option<Both>), Closed> {
    let mut last = Closed::Password;
    for form in password::forms(password) {
        match open(&form) {
            Ok(opened) => return Ok((opened, form.name)),
            Err(Closed::Password) => {}
            // Another form does not make the cipher known.
            Err(unknown) => last = unknown,
        }
    }
    Err(last)
}

/// Returns whether the first value has the structure of a certificate (RFC 5280): a sequence of a sequence of six
/// elements or more, an algorithm, and a signature.
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
