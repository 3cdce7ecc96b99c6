//! Reader of PKCS#12 (RFC 7292) in DER or BER.
//!
//! The MAC covers the octets of the file as they are, so it is verified before anything inside is read.

use pkcs12::kdf::Pkcs12KeyType;

use super::ber::{BMP_STRING, SET, Value};
use super::decryption_error::DecryptionError;
use super::digest::Hash;
use super::password::PasswordEncoding;
use super::pbe;

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
const BAGS: &str = "1.2.840.113549.1.12.10.1.";
const X509: &str = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME: &str = "1.2.840.113549.1.9.20";
const LOCAL_KEY: &str = "1.2.840.113549.1.9.21";
const PBMAC1: &str = "1.2.840.113549.1.5.14";

/// Deepest nesting of `SafeContents` that is read.
const DEEPEST: u8 = 8;

/// Keys and certificates of a PKCS#12 file.
#[derive(Default)]
pub(crate) struct KeyStore {
    pub(crate) keys: Vec<Bag>,
    pub(crate) certificates: Vec<Bag>,
    /// Names of outdated algorithms, each once.
    pub(crate) outdated: Vec<&'static str>,
    /// Errors of parts that did not open although the password is right.
    pub(crate) errors: Vec<DecryptionError>,
    /// Number of bytes after the end of the PKCS#12 structure.
    pub(crate) trailing: usize,
}

/// Key or certificate in DER, with its attributes.
pub(crate) struct Bag {
    pub(crate) der: Vec<u8>,
    pub(crate) friendly_name: Option<String>,
    pub(crate) local_key: Option<Vec<u8>>,
}

/// Returns whether `bytes` begin as PKCS#12 does: a sequence whose first element is version 3.
pub(crate) fn is_pkcs12(bytes: &[u8]) -> bool {
    let content = match bytes {
        [0x30, length, rest @ ..] if *length <= 0x80 => Some(rest),
        [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    };
    content.is_some_and(|content| content.starts_with(&[0x02, 0x01, 0x03]))
}

/// Opens the file with one encoding of the password.
pub(crate) fn open(bytes: &[u8], password: &PasswordEncoding) -> Result<KeyStore, DecryptionError> {
    let (whole, trailing) = Value::first(bytes).ok_or(DecryptionError::WrongPassword)?;
    let parts = whole.sequence().ok_or(DecryptionError::WrongPassword)?;
    let [_, content, mac @ ..] = parts.as_slice() else {
        return Err(DecryptionError::WrongPassword);
    };
    let (kind, inside) = content_info(content).ok_or(DecryptionError::WrongPassword)?;
    if kind != DATA {
        return Err(DecryptionError::UnknownAlgorithm(kind));
    }
    let content = inside
        .octet_string()
        .ok_or(DecryptionError::WrongPassword)?;
    let mut store = KeyStore {
        trailing: trailing.len(),
        ..KeyStore::default()
    };
    match mac.first().map(|mac| verify(mac, &content, password)) {
        None | Some(Ok(true)) => {}
        Some(Ok(false)) => return Err(DecryptionError::WrongPassword),
        Some(Err(unknown)) => store.errors.push(unknown),
    }
    let has_mac = !mac.is_empty() && store.errors.is_empty();
    let (all, _) = Value::first(&content).ok_or(DecryptionError::WrongPassword)?;
    for info in all.sequence().ok_or(DecryptionError::WrongPassword)? {
        match safe(&info, password, &mut store) {
            Ok(()) => {}
            // Without a MAC, only a cipher that fails shows that the password is wrong.
            Err(DecryptionError::WrongPassword) if !has_mac => {
                return Err(DecryptionError::WrongPassword);
            }
            Err(error) => store.errors.push(error),
        }
    }
    if !has_mac && store.errors.contains(&DecryptionError::WrongPassword) {
        return Err(DecryptionError::WrongPassword);
    }
    Ok(store)
}

/// Returns the type and the content of a `ContentInfo`.
fn content_info<'a>(info: &Value<'a>) -> Option<(String, Value<'a>)> {
    let parts = info.sequence()?;
    let [kind, content] = parts.as_slice() else {
        return None;
    };
    Some((kind.oid()?, content.explicit(0)?))
}

