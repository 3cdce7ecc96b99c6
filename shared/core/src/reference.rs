//! References of the bank's: its own names for orders and consents.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::{Kind, Problem};
use crate::text::holds_number;

/// Maximum length of a reference, in characters.
const LONGEST: usize = 64;

/// Length of a job's id, which consists of letters from `a` to `p`.
const ID_LENGTH: usize = 32;

/// Reference of the bank's: 1 to 64 ASCII letters, digits, `-` and `_`, without a national identity
/// number. It can be a segment of a path, and never has the form of a job's id.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

/// Reason why a text is not a reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReferenceError {
    /// Wrong length, or a character that is not allowed.
    Form,
    /// A national identity number.
    Number,
    /// Form of a job's id, which routes could confuse with one.
    Id,
}

impl Reference {
    /// Parses a reference.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`] with the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=LONGEST).contains(&text.len()) || !text.bytes().all(is_plain) {
            return Err(ReferenceError::Form);
        }
        // An underscore separates digits for a reader as a hyphen does.
        if holds_number(&text.replace('_', "-")) {
            return Err(ReferenceError::Number);
        }
        if text.len() == ID_LENGTH && text.bytes().all(|byte| (b'a'..=b'p').contains(&byte)) {
            return Err(ReferenceError::Id);
        }
        Ok(Self(text.to_owned()))
    }

    /// Parses the reference in the field `field` of a request.
    ///
    /// # Errors
    ///
    /// `Kind::PersonalDataMisplaced` for a national identity number, and `Kind::RequestInvalid` for
    /// any other text that is not a reference.
    pub fn parse_field(field: &str, text: &str) -> Result<Self, Problem> {
        Self::parse(text).map_err(|error| {
            let kind = match error {
                ReferenceError::Number => Kind::PersonalDataMisplaced,
                ReferenceError::Form | ReferenceError::Id => Kind::RequestInvalid,
            };
            Problem::new(kind).detail(format!("{field} {error}"))
        })
    }

    /// Returns the reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        Self::parse(&text)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "must have 1 to 64 letters (a–z, A–Z), digits, hyphens and underscores",
            Self::Number => "must not hold a national identity number",
            Self::Id => "must not have the form of a job's id (32 letters from a to p)",
        })
    }
}

impl std::error::Error for ReferenceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_hyphens_without_a_number() {
        for text in [
            "a",
            "SAK-2026_000417",
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
        ] {
            assert_eq!(Reference::parse(text).expect(text).as_str(), text);
        }
        assert!(Reference::parse(&"x".repeat(LONGEST)).is_ok());
        for (text, error) in [
            ("", ReferenceError::Form),
            (&*"x".repeat(LONGEST + 1), ReferenceError::Form),
            ("sak 1", ReferenceError::Form),
            ("sak/1", ReferenceError::Form),
            ("låneavtale", ReferenceError::Form),
            ("17897432161", ReferenceError::Number),
            ("sak-178974-32161", ReferenceError::Number),
            ("178974_32161", ReferenceError::Number),
            (&*"abcdefgh".repeat(4), ReferenceError::Id),
        ] {
            assert_eq!(Reference::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_stored_reference_is_checked_again() {
        let read = |text: &str| serde_json::from_str::<Reference>(text).ok();
        assert_eq!(read("\"sak-1\""), Reference::parse("sak-1").ok());
        assert_eq!(read("\"17897432161\""), None);
    }
}
