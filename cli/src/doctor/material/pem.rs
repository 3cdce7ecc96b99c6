//! PEM, as it should be and as it comes.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use pkcs8::EncryptedPrivateKeyInfoRef;

use super::super::catalogue::file;
use super::super::language::Both;
use super::source::{Contents, Password};
use super::{Held, PrivateKey};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One block.
struct Block<'a> {
    label: &'a str,
    has_headers: bool,
    der: Vec<u8>,
}

/// The text of a PEM file; `None` where it is not one. What it is wrapped in is a finding.
pub(super) fn text(bytes: &[u8], contents: &mut Contents) -> Option<String> {
    let (text, wrapped) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes), Some("UTF-16")),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes), Some("UTF-16")),
        [b'-', 0, ..] => (utf16(bytes, u16::from_le_bytes), Some("UTF-16")),
        [0, b'-', ..] => (utf16(bytes, u16::from_be_bytes), Some("UTF-16")),
        [0xEF, 0xBB, 0xBF, rest @ ..] => (String::from_utf8_lossy(rest).into_owned(), Some("BOM")),
        _ => (String::from_utf8(bytes.to_vec()).ok()?, None),
    };
    if !text.contains("-----BEGIN ") {
        return None;
    }
    if let Some(wrapped) = wrapped {
        contents.findings.push(file::F09.found([wrapped.into()]));
    }
    Some(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.try_into().ok());
    let characters = char::decode_utf16(units.map(unit));
    characters
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Reads every block of `text`.
pub(super) fn read(text: &str, password: Option<&Password>, contents: &mut Contents) {
    let mut rest = text;
    while let Some((block, after)) = block(rest) {
        take(&block, password, contents);
        rest = after;
    }
}

fn take(block: &Block, password: Option<&Password>, contents: &mut Contents) {
    contents.has_key_block |= block.label.ends_with("PRIVATE KEY");
    let mut unexpected = |what: Both| contents.findings.push(file::F09.found([what]));
    match block.label {
        label if label.ends_with("PRIVATE KEY") && block.has_headers => unexpected(Both::new(
            "nøkkelen er kryptert på den gamle måten (Proc-Type)",
            "the key is encrypted in the old way (Proc-Type)",
        )),
        "ENCRYPTED PRIVATE KEY" => match (password, decrypted(&block.der, password)) {
            (_, Some(key)) => contents.keys.push(key),
            (None, None) => unexpected(Both::new(
                "nøkkelen er kryptert, og passordet mangler",
                "the key is encrypted, and there is no password",
            )),
            (Some(_), None) => unexpected(Both::new(
                "nøkkelen er kryptert, og passordet åpner den ikke",
                "the key is encrypted, and the password does not open it",
            )),
        },
        label if label.ends_with("PRIVATE KEY") => match PrivateKey::read(&block.der, None) {
            Some(key) => contents.keys.push(key),
            None => unexpected(Both::new(
                "nøkkelen kan ikke leses",
                "the key cannot be read",
            )),
        },
        "CERTIFICATE" | "X509 CERTIFICATE" => match Held::read(&block.der) {
            Some(held) => contents.certificates.push(held),
            None => unexpected(Both::new(
                "et sertifikat kan ikke leses",
                "a certificate cannot be read",
            )),
        },
        "TRUSTED CERTIFICATE" => {
            unexpected("TRUSTED CERTIFICATE".into());
            // What OpenSSL adds stands behind the certificate.
            contents
                .certificates
                .extend(first_value(&block.der).and_then(Held::read));
        }
        _ => {}
    }
}

fn decrypted(der: &[u8], password: Option<&Password>) -> Option<PrivateKey> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).ok()?;
    let opened = encrypted.decrypt(password?.expose()).ok()?;
    PrivateKey::read(opened.as_bytes(), None)
}

/// The first DER value of several.
fn first_value(der: &[u8]) -> Option<&[u8]> {
    let (rest, _) = x509_parser::parse_x509_certificate(der).ok()?;
    der.get(..der.len() - rest.len())
}

/// The next block, and what follows it. One without an end is none.
fn block(text: &str) -> Option<(Block<'_>, &str)> {
    let (_, begun) = text.split_once("-----BEGIN ")?;
    let (label, inside) = begun.split_once("-----")?;
    let (body, after) = inside.split_once("-----END ")?;
    let has_headers = body.contains(':');
    let base64: String = body.split_whitespace().collect();
    let der = if has_headers {
        Vec::new()
    } else {
        BASE64.decode(base64).unwrap_or_default()
    };
    let block = Block {
        label,
        has_headers,
        der,
    };
    Some((block, after))
}
