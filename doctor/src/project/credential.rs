//! Certificate, chain and key in variables.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::catalogue::cryptography::C06;
use crate::catalogue::file::F09;
use crate::finding::{Finding, Purpose};
use crate::language::Bilingual;
use crate::material::{FileContents, LoadedCertificate, Material, PrivateKey};

/// Reads the certificate and key of a client: the chain as a list of base64 or PEM, the key as PEM or JWK, or in a vault.
pub(super) fn client_material(chain: &Value, key: Option<&Value>, purpose: Purpose) -> Material {
    let mut contents = key.map_or_else(FileContents::in_a_vault, key_contents);
    match chain {
        Value::Array(list) => {
            for element in list {
                contents.has_certificate = true;
                let read = element.as_str();
                match read.map_or(Err(wrong("not a text")), certificate) {
                    Ok(certificate) => contents.certificates.push(certificate),
                    Err(finding) => contents.findings.push(finding),
                }
            }
            contents
                .findings
                .extend(check_order(&contents.certificates, purpose));
        }
        Value::String(text) if text.contains("-----BEGIN ") => {
            contents.has_certificate = true;
            let mut read = FileContents::from_pem(text);
            contents
                .findings
                .extend(check_order(&read.certificates, purpose));
            contents.certificates.append(&mut read.certificates);
            contents.findings.append(&mut read.findings);
        }
        Value::String(text) => {
            contents
                .findings
                .push(wrong_word("en tekst, ikke en liste", "a text, not a list"));
            contents.has_certificate = true;
            contents.certificates.extend(certificate(text).ok());
        }
        _ => {
            contents.has_certificate = true;
            contents.findings.push(wrong("neither a list nor PEM"));
        }
    }
    Material::from_setting(contents, purpose)
}

/// Reads the certificate and the key of the seal, which must be PEM.
pub(super) fn seal_material(chain: &Value, key: &Value) -> Material {
    let mut contents = FileContents::default();
    for (text, is_key) in [(chain, false), (key, true)] {
        let text = text.as_str().unwrap_or_default();
        let mut read = FileContents::from_pem(text);
        if text.is_empty() {
            continue;
        }
        let is_missing = if is_key {
            !read.has_key_block
        } else {
            !read.has_certificate
        };
        if is_missing {
            let what = if is_key {
                Bilingual::new(
                    "seal_key har ingen nøkkel i PEM",
                    "seal_key has no key in PEM",
                )
            } else {
                Bilingual::new(
                    "seal_certificate_chain har intet sertifikat i PEM",
                    "seal_certificate_chain has no certificate in PEM",
                )
            };
            contents.findings.push(F09.finding([what]));
        }
        if is_key {
            contents.keys.append(&mut read.keys);
            contents.has_key_block = true;
        } else {
            let order = check_order(&read.certificates, Purpose::Tls);
            contents.findings.extend(order);
            contents.certificates.append(&mut read.certificates);
            contents.has_certificate = true;
        }
        contents.findings.append(&mut read.findings);
    }
    Material::from_setting(contents, Purpose::Tls)
}

/// Reads a key in PEM or as a JWK.
pub(super) fn key_contents(key: &Value) -> FileContents {
    let jwk = match key {
        Value::Object(_) => Some(key.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).ok()
        }
        _ => None,
    };
    let unreadable = || {
        let what = Bilingual::new("nøkkelen kan ikke leses", "the key cannot be read");
        FileContents::with_key(None, vec![F09.finding([what])])
    };
    match (jwk, key) {
        (Some(jwk), _) => match PrivateKey::from_jwk(&jwk) {
            Some(key) => FileContents::with_key(Some(key), Vec::new()),
            None => unreadable(),
        },
        (None, Value::String(text)) => {
            let read = FileContents::from_pem(text);
            if read.has_key_block {
                read
            } else {
                unreadable()
            }
        }
        _ => unreadable(),
    }
}

/// Reads an element of the list: base64 of DER, as in `x5c` (RFC 7515 §4.1.6).
fn certificate(text: &str) -> Result<LoadedCertificate, Finding> {
    if text.contains("-----BEGIN ") {
        return Err(wrong_word("PEM i listen", "PEM in the list"));
    }
    let Ok(der) = STANDARD.decode(text) else {
        let other = URL_SAFE
            .decode(text)
            .or_else(|_| URL_SAFE_NO_PAD.decode(text));
        return Err(match other {
            Ok(_) => wrong("base64url"),
            Err(_) => wrong_word("ikke base64", "no base64"),
        });
    };
    LoadedCertificate::read(&der).map_err(|why| C06.finding([why]))
}

/// Checks the order: the certificate first, then its issuers, and in the header of a grant no root.
fn check_order(all: &[LoadedCertificate], purpose: Purpose) -> Option<Finding> {
    let first = all.first()?;
    if first.fields.is_authority() && all.iter().any(|other| !other.fields.is_authority()) {
        return Some(wrong_word(
            "virksomhetens eget sertifikat står ikke først",
            "the organisation's own certificate is not the first",
        ));
    }
    let has_root = all
        .iter()
        .skip(1)
        .any(|other| other.fields.is_self_issued());
    (has_root && purpose == Purpose::Token).then(|| wrong_word("roten er med", "the root is in it"))
}

fn wrong(what: &'static str) -> Finding {
    C06.finding([what.into()])
}

fn wrong_word(nb: &'static str, en: &'static str) -> Finding {
    C06.finding([Bilingual::new(nb, en)])
}
