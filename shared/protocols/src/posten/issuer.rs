//! Textual identification of a signature's certificate: its issuer's name and its serial number.

use std::fmt::Write as _;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Encode as _, Tag, Tagged as _};
use x509_cert::name::Name;

/// Formats a name by RFC 2253: the last part first, the value of an attribute without a keyword as
/// the hexadecimal digits of its DER. Posten's own Java client uses the same form.
pub(super) fn name(name: &Name) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|part| {
            let pairs: Vec<String> = part.iter().map(pair).collect();
            pairs.join("+")
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn pair(pair: &AttributeTypeAndValue) -> String {
    let oid = pair.oid.to_string();
    let keyword = KEYWORDS.iter().find(|(known, _)| *known == oid);
    let is_text = matches!(
        pair.value.tag(),
        Tag::Utf8String
            | Tag::PrintableString
            | Tag::Ia5String
            | Tag::TeletexString
            | Tag::BmpString
    );
    match keyword {
        Some((_, keyword)) if is_text => {
            format!("{keyword}={}", escaped(&crate::x509::text(&pair.value)))
        }
        _ => {
            let keyword = keyword.map_or(oid.as_str(), |(_, keyword)| keyword);
            let mut text = format!("{keyword}=#");
            for byte in pair.value.to_der().unwrap_or_default() {
                // Writing to a string cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
            text
        }
    }
}

/// Keywords of attributes (RFC 2253 §2.3).
const KEYWORDS: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// Escapes the value of an attribute (RFC 2253 §2.4).
pub(super) fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (place, character) in value.chars().enumerate() {
        let is_special = match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => true,
            '#' => place == 0,
            ' ' => place == 0 || place == last,
            _ => false,
        };
        if is_special {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// Formats a positive big-endian number in decimal. Serial numbers have up to 20 bytes, more than
/// any integer type here.
pub(super) fn decimal(bytes: &[u8]) -> String {
    // Digits from the least significant to the most significant.
    let mut digits: Vec<u8> = vec![0];
    for byte in bytes {
        let mut carry = u16::from(*byte);
        for digit in &mut digits {
            let value = u16::from(*digit).saturating_mul(256).saturating_add(carry);
            // The value is less than ten.
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0'.saturating_add(*digit)))
        .collect()
}
