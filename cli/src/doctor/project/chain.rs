//! A certificate with its chain and its key, as variables hold them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::super::catalogue::cryptography::C06;
use super::super::catalogue::file::F09;
use super::super::finding::{Finding, Purpose};
use super::super::language::Both;
use super::super::material::{self, Contents, Held, Material};

/// A list of base64, or PEM, with its key: PEM or JWK, or none where it is in a vault.
pub(super) fn material(chain: &Value, key: Option<&Value>, purpose: Purpose) -> Material {
    let mut contents = key.map_or_else(Contents::in_a_vault, contents_of_key);
    match chain {
        Value::Array(list) => {
            for element in list {
                contents.has_certificate = true;
                let read = element.as_str();
                match read.map_or(Err(wrong("not a text")), certificate) {
                    Ok(held) => contents.certificates.push(held),
                    Err(finding) => contents.findings.push(finding),
                }
            }
            contents
                .findings
                .extend(order(&contents.certificates, purpose));
        }
        Value::String(text) if text.contains("-----BEGIN ") => {
            contents.has_certificate = true;
            let mut read = material::read_pem(text);
            contents.findings.extend(order(&read.certificates, purpose));
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
    Material::of(contents, purpose)
}

/// The certificate and the key of the seal, of which the app reads PEM alone.
pub(super) fn seal(chain: &Value, key: &Value) -> Material {
    let mut contents = Contents::default();
    for (text, is_key) in [(chain, false), (key, true)] {
        let text = text.as_str().unwrap_or_default();
        let mut read = material::read_pem(text);
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
                Both::new(
                    "seal_key har ingen nøkkel i PEM",
                    "seal_key has no key in PEM",
                )
            } else {
                Both::new(
                    "seal_certificate_chain har intet sertifikat i PEM",
                    "seal_certificate_chain has no certificate in PEM",
                )
            };
            contents.findings.push(F09.found([what]));
        }
        if is_key {
            contents.keys.append(&mut read.keys);
            contents.has_key_block = true;
        } else {
            let order = order(&read.certificates, Purpose::Tls);
            contents.findings.extend(order);
            contents.certificates.append(&mut read.certificates);
            contents.has_certificate = true;
        }
        contents.findings.append(&mut read.findings);
    }
    Material::of(contents, Purpose::Tls)
}

/// The key alone.
pub(super) fn contents_of_key(key: &Value) -> Contents {
    let jwk = match key {
        Value::Object(_) => Some(key.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).ok()
        }
        _ => None,
    };
    let unreadable = || {
        let what = Both::new("nøkkelen kan ikke leses", "the key cannot be read");
        Contents::with_key(None, vec![F09.found([what])])
    };
    match (jwk, key) {
        (Some(jwk), _) => match material::PrivateKey::of_jwk(&jwk) {
            Some(key) => Contents::with_key(Some(key), Vec::new()),
            None => unreadable(),
        },
        (None, Value::String(text)) => {
            let read = material::read_pem(text);
            if read.has_key_block {
                read
            } else {
                unreadable()
            }
        }
        _ => unreadable(),
    }
}

/// One element of the list: base64 of DER, as `x5c` has it (RFC 7515 §4.1.6).
fn certificate(text: &str) -> Result<Held, Finding> {
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
    Held::read(&der).map_err(|why| C06.found([why]))
}

/// The certificate itself comes first, then who issued it; in a grant's header no root.
fn order(all: &[Held], purpose: Purpose) -> Option<Finding> {
    let first = all.first()?;
    if first.read.is_authority() && all.iter().any(|held| !held.read.is_authority()) {
        return Some(wrong_word(
            "virksomhetens eget sertifikat står ikke først",
            "the organisation's own certificate is not the first",
        ));
    }
    let has_root = all.iter().skip(1).any(|held| held.read.is_self_issued());
    (has_root && purpose == Purpose::Token).then(|| wrong_word("roten er med", "the root is in it"))
}

fn wrong(what: &'static str) -> Finding {
    C06.found([what.into()])
}

fn wrong_word(nb: &'static str, en: &'static str) -> Finding {
    C06.found([Both::new(nb, en)])
}
