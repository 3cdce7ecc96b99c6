//! What is looked at: the certificate, its key and its chain, out of whatever files they are in.

mod ber;
mod cipher;
mod digest;
mod key;
mod password;
mod pbe;
mod pem;
mod pkcs12;
mod source;

use std::path::Path;

use anyhow::{Context, bail, ensure};
use keyfile::Pem;
use shared::certificate::{Certificate, Purpose as Made, Use};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::catalogue::file;
use super::finding::{Finding, Level, Purpose};
use super::language::{Both, Language};
pub(super) use key::{KeyKind, PrivateKey};
pub(super) use password::{Password, read as read_password};
pub(super) use source::Contents;

/// A certificate, as it is and as it is read.
#[derive(Clone)]
pub(super) struct Held {
    /// All of it.
    pub(super) der: Vec<u8>,
    /// What it says.
    pub(super) read: Certificate,
}

/// The files that are looked at.
pub(super) struct Files<'a> {
    /// With the certificate, perhaps with everything.
    pub(super) certificate: &'a Path,
    /// With the key.
    pub(super) key: Option<&'a Path>,
    /// With the certificates above.
    pub(super) chain: Option<&'a Path>,
    /// With authorities that are trusted besides the known ones.
    pub(super) trust: Option<&'a Path>,
    /// What opens them.
    pub(super) password: Option<Password>,
    /// Which of several keys.
    pub(super) alias: Option<&'a str>,
    /// Whether whoever uses them reads PEM alone.
    pub(super) only_pem: bool,
}

/// What was found in the files.
pub(super) struct Material {
    /// The certificate in question; none where there is none to be read.
    pub(super) leaf: Option<Held>,
    /// The key that goes with it.
    pub(super) key: Option<PrivateKey>,
    /// The other certificates, in the order of the files.
    pub(super) others: Vec<Held>,
    /// Whether the certificate in question stood before all of them.
    pub(super) comes_first: bool,
    /// Whether the order counts: in PKCS#12 it does not.
    pub(super) is_ordered: bool,
    /// The authorities that are trusted besides the known ones.
    pub(super) trusted: Vec<Held>,
    /// Location of the key.
    pub(super) key_place: KeyPlace,
    /// Records whether a certificate was delivered, readable or not.
    pub(super) has_certificate: bool,
    /// What reading has found.
    pub(super) findings: Vec<Finding>,
}

/// Location of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyPlace {
    /// Nowhere.
    Missing,
    /// In the files, readable or not.
    File,
    /// In a vault.
    Vault,
}

impl<'a> Files<'a> {
    /// A certificate alone.
    pub(super) fn of(certificate: &'a Path) -> Self {
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
}

impl Material {
    /// Returns whether a password is missing that would open more.
    pub(super) fn needs_password(&self) -> bool {
        self.findings.contains(&file::F12.found([]))
    }

    /// Of what stands in a setting. An order in it is judged there.
    pub(super) fn of(mut contents: Contents, purpose: Purpose) -> Self {
        contents.is_pkcs12 = true;
        choose(contents, None, purpose)
    }
}

impl Held {
    /// Reads DER, or says why it cannot be read.
    pub(super) fn read(der: &[u8]) -> Result<Self, Both> {
        let unreadable = |why: String| {
            Both::new(
                format!("et sertifikat kan ikke leses ({why})"),
                format!("a certificate cannot be read ({why})"),
            )
        };
        let read = Certificate::read(der).map_err(|error| unreadable(error.to_string()))?;
        // The two readers look at different parts of it.
        X509Certificate::from_der(der).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self {
            der: der.to_vec(),
            read,
        })
    }

    /// Object identifier of the algorithm that it is signed with.
    pub(super) fn algorithm(&self) -> String {
        let parsed = self.parsed();
        parsed.map_or_else(String::new, |parsed| {
            parsed.signature_algorithm.algorithm.to_id_string()
        })
    }

    /// For what is not in [`Certificate`]: signatures and addresses.
    pub(super) fn parsed(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.der)
            .ok()
            .map(|(_, parsed)| parsed)
    }

    /// What people call it.
    pub(super) fn name(&self) -> &str {
        let subject = &self.read.subject;
        let name = subject.common_name().or(subject.organisation());
        name.unwrap_or("?")
    }

    /// Whether the name in `self` and the key are those that `below` says its issuer has.
    pub(super) fn could_have_issued(&self, below: &Self) -> bool {
        let same_key = match (&self.read.subject_key, &below.read.authority_key) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.read.subject.name == below.read.issuer && same_key
    }
}

/// Reads the files. An error is what could not be looked at at all.
pub(super) fn gather(files: &Files, purpose: Purpose) -> anyhow::Result<Material> {
    let password = files.password.as_ref();
    let mut contents = source::read(files.certificate, password)?;
    if let Some(path) = files.key {
        let mut more = source::read(path, password)?;
        contents.has_key_block |= more.has_key_block;
        contents.has_certificate |= more.has_certificate && !more.certificates.is_empty();
        // The one that is asked for, whatever else there is.
        if !more.keys.is_empty() {
            contents.keys = more.keys;
        }
        contents.findings.append(&mut more.findings);
    }
    if let Some(path) = files.chain {
        let mut more = source::read(path, password)?;
        // The chain often begins with the certificate itself.
        let is_new = |held: &Held| !contents.certificates.iter().any(|own| own.der == held.der);
        let new: Vec<Held> = more.certificates.into_iter().filter(is_new).collect();
        contents.certificates.extend(new);
        contents.findings.append(&mut more.findings);
    }
    if files.only_pem && !contents.is_pem {
        let what = Both::new(
            "den er ikke PEM, og appen leser bare det",
            "it is not PEM, which is all that the app reads",
        );
        contents.findings.push(file::F09.found([what]));
    }
    let selected = match files.alias {
        Some(alias) => Some(aliased(&contents.keys, alias)?),
        None => None,
    };
    let mut material = choose(contents, selected, purpose);
    material.trusted = files.trust.map(trusted).transpose()?.unwrap_or_default();
    Ok(material)
}

