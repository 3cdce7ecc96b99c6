//! Organisations in tokens.

use serde::Serialize;

/// Organisation in ISO 6523 form.
#[derive(Debug, Serialize)]
pub(super) struct Organisation {
    authority: &'static str,
    #[serde(rename = "ID")]
    id: String,
}

impl Organisation {
    /// Authority of the numbers.
    pub(super) const AUTHORITY: &'static str = "iso6523-actorid-upis";
    /// Prefix of a Norwegian organisation's number.
    pub(super) const NORWEGIAN: &'static str = "0192:";

    /// Creates the identifier of a nine-digit organisation number.
    pub(super) fn new(number: &str) -> Self {
        Self {
            authority: Self::AUTHORITY,
            id: format!("{}{number}", Self::NORWEGIAN),
        }
    }
}
