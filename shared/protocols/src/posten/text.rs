//! Texts of a job: normalisation and permitted characters.

use icu_normalizer::ComposingNormalizerBorrowed;
use url::form_urlencoded;

use innsyn_core::text::holds_number;

/// Returns the text in Unicode's composed form (NFC), in which texts are counted and sent.
pub(super) fn composed(text: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    nfc.normalize(text).into_owned()
}

/// Returns whether XML 1.0 can hold the text (§2.2, `Char`).
pub(super) fn is_writable(text: &str) -> bool {
    text.chars().all(
        |character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..),
    )
}

/// Returns whether an address holds a national identity number, plain or encoded.
pub(super) fn address_holds_number(address: &str) -> bool {
    let pairs = form_urlencoded::parse(address.as_bytes());
    let mut parts = pairs.flat_map(|(name, value)| [name, value]);
    holds_number(address) || parts.any(|part| holds_number(&part))
}
