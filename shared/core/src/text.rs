//! Texts for people, and detection of national identity numbers in them.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::party::PersonNumber;

/// Returns whether every character is visible or a blank, and none is a control, format or
/// line-breaking character. These include bidirectional controls, zero-width characters, CR and LF.
pub fn is_displayable(text: &str) -> bool {
    text.chars()
        .all(|character| !is_invisible(character) && !is_line_break(character))
}

/// Returns whether the text holds a national identity number of any register: eleven decimal digits
/// of any script that are not part of a longer number, with or without blanks, hyphens and
/// invisible characters between them.
pub fn holds_number(text: &str) -> bool {
    let characters: Vec<char> = with_ascii_digits(text).chars().collect();
    let follows_digit = |place: usize| {
        let before = place.checked_sub(1).and_then(|place| characters.get(place));
        before.is_some_and(char::is_ascii_digit)
    };
    (0..characters.len())
        .filter(|place| !follows_digit(*place))
        .filter_map(|place| characters.get(place..))
        .any(begins_with_number)
}

/// Returns the text in compatibility form (NFKC) and lower case, for comparing names without regard
/// to case and width.
pub fn folded(text: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    nfkc.normalize(text).to_lowercase()
}

/// Returns the text in compatibility form (NFKC), with the decimal digits of every script as ASCII
/// digits.
fn with_ascii_digits(text: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let ascii = |character| match decimal(character) {
        Some(digit) => char::from_digit(digit, 10).unwrap_or(character),
        None => character,
    };
    nfkc.normalize(text).chars().map(ascii).collect()
}

/// Returns the value of a decimal digit. Unicode places the digits of a script together, from zero
/// to nine, so the distance from the beginning of their run is the value (Unicode Standard §4.6).
fn decimal(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let is_digit = |code: u32| {
        CodePointMapData::<GeneralCategory>::new().get32(code) == GeneralCategory::DecimalNumber
    };
    let code = u32::from(character);
    if !is_digit(code) {
        return None;
    }
    let before = (1..code).take_while(|distance| is_digit(code.saturating_sub(*distance)));
    u32::try_from(before.count()).ok()?.checked_rem(10)
}

fn begins_with_number(characters: &[char]) -> bool {
    let mut digits = String::with_capacity(11);
    for character in characters {
        match (digits.len(), character) {
            (11, '0'..='9') => return false,
            (11, _) => break,
            (_, '0'..='9') => digits.push(*character),
            (1.., between) if is_between(*between) => {}
            _ => return false,
        }
    }
    digits.len() == 11 && PersonNumber::parse(&digits).is_ok()
}

/// Returns whether a character is a blank of any width, a hyphen or dash of Unicode, or invisible.
fn is_between(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(category, GeneralCategory::Control | GeneralCategory::Format)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

fn is_line_break(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_persons() {
        for text in [
            "17897432161",
            "178974 32161",
            "178974-32161",
            "17 89 74 321 61",
            "178974\u{a0}32161",
            "178974 \u{2013} 32161",
            "1 7 8 9 7 4 3 2 1 6 1",
            "nr. 17897432161, takk",
            "x17897432161y",
            "2026 17897432161",
            "17897432161-2",
            "9 17897432161",
            // A D-number, and a number assigned from 2032.
            "69886141211",
            "30108299939",
            // Full-width, mathematical, superscript, circled, Arabic-Indic, Persian, Devanagari,
            // Thai, and mixed digits.
            "\u{ff11}\u{ff17}\u{ff18}\u{ff19}\u{ff17}\u{ff14}\u{ff13}\u{ff12}\u{ff11}\u{ff16}\u{ff11}",
            "\u{1d7cf}\u{1d7d5}\u{1d7d6}\u{1d7d7}\u{1d7d5}\u{1d7d2}\u{1d7d1}\u{1d7d0}\u{1d7cf}\u{1d7d4}\u{1d7f7}",
            "\u{b9}\u{2077}\u{2078}\u{2079}\u{2077}\u{2074}\u{b3}\u{b2}\u{b9}\u{2076}\u{b9}",
            "\u{2460}\u{2466}\u{2467}\u{2468}\u{2466}\u{2463}\u{2462}\u{2461}\u{2460}\u{2465}\u{2460}",
            "\u{661}\u{667}\u{668}\u{669}\u{667}\u{664} \u{663}\u{662}\u{661}\u{666}\u{661}",
            "\u{6f1}\u{6f7}\u{6f8}\u{6f9}\u{6f7}\u{6f4}\u{6f3}\u{6f2}\u{6f1}\u{6f6}\u{6f1}",
            "\u{967}\u{96d}\u{96e}\u{96f}\u{96d}\u{96a}\u{969}\u{968}\u{967}\u{96c}\u{967}",
            "\u{e51}\u{e57}\u{e58}\u{e59}\u{e57}\u{e54}\u{e53}\u{e52}\u{e51}\u{e56}\u{e51}",
            "178974\u{ff13}\u{ff12}161",
            // Invisible characters do not separate digits.
            "178974\u{200b}32161",
            "1\u{2060}7\u{ad}8\u{fe0f}97432161",
            "178974\u{202e}32161",
        ] {
            assert!(holds_number(text), "{text}");
        }
        for text in [
            "",
            "17897432162",
            "017897432161",
            "178974321610",
            "1789743216",
            "178974.32161",
            "178974x32161",
            "00000000000",
            "310000205",
            "40000001 og 40000002",
            "sak-2026-000417",
            "\u{ff10}17897432161",
            "17897432161\u{660}",
        ] {
            assert!(!holds_number(text), "{text}");
        }
    }

    #[test]
    fn every_decimal_digit_has_its_value() {
        let digits = (0..=0x0010_ffff)
            .filter_map(char::from_u32)
            .filter_map(|character| Some((character, decimal(character)?)));
        let digits: Vec<_> = digits.collect();
        assert!(digits.len() >= 600, "{}", digits.len());
        for ten in digits.chunks(10) {
            let values: Vec<u32> = ten.iter().map(|(_, value)| *value).collect();
            assert_eq!(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "{ten:?}");
        }
    }

    #[test]
    fn what_can_be_displayed() {
        for text in [
            "",
            "Avtale om lån – 4,5 %",
            "a\u{30a} \u{a0} \u{3000}",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f58b}",
        ] {
            assert!(is_displayable(text), "{text:?}");
        }
        for hidden in [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{3164}',
            '\u{115f}',
            '\u{e0041}',
        ] {
            assert!(!is_displayable(&format!("a{hidden}b")), "{hidden:?}");
        }
    }

    #[test]
    fn names_are_compared_without_case_and_width() {
        for text in ["consent", "CONSENT", "\u{ff43}onsent", "con\u{17f}ent"] {
            assert_eq!(folded(text), "consent");
        }
    }
}
