//! Certificates and keys of a file or a setting.

use super::ber::{self, Value};
use super::certificate::LoadedCertificate;
use super::decryption_error::DecryptionError;
use super::password::{Password, PasswordEncoding, encodings};
use super::pbe::Decrypted;
use super::pkcs12::{self, Bag};
use super::private_key::PrivateKey;
use crate::catalogue::file::{F02, F03, F09, F12, F13, F14};
use crate::finding::{Finding, Severity};
use crate::language::Bilingual;

/// Certificates and keys, with the findings of reading them.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the file"
)]
pub(crate) struct FileContents {
    /// Readable certificates, in the order of the file.
    pub(crate) certificates: Vec<LoadedCertificate>,
    /// Readable keys.
    pub(crate) keys: Vec<PrivateKey>,
    /// Records whether the file is PKCS#12.
    pub(super) is_pkcs12: bool,
    /// Records whether the file is PEM.
    pub(super) is_pem: bool,
    /// Records whether there is a key, readable or not.
    pub(crate) has_key_block: bool,
    /// Records whether there is a certificate, readable or not.
    pub(crate) has_certificate: bool,
    /// Records whether the key is in a vault.
    pub(super) is_in_vault: bool,
    /// Findings of reading.
    pub(crate) findings: Vec<Finding>,
}

impl FileContents {
    /// Creates the contents of a setting with a key, readable or not.
    pub(crate) fn with_key(key: Option<PrivateKey>, findings: Vec<Finding>) -> Self {
        Self {
            keys: key.into_iter().collect(),
            has_key_block: true,
            findings,
            ..Self::default()
        }
    }

    /// Creates the contents of a setting whose key is in a vault.
    pub(crate) fn in_a_vault() -> Self {
        Self {
            is_in_vault: true,
            ..Self::default()
        }
    }

    /// Adds a key or a certificate in DER.
    pub(super) fn add_der(&mut self, bytes: &[u8]) {
        let trailing = Value::first(bytes).map_or(0, |(_, rest)| rest.len());
        let der = bytes
            .get(..bytes.len().saturating_sub(trailing))
            .unwrap_or(bytes);
        if let Some(key) = PrivateKey::read(der, None) {
            self.keys.push(key);
        } else if is_certificate(der) {
            self.add_certificate(der);
        } else {
            return;
        }
        self.report_trailing(trailing);
    }

    /// Adds the contents of PKCS#12. Outdated encryption is a finding and does not prevent the other checks.
    pub(super) fn add_pkcs12(&mut self, bytes: &[u8], password: Option<&Password>) {
        self.is_pkcs12 = true;
        let (store, encoding) =
            match open_with_any(password, |encoding| pkcs12::open(bytes, encoding)) {
                Ok(opened) => opened,
                Err(error) => {
                    self.report_closed(&error, password);
                    return;
                }
            };
        self.report_encoding(encoding);
        self.report_outdated(&store.outdated);
        self.report_trailing(store.trailing);
        // The password opened the rest, so it is not missing: another password or an unknown cipher closes these.
        for error in &store.errors {
            self.report_closed(error, Some(&Password::new(String::new())));
        }
        for bag in &store.certificates {
            self.add_certificate(&bag.der);
        }
        for bag in &store.keys {
            // A key without a name has that of its certificate.
            let is_its = |other: &&Bag| bag.local_key.is_some() && other.local_key == bag.local_key;
            let certificate = store.certificates.iter().find(is_its);
            let name = bag.friendly_name.clone();
            let name = name.or_else(|| certificate.and_then(|other| other.friendly_name.clone()));
            self.add_key(&bag.der, name.as_deref());
        }
    }

    /// Adds an encrypted key, which `open` decrypts.
    pub(super) fn add_encrypted_key(
        &mut self,
        password: Option<&Password>,
        open: impl Fn(&PasswordEncoding) -> Result<Decrypted, DecryptionError>,
    ) {
        self.has_key_block = true;
        // A wrong password yields valid padding once in 256 times, so the content must be a key, too.
        let opened = open_with_any(password, |encoding| {
            let opened = open(encoding)?;
            match PrivateKey::read(&opened.content, None) {
                Some(_) => Ok(opened),
                None => Err(DecryptionError::WrongPassword),
            }
        });
        match opened {
            Ok((opened, encoding)) => {
                self.report_encoding(encoding);
                self.report_outdated(opened.outdated.as_slice());
                self.add_key(&opened.content, None);
            }
            Err(error) => self.report_closed(&error, password),
        }
    }

    /// Adds a key in DER or BER. A key that cannot be read is a finding.
    pub(super) fn add_key(&mut self, der: &[u8], alias: Option<&str>) {
        self.has_key_block = true;
        let strict = || Value::first(der).and_then(|(value, _)| value.to_der());
        let key = PrivateKey::read(der, alias.map(str::to_owned))
            .or_else(|| PrivateKey::read(&strict()?, alias.map(str::to_owned)));
        match key {
            Some(key) => self.keys.push(key),
            None => self.findings.push(F09.finding([Bilingual::new(
                "nøkkelen kan ikke leses",
                "the key cannot be read",
            )])),
        }
    }

    /// Adds a certificate in DER. A certificate that cannot be read is a finding.
    pub(super) fn add_certificate(&mut self, der: &[u8]) {
        self.has_certificate = true;
        match LoadedCertificate::read(der) {
            Ok(certificate) => self.certificates.push(certificate),
            Err(why) => self.findings.push(F09.finding([why])),
        }
    }

    fn report_trailing(&mut self, count: usize) {
        if count > 0 {
            let what = Bilingual::new(
                format!("antall byte etter slutten: {count}"),
                format!("bytes after the end: {count}"),
            );
            let finding = F09.finding([what]).at_most(Severity::Info);
            self.findings.push(finding);
        }
    }

    fn report_closed(&mut self, error: &DecryptionError, password: Option<&Password>) {
        self.has_key_block = true;
        self.has_certificate = true;
        let finding = match (error, password) {
            (DecryptionError::UnknownAlgorithm(name), _) => F13.finding([name.as_str().into()]),
            (DecryptionError::WrongPassword, None) => F12.finding([]),
            (DecryptionError::WrongPassword, Some(_)) => F02.finding([]),
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn report_outdated(&mut self, names: &[&str]) {
        if !names.is_empty() {
            self.findings.push(F03.finding([names.join(", ").into()]));
        }
    }

    fn report_encoding(&mut self, name: Option<Bilingual>) {
        self.findings.extend(name.map(|name| F14.finding([name])));
    }
}

/// Opens with the first encoding of the password that fits, and returns the name of that encoding.
fn open_with_any<T>(
    password: Option<&Password>,
    open: impl Fn(&PasswordEncoding) -> Result<T, DecryptionError>,
) -> Result<(T, Option<Bilingual>), DecryptionError> {
    let mut last = DecryptionError::WrongPassword;
    for encoding in encodings(password) {
        match open(&encoding) {
            Ok(opened) => return Ok((opened, encoding.name)),
            Err(DecryptionError::WrongPassword) => {}
            // Another encoding does not make the cipher known.
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
