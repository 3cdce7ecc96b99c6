//! Organisation numbers.

use std::fmt;

use super::{PartyError, digits, remainder};

/// An organisation number: nine digits, the last a check digit (mod 11, weights 3 2 7 6 5 4 3 2).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OrganisationNumber(String);

/// Where organisations with such numbers are found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrganisationKind {
    /// In the register of entities. Numbers begin with 8 or 9 so far; nobody promises that.
    Registered,
    /// In the public test population (Tenor): numbers begin with 2 or 3.
    Synthetic,
    /// In Buypass' own test certificates only.
    BuypassTest,
}

impl OrganisationNumber {
    /// Reads nine bare digits.
    pub fn parse(text: &str) -> Result<Self, PartyError> {
        let digits: [u32; 9] = digits(text).ok_or(PartyError::Malformed)?;
        let [body @ .., check] = digits;
        (remainder(&body, &[3, 2, 7, 6, 5, 4, 3, 2], check) == 0)
            .then(|| Self(text.to_owned()))
            .ok_or(PartyError::CheckDigit)
    }

    /// The nine digits. Organisation numbers are public.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `urn:altinn:organization:identifier-no:…`, as Altinn and Maskinporten write it.
    pub fn urn(&self) -> String {
        format!("urn:altinn:organization:identifier-no:{}", self.0)
    }

    /// Real, or which kind of invented.
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
