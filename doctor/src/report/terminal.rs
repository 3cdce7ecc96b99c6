//! Text for a terminal.

use crate::finding::Severity;

/// Returns the ANSI colour of a severity, or that of OK.
pub(super) fn colour(severity: Option<Severity>) -> u8 {
    match severity {
        Some(Severity::Error) => 31,
        Some(Severity::Warning) => 33,
        Some(Severity::Info) => 36,
        None => 32,
    }
}

/// Replaces control characters: a name in a certificate could contain commands for the terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            character if character.is_control() => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect()
}
