//! Identifiers of certificates and keys.

use std::fmt;

/// Fingerprint of a certificate: SHA-256 of its DER.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Computes the fingerprint of a certificate in DER.
    pub fn from_der(der: &[u8]) -> Self {
        Self(hmac_sha256::Hash::hash(der))
    }

    /// Parses 64 hexadecimal digits, with or without colons.
    pub fn parse(text: &str) -> Option<Self> {
        bytes(text)?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// Key identifier assigned by an authority, usually the SHA-1 of the key.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct KeyIdentifier(Vec<u8>);

impl KeyIdentifier {
    /// Wraps the bytes of a certificate's extension.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Parses hexadecimal digits, with or without colons.
    pub fn parse(text: &str) -> Option<Self> {
        bytes(text).filter(|bytes| !bytes.is_empty()).map(Self)
    }
}

impl fmt::Display for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().filter(|character| *character != ':');
    let digits: Option<Vec<u32>> = digits.map(|character| character.to_digit(16)).collect();
    let digits = digits?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from((high << 4) | low).ok(),
        _ => None,
    });
    pairs.collect()
}
