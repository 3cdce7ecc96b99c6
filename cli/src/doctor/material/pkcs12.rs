//! PKCS#12, as the issuers deliver it.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;

use super::super::catalogue::file;
use super::super::finding::Finding;
use super::super::language::Both;
use super::PrivateKey;
use super::source::{Contents, Password};

/// Ways to encrypt that nobody should use any more, by their object identifiers in DER.
const OUTDATED: [(&[u8], &str); 9] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x01", "RC4-128"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x02", "RC4-40"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03", "3DES"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x04", "2DES"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x05", "RC2-128"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06", "RC2-40"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03", "MD5/DES"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0a", "SHA-1/DES"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x07", "3DES"),
];

/// Whether it says that it is one: a sequence that begins with version 3.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let content = match bytes {
        [0x30, length, rest @ ..] if *length <= 0x80 => Some(rest),
        [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    };
    content.is_some_and(|content| content.starts_with(&[0x02, 0x01, 0x03]))
}

/// Opens it. What is encrypted in an outdated way is read too, so that everything else can be judged.
pub(super) fn read(name: &str, bytes: &[u8], password: Option<&Password>, contents: &mut Contents) {
    let outdated = outdated(bytes);
    let password = password.map_or("", |password| password.expose());
    match Pkcs12Archive::from_pkcs12(bytes, password) {
        Ok(archive) => {
            contents.findings.extend(outdated);
            for bag in &archive.certs {
                contents.certificate(bag.cert.as_der());
            }
            let keys = archive.keys.into_iter();
            contents.keys.extend(keys.filter_map(|bag| {
                let key = PrivateKey::read(bag.key.as_der(), bag.friendly_name.clone());
                // Where the key has no name of its own, that of its certificate counts.
                key.map(|mut key| {
                    let named = archive.certs.iter().find(|other| {
                        let id = bag.local_key_id.as_ref().map(AsRef::as_ref);
                        id.is_some() && other.local_key_id.as_deref() == id
                    });
                    let name = named.and_then(|other| other.friendly_name.clone());
                    key.alias = key.alias.or(name);
                    key
                })
            }));
        }
        Err(Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm) => {
            let unknown = || file::F03.found(["?".into()]);
            contents.findings.push(outdated.unwrap_or_else(unknown));
        }
        // Some programs write BER, which is looser.
        Err(Error::DerError(_)) if bytes.get(1) == Some(&0x80) => {
            contents.findings.push(file::F01.found([
                name.into(),
                Both::new(
                    "den er PKCS#12 i BER; pakk den om med openssl eller keytool",
                    "it is PKCS#12 in BER; pack it anew with openssl or keytool",
                ),
            ]));
        }
        Err(_) => contents.findings.push(file::F02.found([])),
    }
}

fn outdated(bytes: &[u8]) -> Option<Finding> {
    let has = |oid: &[u8]| {
        let with_head = [&[0x06, u8::try_from(oid.len()).unwrap_or_default()], oid].concat();
        bytes
            .windows(with_head.len())
            .any(|window| window == with_head)
    };
    let used = OUTDATED.iter().filter(|(oid, _)| has(oid));
    let mut names: Vec<&str> = used.map(|(_, name)| *name).collect();
    names.dedup();
    (!names.is_empty()).then(|| file::F03.found([names.join(", ").into()]))
}
