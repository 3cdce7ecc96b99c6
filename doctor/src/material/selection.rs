//! Certificate and key to check, selected from the contents of files or settings.

use innsyn_protocols::x509::{Certificate, Purpose as KeyPurpose, Use};

use crate::catalogue::file::{F06, F07, F12};
use crate::finding::{Finding, Purpose};
use crate::language::{Bilingual, Language};

use super::certificate::LoadedCertificate;
use super::file_contents::FileContents;
use super::private_key::PrivateKey;

/// Certificate, key and chain, with the findings of reading them.
pub(crate) struct Material {
    /// Certificate to check, if one can be read.
    pub(crate) leaf: Option<LoadedCertificate>,
    /// Private key of the certificate.
    pub(crate) key: Option<PrivateKey>,
    /// Other certificates, in the order of the files.
    pub(crate) others: Vec<LoadedCertificate>,
    /// Records whether the certificate to check precedes the others.
    pub(crate) comes_first: bool,
    /// Records whether the order is significant: in PKCS#12 it is not.
    pub(crate) is_ordered: bool,
    /// Authorities that are trusted besides the known ones.
    pub(crate) trusted: Vec<LoadedCertificate>,
    /// Location of the key.
    pub(crate) key_place: KeyPlace,
    /// Records whether a certificate was delivered, readable or not.
    pub(crate) has_certificate: bool,
    /// Findings of reading.
    pub(crate) findings: Vec<Finding>,
}

/// Location of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyPlace {
    /// No key was found.
    Missing,
    /// In the files, readable or not.
    File,
    /// In a vault: only its name is known.
    Vault,
}

impl Material {
    /// Selects from the value of a setting. The order of its certificates is checked with the setting.
    pub(crate) fn from_setting(mut contents: FileContents, purpose: Purpose) -> Self {
        contents.is_pkcs12 = true;
        Self::select(contents, None, purpose)
    }

    /// Selects the certificate and its key: the key at `selected`, or else the first key whose certificate suits
    /// `purpose`.
    pub(super) fn select(
        contents: FileContents,
        selected: Option<usize>,
        purpose: Purpose,
    ) -> Self {
        let FileContents {
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
        let selected = selected.or_else(|| {
            if keys.len() > 1 {
                findings.push(several_keys(&keys, &certificates));
            }
            let suits = |key: &PrivateKey| {
                let index = certificate_of(key, &certificates);
                let certificate = index.and_then(|index| certificates.get(index));
                certificate.is_some_and(|certificate| suits(&certificate.fields, purpose))
            };
            let first = (!keys.is_empty()).then_some(0);
            keys.iter().position(suits).or(first)
        });
        let key = selected.map(|index| keys.swap_remove(index));
        // Certificates of the other keys are not part of the chain.
        for other in &keys {
            if let Some(index) = certificate_of(other, &certificates) {
                let is_selected =
                    |key: &PrivateKey| certificate_of(key, &certificates) == Some(index);
                if !key.as_ref().is_some_and(is_selected) {
                    certificates.remove(index);
                }
            }
        }
        if let Some(alias) = key.as_ref().and_then(|key| key.alias.as_deref())
            && !alias.bytes().all(|byte| byte.is_ascii_graphic())
        {
            findings.push(F07.finding([alias.into()]));
        }
        let own = key
            .as_ref()
            .and_then(|key| certificate_of(key, &certificates));
        let leaf = own.or_else(|| {
            let is_leaf = |certificate: &LoadedCertificate| !certificate.fields.is_authority();
            let found = certificates.iter().position(is_leaf);
            found.or((!certificates.is_empty()).then_some(0))
        });
        Self {
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

    /// Returns whether content did not open because no password was given.
    pub(crate) fn needs_password(&self) -> bool {
        self.findings.contains(&F12.finding([]))
    }

    /// Returns the reason why no key can be checked.
    pub(crate) fn missing_key(&self) -> Bilingual {
        match self.key_place {
            KeyPlace::Missing => Bilingual::new("nøkkelen mangler", "there is no key"),
            KeyPlace::File => Bilingual::new("nøkkelen kan ikke leses", "the key cannot be read"),
            KeyPlace::Vault => Bilingual::new("nøkkelen er i et hvelv", "the key is in a vault"),
        }
    }
}

/// Returns the position of the certificate of `key`.
fn certificate_of(key: &PrivateKey, certificates: &[LoadedCertificate]) -> Option<usize> {
    certificates
        .iter()
        .position(|certificate| key.belongs_to(certificate))
}

fn suits(certificate: &Certificate, purpose: Purpose) -> bool {
    let uses = certificate.key_usage.as_ref().map(|usage| &usage.uses);
    let wanted = match purpose {
        Purpose::Seal => Use::NonRepudiation,
        _ => Use::DigitalSignature,
    };
    uses.is_some_and(|uses| uses.contains(&wanted))
}

fn several_keys(keys: &[PrivateKey], certificates: &[LoadedCertificate]) -> Finding {
    let list = |language: Language| {
        let each = keys.iter().map(|key| {
            let own = certificates
                .iter()
                .find(|certificate| key.belongs_to(certificate));
            let role = role(own.and_then(|own| own.fields.purpose()));
            let alias = key.alias.as_deref().unwrap_or("-");
            format!("{alias} ({})", role.get(language))
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let all = Bilingual::new(list(Language::Nb), list(Language::En));
    F06.finding([keys.len().to_string().into(), all])
}

/// Returns the name of a certificate's purpose. An organisation has one certificate for each.
pub(crate) fn role(purpose: Option<KeyPurpose>) -> Bilingual {
    match purpose {
        Some(KeyPurpose::Authentication) => Bilingual::new("autentisering", "authentication"),
        Some(KeyPurpose::Signing) => Bilingual::new("signering", "signing"),
        Some(KeyPurpose::Encryption) => Bilingual::new("kryptering", "encryption"),
        Some(KeyPurpose::Issuing) => Bilingual::new("utsteder", "issuing"),
        None => Bilingual::new("ukjent", "unknown"),
    }
}