/// The certificates in a file of authorities; one that cannot be read is an error, as nothing would be judged by it.
pub(super) fn trusted(path: &Path) -> anyhow::Result<Vec<Held>> {
    let contents = source::read(path, None)?;
    let mut findings = contents.findings.iter();
    let grave = findings.find(|finding| finding.level(Purpose::Tls) == Some(Level::Error));
    if let Some(finding) = grave {
        let [seen, ..] = finding.sentences(Language::En);
        bail!("{}: {seen}", path.display());
    }
    ensure!(
        !contents.certificates.is_empty(),
        "{} holds no certificate",
        path.display()
    );
    Ok(contents.certificates)
}

/// What is in a PEM text.
pub(super) fn read_pem(text: &str) -> Contents {
    let mut contents = Contents::default();
    pem::read(&Pem::read(text.as_bytes()), None, &mut contents);
    contents
}

fn aliased(keys: &[PrivateKey], alias: &str) -> anyhow::Result<usize> {
    let is_it = |key: &PrivateKey| key.alias.as_deref() == Some(alias);
    let found = keys.iter().position(is_it);
    found.with_context(|| format!("no key has the alias {alias}"))
}

/// Finds the certificate in question and its key among the others.
fn choose(contents: Contents, selected: Option<usize>, purpose: Purpose) -> Material {
    let Contents {
        mut certificates,
        mut keys,
        mut findings,
        ..
    } = contents;
    let key_place = if contents.is_in_vault {
        KeyPlace::Vault
    } else if contents.has_key_block || !keys.is_empty() {
        KeyPlace::File
    } else {
        KeyPlace::Missing
    };
    let owner = |key: &PrivateKey, certificates: &[Held]| {
        certificates.iter().position(|held| key.belongs_to(held))
    };
    let selected = selected.or_else(|| {
        if keys.len() > 1 {
            findings.push(several(&keys, &certificates));
        }
        let fits = |key: &PrivateKey| {
            let held = owner(key, &certificates).and_then(|index| certificates.get(index));
            held.is_some_and(|held| suits(&held.read, purpose))
        };
        let first = (!keys.is_empty()).then_some(0);
        keys.iter().position(fits).or(first)
    });
    let key = selected.map(|index| keys.swap_remove(index));
    // Certificates of the other keys are no part of the chain.
    for other in &keys {
        if let Some(index) = owner(other, &certificates) {
            let is_chosen = |key: &PrivateKey| owner(key, &certificates) == Some(index);
            if !key.as_ref().is_some_and(is_chosen) {
                certificates.remove(index);
            }
        }
    }
    if let Some(alias) = key.as_ref().and_then(|key| key.alias.as_deref())
        && !alias.bytes().all(|byte| byte.is_ascii_graphic())
    {
        findings.push(file::F07.found([alias.into()]));
    }
    let own = key.as_ref().and_then(|key| owner(key, &certificates));
    let leaf = own.or_else(|| {
        let is_leaf = |held: &Held| !held.read.is_authority();
        let found = certificates.iter().position(is_leaf);
        found.or((!certificates.is_empty()).then_some(0))
    });
    Material {
        leaf: leaf.map(|index| certificates.remove(index)),
        key,
        comes_first: leaf.is_none_or(|index| index == 0),
        others: certificates,
        is_ordered: !contents.is_pkcs12,
        key_place,
        has_certificate: contents.has_certificate,
        trusted: Vec::new(),
        findings,
    }
}

fn suits(certificate: &Certificate, purpose: Purpose) -> bool {
    let uses = certificate.key_usage.as_ref().map(|usage| &usage.uses);
    let wanted = match purpose {
        Purpose::Seal => Use::NonRepudiation,
        _ => Use::DigitalSignature,
    };
    uses.is_some_and(|uses| uses.contains(&wanted))
}

fn several(keys: &[PrivateKey], certificates: &[Held]) -> Finding {
    let described = |language: Language| {
        let each = keys.iter().map(|key| {
            let held = certificates.iter().find(|held| key.belongs_to(held));
            let role = role(held.and_then(|held| held.read.purpose()));
            let alias = key.alias.as_deref().unwrap_or("-");
            format!("{alias} ({})", role.in_language(language))
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let all = Both::new(described(Language::Nb), described(Language::En));
    file::F06.found([keys.len().to_string().into(), all])
}

/// Which of an organisation's certificates it is.
pub(super) fn role(made: Option<Made>) -> Both {
    match made {
        Some(Made::Authentication) => Both::new("autentisering", "authentication"),
        Some(Made::Signing) => Both::new("signering", "signing"),
        Some(Made::Encryption) => Both::new("kryptering", "encryption"),
        Some(Made::Issuing) => Both::new("utsteder", "issuing"),
        None => Both::new("ukjent", "unknown"),
    }
}
