//! Query of a return address: detection of reserved parameters, and the canonical form.

use crate::inbound::decode;
use innsyn_core::text::folded;

/// Maximum number of nested encodings that are decoded, as a server may decode them.
const DECODINGS: usize = 3;

const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";

/// Returns whether a server could read a parameter called `own` from the address: in its query or
/// in a segment of its path (`;name=`), in any case and width, percent-encoded or not. Blanks,
/// brackets, dots and a NUL next to the name are ignored, because frameworks drop them.
pub(super) fn names(address: &str, own: &str) -> bool {
    readings(address).any(|reading| {
        let separators = ['?', '&', ';'];
        let mut parameters = reading.split(separators).skip(1);
        parameters.any(|parameter| is_called(parameter, own))
    })
}

/// Returns whether the address holds a control character, encoded or not.
pub(super) fn holds_control_character(address: &str) -> bool {
    readings(address).any(|reading| reading.contains(char::is_control))
}

/// Returns the query with every name and value decoded and encoded again, so that all parsers read
/// the same values. `None` if its encoding is invalid.
pub(super) fn canonical(query: &str) -> Option<String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| match pair.split_once('=') {
        Some((name, value)) => Some(format!("{}={}", encoded(name)?, encoded(value)?)),
        None => encoded(pair),
    });
    let pairs: Option<Vec<String>> = pairs.collect();
    Some(pairs?.join("&"))
}

fn is_called(parameter: &str, own: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    let name = folded(name);
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    let mut words = name.split(|character| !is_part(character));
    words.find(|word| !word.is_empty()) == Some(own)
}

/// Returns the address as written, and after each decoding.
fn readings(address: &str) -> impl Iterator<Item = String> {
    let decoded = |text: &String| Some(decode_leniently(text)).filter(|decoded| decoded != text);
    std::iter::successors(Some(address.to_owned()), decoded).take(DECODINGS.saturating_add(1))
}

/// Decodes valid percent encoding and leaves the rest as it is.
fn decode_leniently(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let hex = |digit: &u8| char::from(*digit).to_digit(16);
        let encoded = match (first, others) {
            (b'%', [high, low, after @ ..]) => hex(high)
                .zip(hex(low))
                .and_then(|(high, low)| u8::try_from(high << 4 | low).ok())
                .map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = encoded.unwrap_or((*first, others));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encoded(text: &str) -> Option<String> {
    let mut encoded = String::with_capacity(text.len());
    for byte in decode(text)?.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@,!$*()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 0x0f] {
                encoded.push(char::from(*HEXADECIMAL.get(usize::from(nibble))?));
            }
        }
    }
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_frameworks_fold_into_ours_are_found() {
        for tail in [
            "?consent=granted",
            "?consent",
            "?CONSENT=granted",
            "?Consent=",
            "?a=1&consent=granted",
            "?a=1;consent=granted",
            "?a=1%26consent=granted",
            "?a=1%3Bconsent=granted",
            ";consent=granted",
            "/x;a=1;consent=granted/y",
            "?consent[]=granted",
            "?consent%5B%5D=granted",
            "?consent%5b0%5d=granted",
            "?consent[a][b]=granted",
            "?[consent]=granted",
            "?consent.x=granted",
            "?.consent=granted",
            "?c%6fnsent=granted",
            "?c%256fnsent=granted",
            "?c%25256fnsent=granted",
            "?%63%6F%6E%73%65%6E%74=granted",
            "?+consent=granted",
            "?%20consent=granted",
            "?%09consent=granted",
            "?%c2%a0consent=granted",
            "?consent+=granted",
            "?consent%20x=granted",
            "?consent%00=granted",
            "?consent%00x=granted",
            "?consent%2500x=granted",
            "?%EF%BD%83onsent=granted",
            "?con%C5%BFent=granted",
        ] {
            let address = format!("https://bank.example/back{tail}");
            assert!(names(&address, "consent"), "{tail}");
        }
        for tail in [
            "",
            "?",
            "?a=consent",
            "?consents=1",
            "?my-consent=1",
            "?consent-id=1",
            "?consent_id=1",
            "?next=/consent",
            "?next=%2Fconsent%3D1",
            "/consent",
            "/consent=granted",
            "?x=%zz",
        ] {
            let address = format!("https://bank.example/back{tail}");
            assert!(!names(&address, "consent"), "{tail}");
        }
    }

    #[test]
    fn control_characters_are_found_however_encoded() {
        for tail in [
            "?a=%00",
            "?a%0D%0Ab=1",
            "/%00",
            "?a=%2500",
            "?a=%25250a",
            "/%7f",
            "?a=%C2%85",
        ] {
            assert!(holds_control_character(tail), "{tail}");
        }
        for tail in ["?a=%20", "?a=%C3%A5", "?a=%", "?a=%2", "?a=00"] {
            assert!(!holds_control_character(tail), "{tail}");
        }
    }

    #[test]
    fn a_query_is_written_anew() {
        for (query, written) in [
            ("", Some("")),
            ("x=1&y=%20", Some("x=1&y=%20")),
            ("x=a+b", Some("x=a%20b")),
            ("%78=%61;b", Some("x=a%3Bb")),
            ("flag&&x=", Some("flag&x=")),
            ("f[0]=1", Some("f%5B0%5D=1")),
            ("x=a=b", Some("x=a%3Db")),
            ("x=%C3%a5", Some("x=%C3%A5")),
            ("x=/a/b,c:d@e", Some("x=/a/b,c:d@e")),
            ("x='\"<>", Some("x=%27%22%3C%3E")),
            ("x=%zz", None),
            ("x=%ff", None),
        ] {
            assert_eq!(canonical(query).as_deref(), written, "{query}");
        }
    }
}