/// Verifies the MAC of `content`: that of PKCS#12 (RFC 7292 §4) or PBMAC1 (RFC 9579).
fn verify(
    mac: &Value,
    content: &[u8],
    password: &PasswordEncoding,
) -> Result<bool, DecryptionError> {
    let malformed = || DecryptionError::unknown("MacData");
    let parts = mac.sequence().ok_or_else(malformed)?;
    let [info, rest @ ..] = parts.as_slice() else {
        return Err(malformed());
    };
    let info = info.sequence().ok_or_else(malformed)?;
    let [identifier, code] = info.as_slice() else {
        return Err(malformed());
    };
    let code = code.octet_string().ok_or_else(malformed)?;
    let (oid, parameters) = identifier.algorithm().ok_or_else(malformed)?;
    if oid == PBMAC1 {
        let parameters = parameters.as_ref().and_then(Value::sequence);
        let Some([derivation, scheme]) = parameters.as_deref() else {
            return Err(DecryptionError::unknown("PBMAC1"));
        };
        let hash = Hash::from_hmac_identifier(scheme)?;
        let Some(length) = key_length(derivation) else {
            return Err(DecryptionError::unknown("PBMAC1, keyLength"));
        };
        let key = pbe::key(derivation, length, password)?;
        return Ok(hash.verifies(&key, content, &code));
    }
    let hash = Hash::from_identifier(identifier)?;
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

/// Returns the length of the key in the parameters of PBKDF2, which PBMAC1 requires (RFC 9579 §5). A short key could be
/// guessed, so it is refused.
fn key_length(derivation: &Value) -> Option<usize> {
    let (_, parameters) = derivation.algorithm()?;
    let parts = parameters?.sequence()?;
    let length = usize::try_from(parts.get(2)?.number()?).ok()?;
    (20..=1024).contains(&length).then_some(length)
}

/// Reads one `ContentInfo` of the authenticated safe.
fn safe(
    info: &Value,
    password: &PasswordEncoding,
    store: &mut KeyStore,
) -> Result<(), DecryptionError> {
    let (kind, inside) = content_info(info).ok_or(DecryptionError::WrongPassword)?;
    match kind.as_str() {
        DATA => {
            let content = inside
                .octet_string()
                .ok_or(DecryptionError::WrongPassword)?;
            bags(&content, password, store, 0)
        }
        ENCRYPTED_DATA => {
            let parts = inside.sequence().ok_or(DecryptionError::WrongPassword)?;
            let encrypted = parts.get(1).and_then(Value::sequence);
            let Some([_, identifier, content]) = encrypted.as_deref() else {
                return Err(DecryptionError::WrongPassword);
            };
            let content = content.octets().ok_or(DecryptionError::WrongPassword)?;
            let opened = pbe::open(identifier, &content, password)?;
            store.note(opened.outdated);
            bags(&opened.content, password, store, 0)
        }
        _ => Err(DecryptionError::UnknownAlgorithm(kind)),
    }
}

/// Reads `SafeContents`.
fn bags(
    content: &[u8],
    password: &PasswordEncoding,
    store: &mut KeyStore,
    depth: u8,
) -> Result<(), DecryptionError> {
    let (all, _) = Value::first(content).ok_or(DecryptionError::WrongPassword)?;
    let all = all.sequence().ok_or(DecryptionError::WrongPassword)?;
    if depth > DEEPEST {
        return Err(DecryptionError::unknown("SafeContents in SafeContents"));
    }
    for bag in all {
        let parts = bag.sequence().ok_or(DecryptionError::WrongPassword)?;
        let [kind, value, attributes @ ..] = parts.as_slice() else {
            return Err(DecryptionError::WrongPassword);
        };
        let kind = kind.oid().ok_or(DecryptionError::WrongPassword)?;
        let value = value.explicit(0).ok_or(DecryptionError::WrongPassword)?;
        let named = |der| named(der, attributes.first());
        match kind.strip_prefix(BAGS) {
            Some("1") => {
                let der = value.to_der().ok_or(DecryptionError::WrongPassword)?;
                store.keys.push(named(der));
            }
            Some("2") => {
                let parts = value.sequence().ok_or(DecryptionError::WrongPassword)?;
                let [identifier, content] = parts.as_slice() else {
                    return Err(DecryptionError::WrongPassword);
                };
                let content = content
                    .octet_string()
                    .ok_or(DecryptionError::WrongPassword)?;
                match pbe::open(identifier, &content, password) {
                    Ok(opened) => {
                        store.note(opened.outdated);
                        store.keys.push(named(opened.content));
                    }
                    Err(error) => store.errors.push(error),
                }
            }
            Some("3") => {
                let parts = value.sequence().ok_or(DecryptionError::WrongPassword)?;
                let [kind, der] = parts.as_slice() else {
                    return Err(DecryptionError::WrongPassword);
                };
                let der = der.explicit(0).and_then(|der| der.octet_string());
                let kind = kind.oid().ok_or(DecryptionError::WrongPassword)?;
                match der {
                    Some(der) if kind == X509 => store.certificates.push(named(der)),
                    _ => store.errors.push(DecryptionError::UnknownAlgorithm(kind)),
                }
            }
            Some("6") => {
                let inside = value.to_der().ok_or(DecryptionError::WrongPassword)?;
                bags(&inside, password, store, depth.saturating_add(1))?;
            }
            // Revocation lists and secrets are not read.
            _ => {}
        }
    }
    Ok(())
}

/// Creates a bag with the attributes of an `attributes` set.
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

impl KeyStore {
    fn note(&mut self, outdated: Option<&'static str>) {
        let is_new = |name: &&str| !self.outdated.contains(name);
        self.outdated.extend(outdated.filter(is_new));
    }
}
