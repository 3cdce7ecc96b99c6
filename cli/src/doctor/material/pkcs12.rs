//! PKCS#12 (RFC 7292), as issuers and programs write it: in DER or BER, with any cipher that is known here.
//!
//! The MAC covers the octets of the file as they are, so it is verified before anything inside is read.

use pkcs12::kdf::Pkcs12KeyType;

use super::ber::{BMP_STRING, SET, Value};
use super::digest::Hash;
use super::password::Form;
use super::pbe::{self, Closed, algorithm};

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
const BAGS: &str = "1.2.840.113549.1.12.10.1.";
const X509: &str = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME: &str = "1.2.840.113549.1.9.20";
const LOCAL_KEY: &str = "1.2.840.113549.1.9.21";
const PBMAC1: &str = "1.2.840.113549.1.5.14";

/// Bags in bags that no file needs.
const DEEPEST: u8 = 8;

/// Contents of a file.
#[derive(Default)]
pub(super) struct Store {
    pub(super) keys: Vec<Bag>,
    pub(super) certificates: Vec<Bag>,
    /// Outdated ciphers, each once.
    pub(super) outdated: Vec<&'static str>,
    /// Reasons why parts of the file did not open though the password is right.
    pub(super) closed: Vec<Closed>,
    /// Bytes after its end.
    pub(super) behind: usize,
}

/// A key or a certificate in DER, with its names.
pub(super) struct Bag {
    pub(super) der: Vec<u8>,
    pub(super) friendly_name: Option<String>,
    pub(super) local_key: Option<Vec<u8>>,
}

/// Returns whether it says that it is PKCS#12: a sequence that begins with version 3.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let content = match bytes {
        [0x30, length, rest @ ..] if *length <= 0x80 => Some(rest),
        [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    };
    content.is_some_and(|content| content.starts_with(&[0x02, 0x01, 0x03]))
}

/// Opens the file with one form of the password.
pub(super) fn open(bytes: &[u8], password: &Form) -> Result<Store, Closed> {
    let (whole, behind) = Value::first(bytes).ok_or(Closed::Password)?;
    let parts = whole.sequence().ok_or(Closed::Password)?;
    let [_, content, mac @ ..] = parts.as_slice() else {
        return Err(Closed::Password);
    };
    let (kind, inside) = content_info(content).ok_or(Closed::Password)?;
    if kind != DATA {
        return Err(Closed::Unknown(kind));
    }
    let content = inside.octet_string().ok_or(Closed::Password)?;
    let mut store = Store {
        behind: behind.len(),
        ..Store::default()
    };
    match mac.first().map(|mac| verify(mac, &content, password)) {
        None | Some(Ok(true)) => {}
        Some(Ok(false)) => return Err(Closed::Password),
        Some(Err(unknown)) => store.closed.push(unknown),
    }
    let has_mac = !mac.is_empty() && store.closed.is_empty();
    let (all, _) = Value::first(&content).ok_or(Closed::Password)?;
    for info in all.sequence().ok_or(Closed::Password)? {
        match safe(&info, password, &mut store) {
            Ok(()) => {}
            // Without a MAC, the first cipher that fails tells that the password is another.
            Err(Closed::Password) if !has_mac => return Err(Closed::Password),
            Err(closed) => store.closed.push(closed),
        }
    }
    if !has_mac && store.closed.contains(&Closed::Password) {
        return Err(Closed::Password);
    }
    Ok(store)
}

/// Type and content of a `ContentInfo`.
fn content_info<'a>(info: &Value<'a>) -> Option<(String, Value<'a>)> {
    let parts = info.sequence()?;
    let [kind, content] = parts.as_slice() else {
        return None;
    };
    Some((kind.oid()?, content.explicit(0)?))
}

/// Verifies the MAC of `content`, in whichever of its two ways (RFC 7292 §4, RFC 9579).
fn verify(mac: &Value, content: &[u8], password: &Form) -> Result<bool, Closed> {
    let malformed = || Closed::unknown("MacData");
    let parts = mac.sequence().ok_or_else(malformed)?;
    let [info, rest @ ..] = parts.as_slice() else {
        return Err(malformed());
    };
    let info = info.sequence().ok_or_else(malformed)?;
    let [identifier, code] = info.as_slice() else {
        return Err(malformed());
    };
    let code = code.octet_string().ok_or_else(malformed)?;
    let (oid, parameters) = algorithm(identifier).ok_or_else(malformed)?;
    if oid == PBMAC1 {
        let parameters = parameters.as_ref().and_then(Value::sequence);
        let Some([derivation, scheme]) = parameters.as_deref() else {
            return Err(Closed::unknown("PBMAC1"));
        };
        let hash = Hash::of_hmac(scheme)?;
        let Some(length) = key_length(derivation) else {
            return Err(Closed::unknown("PBMAC1, keyLength"));
        };
        let key = pbe::key(derivation, length, password)?;
        return Ok(hash.verifies(&key, content, &code));
    }
    let hash = Hash::of(identifier)?;
    let salt = rest.first().and_then(Value::octet_string);
    let salt = salt.ok_or_else(malformed)?;
    let iterations = match rest.get(1) {
        None => 1,
        Some(iterations) => iterations.number().ok_or_else(malformed)?,
    };
    let iterations = pbe::bounded(iterations)?;
    let key = hash.pkcs12_key(
        password.bmp(),
        &salt,
        Pkcs12KeyType::Mac,
        iterations,
        hash.length(),
    );
    Ok(hash.verifies(&key, content, &code))
}

