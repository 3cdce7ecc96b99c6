//! Organisation numbers.

use std::fmt;

use super::{PartyError, digits, remainder};

/// Organisation number: nine digits, the last a check digit (mod 11, weights 3 2 7 6 5 4 3 2).
///
/// # Examples
///
/// ```
/// use innsyn_core::party::{OrganisationKind, OrganisationNumber, PartyError};
///
/// let number = OrganisationNumber::parse("310000205")?;
/// assert_eq!(number.kind(), OrganisationKind::Synthetic);
/// assert!(OrganisationNumber::parse("310 000 205").is_err());
/// # Ok::<(), PartyError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OrganisationNumber(String);

/// Register of an organisation, as its number tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrganisationKind {
    /// Register of entities. Numbers begin with 8 or 9 so far; this is not guaranteed.
    Registered,
    /// Public test population (Tenor): numbers begin with 2 or 3.
    Synthetic,
    /// Organisation in Buypass' own test certificates. Numbers begin with 100101.
    BuypassTest,
}

impl OrganisationNumber {
    /// Parses nine bare digits.
    ///
    /// # Errors
    /// [`PartyError::Malformed`] or [`PartyError::CheckDigit`].
    pub fn parse(text: &str) -> Result<Self, PartyError> {
        let digits: [u32; 9] = digits(text).ok_or(PartyError::Malformed)?;
        let [body @ .., check] = digits;
        (remainder(&body, &[3, 2, 7, 6, 5, 4, 3, 2], check) == 0)
            .then(|| Self(text.to_owned()))
            .ok_or(PartyError::CheckDigit)
    }

    /// Returns the nine digits. Organisation numbers are public.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `urn:altinn:organization:identifier-no:…`, the form of Altinn and Maskinporten.
    pub fn urn(&self) -> String {
        format!("urn:altinn:organization:identifier-no:{}", self.0)
    }

    /// Returns the register that the number belongs to.
    pub fn kind(&self) -> OrganisationKind {
        if self.0.starts_with(['2', '3']) {
            OrganisationKind::Synthetic
        } else if self.0.starts_with("100101") {
            OrganisationKind::BuypassTest
        } else {
            OrganisationKind::Registered
        }
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
