//! X.500 distinguished names.

use std::fmt;

use x509_cert::der::asn1::Any;
use x509_cert::der::{Tag, Tagged as _};
use x509_cert::name::Name;

pub(super) const COMMON_NAME: &str = "2.5.4.3";
pub(super) const SURNAME: &str = "2.5.4.4";
pub(super) const SERIAL_NUMBER: &str = "2.5.4.5";
pub(super) const ORGANISATION: &str = "2.5.4.10";
pub(super) const UNIT: &str = "2.5.4.11";
pub(super) const GIVEN_NAME: &str = "2.5.4.42";
pub(super) const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

/// Distinguished name. Its `Debug` output is redacted, as it may name a person.
///
/// Two names are equal if they have the same attributes with the same text, regardless of order and
/// encoding: Buypass and Commfides differ in both.
#[derive(Clone)]
pub struct DistinguishedName(Vec<(String, String)>);

impl DistinguishedName {
    /// Returns the values of an attribute, by its object identifier.
    pub fn all<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.0.iter().filter(move |(name, _)| name == attribute);
        pairs.map(|(_, value)| value.as_str())
    }

    /// Returns the common name (`CN`).
    pub fn common_name(&self) -> Option<&str> {
        self.all(COMMON_NAME).next()
    }

    /// Returns the organisation (`O`).
    pub fn organisation(&self) -> Option<&str> {
        self.all(ORGANISATION).next()
    }

    fn normalised(&self) -> Vec<(&str, String)> {
        let pairs = self.0.iter();
        let mut pairs: Vec<_> = pairs
            .map(|(name, value)| (name.as_str(), normalised(value)))
            .collect();
        pairs.sort_unstable();
        pairs
    }
}

impl From<&Name> for DistinguishedName {
    fn from(name: &Name) -> Self {
        let pairs = name.iter();
        let pairs = pairs.map(|pair| (pair.oid.to_string(), text(&pair.value)));
        Self(pairs.collect())
    }
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.normalised() == other.normalised()
    }
}

impl Eq for DistinguishedName {}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DistinguishedName(…)")
    }
}

/// Normalises a text for the comparison of names (RFC 5280 §7.1): case and the number of blanks are
/// ignored.
pub(super) fn normalised(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Decodes a string of any ASN.1 string type.
pub fn text(value: &Any) -> String {
    let bytes = value.value();
    match value.tag() {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units)
                .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        Tag::TeletexString => bytes.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