/// The length of the key in the parameters of PBKDF2, which PBMAC1 must say (RFC 9579 §5). A short one could be guessed.
fn key_length(derivation: &Value) -> Option<usize> {
    let (_, parameters) = algorithm(derivation)?;
    let parts = parameters?.sequence()?;
    let length = usize::try_from(parts.get(2)?.number()?).ok()?;
    (20..=1024).contains(&length).then_some(length)
}

/// Reads one `ContentInfo` of the authenticated safe.
fn safe(info: &Value, password: &Form, store: &mut Store) -> Result<(), Closed> {
    let (kind, inside) = content_info(info).ok_or(Closed::Password)?;
    match kind.as_str() {
        DATA => {
            let content = inside.octet_string().ok_or(Closed::Password)?;
            bags(&content, password, store, 0)
        }
        ENCRYPTED_DATA => {
            let parts = inside.sequence().ok_or(Closed::Password)?;
            let encrypted = parts.get(1).and_then(Value::sequence);
            let Some([_, identifier, content]) = encrypted.as_deref() else {
                return Err(Closed::Password);
            };
            let content = content.octets().ok_or(Closed::Password)?;
            let opened = pbe::open(identifier, &content, password)?;
            store.note(opened.outdated);
            bags(&opened.content, password, store, 0)
        }
        _ => Err(Closed::Unknown(kind)),
    }
}

/// Reads `SafeContents`.
fn bags(content: &[u8], password: &Form, store: &mut Store, depth: u8) -> Result<(), Closed> {
    let (all, _) = Value::first(content).ok_or(Closed::Password)?;
    let all = all.sequence().ok_or(Closed::Password)?;
    if depth > DEEPEST {
        return Err(Closed::unknown("SafeContents in SafeContents"));
    }
    for bag in all {
        let parts = bag.sequence().ok_or(Closed::Password)?;
        let [kind, value, attributes @ ..] = parts.as_slice() else {
            return Err(Closed::Password);
        };
        let kind = kind.oid().ok_or(Closed::Password)?;
        let value = value.explicit(0).ok_or(Closed::Password)?;
        let named = |der| named(der, attributes.first());
        match kind.strip_prefix(BAGS) {
            Some("1") => {
                let der = value.to_der().ok_or(Closed::Password)?;
                store.keys.push(named(der));
            }
            Some("2") => {
                let parts = value.sequence().ok_or(Closed::Password)?;
                let [identifier, content] = parts.as_slice() else {
                    return Err(Closed::Password);
                };
                let content = content.octet_string().ok_or(Closed::Password)?;
                match pbe::open(identifier, &content, password) {
                    Ok(opened) => {
                        store.note(opened.outdated);
                        store.keys.push(named(opened.content));
                    }
                    Err(closed) => store.closed.push(closed),
                }
            }
            Some("3") => {
                let parts = value.sequence().ok_or(Closed::Password)?;
                let [kind, der] = parts.as_slice() else {
                    return Err(Closed::Password);
                };
                let der = der.explicit(0).and_then(|der| der.octet_string());
                let kind = kind.oid().ok_or(Closed::Password)?;
                match der {
                    Some(der) if kind == X509 => store.certificates.push(named(der)),
                    _ => store.closed.push(Closed::Unknown(kind)),
                }
            }
            Some("6") => {
                let inside = value.to_der().ok_or(Closed::Password)?;
                bags(&inside, password, store, depth.saturating_add(1))?;
            }
            // Revocation lists and secrets are no concern here.
            _ => {}
        }
    }
    Ok(())
}

fn named(der: Vec<u8>, attributes: Option<&Value>) -> Bag {
    let mut bag = Bag {
        der,
        friendly_name: None,
        local_key: None,
    };
    let all = attributes
        .filter(|set| set.tag == SET)
        .and_then(Value::inside);
    for attribute in all.into_iter().flatten() {
        let Some(parts) = attribute.sequence() else {
            continue;
        };
        let [kind, values] = parts.as_slice() else {
            continue;
        };
        let first = values.inside().and_then(|all| all.first().copied());
        let (Some(kind), Some(first)) = (kind.oid(), first) else {
            continue;
        };
        match kind.as_str() {
            FRIENDLY_NAME if first.tag == BMP_STRING => {
                let (units, _) = first.content.as_chunks::<2>();
                let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
                bag.friendly_name = Some(String::from_utf16_lossy(&units));
            }
            LOCAL_KEY => bag.local_key = first.octets(),
            _ => {}
        }
    }
    bag
}

impl Store {
    fn note(&mut self, outdated: Option<&'static str>) {
        let is_new = |name: &&str| !self.outdated.contains(name);
        self.outdated.extend(outdated.filter(is_new));
    }
}
