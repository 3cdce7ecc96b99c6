//! Parties: organisations and persons, by their Norwegian numbers.
//!
//! Parsing verifies check digits, so a value of these types is always well formed.

mod organisation;
mod person;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub use organisation::{OrganisationKind, OrganisationNumber};
pub use person::{ControlRule, PersonKind, PersonNumber, Series};

/// Environment of the app. Real persons and organisations are parties in production only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Environment {
    /// Only synthetic parties are accepted.
    Test,
    /// Only real parties are accepted.
    Production,
}

impl Environment {
    /// Returns the name used in configuration and in record names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// Party: the organisation or person whose data are requested and who consents.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Party {
    /// Organisation, by organisation number.
    Organisation(OrganisationNumber),
    /// Person, by national identity number or D-number.
    Person(PersonNumber),
}

impl Party {
    /// Parses nine or eleven digits that belong in `environment`.
    ///
    /// # Errors
    /// [`PartyError`], each variant.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, PartyError> {
        match text.len() {
            9 => {
                let number = OrganisationNumber::parse(text)?;
                let synthetic = number.kind() != OrganisationKind::Registered;
                belongs(synthetic, environment)?;
                Ok(Self::Organisation(number))
            }
            11 => {
                let number = PersonNumber::parse(text)?;
                match number.series() {
                    Series::Register => belongs(false, environment)?,
                    Series::TestNorge => belongs(true, environment)?,
                    _ => return Err(PartyError::OtherSeries),
                }
                Ok(Self::Person(number))
            }
            _ => Err(PartyError::Malformed),
        }
    }

    /// Returns the bare number, for the external services that require it.
    pub fn expose(&self) -> &str {
        match self {
            Self::Organisation(number) => number.as_str(),
            Self::Person(number) => number.expose(),
        }
    }

    /// Returns `urn:altinn:organization:identifier-no:…` or `urn:altinn:person:identifier-no:…`.
    pub fn urn(&self) -> String {
        match self {
            Self::Organisation(number) => number.urn(),
            Self::Person(number) => format!("urn:altinn:person:identifier-no:{}", number.expose()),
        }
    }
}

/// Reason why a text is not a party. No text repeats the number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PartyError {
    /// Not nine or eleven digits.
    #[error("a party is an organisation number of 9 digits or a national identity number of 11")]
    Malformed,
    /// Wrong check digit.
    #[error("a check digit of the number is wrong")]
    CheckDigit,
    /// Person's number that does not begin with a valid date.
    #[error("the number does not begin with a date")]
    Date,
    /// Number of a health or welfare register, real or for its tests.
    #[error("only numbers of the population register and its test population are accepted")]
    OtherSeries,
    /// Real number outside production.
    #[error("only synthetic parties are accepted outside production")]
    RealInTest,
    /// Synthetic number in production.
    #[error("synthetic parties are not accepted in production")]
    SyntheticInProduction,
}

/// Checks that the party fits the environment: real parties in production, synthetic ones
/// elsewhere.
const fn belongs(synthetic: bool, environment: Environment) -> Result<(), PartyError> {
    match (environment, synthetic) {
        (Environment::Test, false) => Err(PartyError::RealInTest),
        (Environment::Production, true) => Err(PartyError::SyntheticInProduction),
        _ => Ok(()),
    }
}

fn digits<const N: usize>(text: &str) -> Option<[u32; N]> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    digits?.try_into().ok()
}

/// Returns the weighted sum, including the check digit, modulo 11: 0 if the check digit is correct.
fn remainder(digits: &[u32], weights: &[u32], check: u32) -> u32 {
    let weighted = digits.iter().zip(weights);
    let sum = weighted.fold(check, |sum, (digit, weight)| {
        sum.saturating_add(digit.saturating_mul(*weight))
    });
    sum % 11
}
