//! Files with the certificate, its key, its chain and the trusted authorities.

use std::path::Path;

use anyhow::{Context, bail, ensure};

use crate::catalogue::file::F09;
use crate::finding::{Purpose, Severity};
use crate::language::{Bilingual, Language};

use super::certificate::LoadedCertificate;
use super::file_contents::FileContents;
use super::password::Password;
use super::private_key::PrivateKey;
use super::selection::Material;

/// Files to load.
pub(crate) struct Files<'a> {
    /// File with the certificate, perhaps with its key and chain.
    pub(crate) certificate: &'a Path,
    /// File with the key.
    pub(crate) key: Option<&'a Path>,
    /// File with the issuers' certificates.
    pub(crate) chain: Option<&'a Path>,
    /// File with authorities that are trusted besides the known ones.
    pub(crate) trust: Option<&'a Path>,
    /// Password of the files.
    pub(crate) password: Option<Password>,
    /// Name of the key to use, of several.
    pub(crate) alias: Option<&'a str>,
    /// Requires PEM, the only format that the app and the host read.
    pub(crate) only_pem: bool,
}

impl<'a> Files<'a> {
    /// Creates the set of one file.
    pub(crate) fn new(certificate: &'a Path) -> Self {
        Self {
            certificate,
            key: None,
            chain: None,
            trust: None,
            password: None,
            alias: None,
            only_pem: false,
        }
    }

    /// Reads the files and selects the certificate and the key for `purpose`. Faults of their contents are findings.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, no key has the alias, or an authority to trust cannot be read.
    pub(crate) fn load(&self, purpose: Purpose) -> anyhow::Result<Material> {
        let password = self.password.as_ref();
        let mut contents = FileContents::read(self.certificate, password)?;
        if let Some(path) = self.key {
            let mut more = FileContents::read(path, password)?;
            contents.has_key_block |= more.has_key_block;
            contents.has_certificate |= more.has_certificate && !more.certificates.is_empty();
            // A key file takes precedence over keys beside the certificate.
            if !more.keys.is_empty() {
                contents.keys = more.keys;
            }
            contents.findings.append(&mut more.findings);
        }
        if let Some(path) = self.chain {
            let mut more = FileContents::read(path, password)?;
            // A chain often begins with the certificate itself.
            let is_new = |other: &LoadedCertificate| {
                !contents.certificates.iter().any(|own| own.der == other.der)
            };
            let new: Vec<_> = more.certificates.into_iter().filter(is_new).collect();
            contents.certificates.extend(new);
            contents.findings.append(&mut more.findings);
        }
        if self.only_pem && !contents.is_pem {
            let what = Bilingual::new(
                "den er ikke PEM, og appen leser bare det",
                "it is not PEM, which is all that the app reads",
            );
            contents.findings.push(F09.finding([what]));
        }
        let selected = match self.alias {
            Some(alias) => Some(position_of_alias(&contents.keys, alias)?),
            None => None,
        };
        let mut material = Material::select(contents, selected, purpose);
        let trusted = self.trust.map(read_authorities).transpose()?;
        material.trusted = trusted.unwrap_or_default();
        Ok(material)
    }
}

/// Reads the certificates of a file of authorities.
///
/// # Errors
///
/// If the file or a certificate in it cannot be read: nothing would be judged by it.
pub(crate) fn read_authorities(path: &Path) -> anyhow::Result<Vec<LoadedCertificate>> {
    let contents = FileContents::read(path, None)?;
    let mut findings = contents.findings.iter();
    let error = findings.find(|finding| finding.severity(Purpose::Tls) == Some(Severity::Error));
    if let Some(finding) = error {
        let [observation, ..] = finding.sentences(Language::En);
        bail!("{}: {observation}", path.display());
    }
    ensure!(
        !contents.certificates.is_empty(),
        "{} holds no certificate",
        path.display()
    );
    Ok(contents.certificates)
}

fn position_of_alias(keys: &[PrivateKey], alias: &str) -> anyhow::Result<usize> {
    let has_alias = |key: &PrivateKey| key.alias.as_deref() == Some(alias);
    let found = keys.iter().position(has_alias);
    found.with_context(|| format!("no key has the alias {alias}"))
}
