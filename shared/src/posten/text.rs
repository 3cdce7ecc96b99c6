//! Texts of a job: how they are counted, and what they may hold.

use icu_normalizer::ComposingNormalizerBorrowed;
use url::form_urlencoded;

use crate::party::PersonNumber;

/// In Unicode's composed form (NFC): as texts are counted and sent.
pub(super) fn composed(text: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    nfc.normalize(text).into_owned()
}

/// Whether XML 1.0 can hold it (§2.2, `Char`).
pub(super) fn is_writable(text: &str) -> bool {
    text.chars().all(
        |character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..),
    )
}

/// Whether eleven digits that stand by themselves are a person's number, of whichever register, blanks and hyphens between
/// them or not.
pub(crate) fn holds_number(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let follows_digit = |place: usize| {
        let before = place.checked_sub(1).and_then(|place| characters.get(place));
        before.is_some_and(char::is_ascii_digit)
    };
    (0..characters.len())
        .filter(|place| !follows_digit(*place))
        .filter_map(|place| characters.get(place..))
        .any(begins_with_number)
}

/// Whether an address holds one, written out or encoded.
pub(super) fn address_holds_number(address: &str) -> bool {
    let pairs = form_urlencoded::parse(address.as_bytes());
    let mut parts = pairs.flat_map(|(name, value)| [name, value]);
    holds_number(address) || parts.any(|part| holds_number(&part))
}

fn begins_with_number(characters: &[char]) -> bool {
    let mut digits = String::with_capacity(11);
    for character in characters {
        match (digits.len(), character) {
            (11, '0'..='9') => return false,
            (11, _) => break,
            (_, '0'..='9') => digits.push(*character),
            (1.., blank) if is_between(*blank) => {}
            _ => return false,
        }
    }
    digits.len() == 11 && PersonNumber::parse(&digits).is_ok()
}

/// Blanks of any width, and the hyphens and dashes of Unicode.
fn is_between(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}'
        )
}
