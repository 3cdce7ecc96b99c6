//! Whom something is about: organisations and persons, by their Norwegian numbers.
//!
//! Check digits are verified on the way in, so that a value of these types is always well formed.

use std::fmt;

use thiserror::Error;

/// Where the app runs. Real persons and organisations are parties in production only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Environment {
    /// Only synthetic parties are accepted.
    Test,
    /// Only real parties are accepted.
    Production,
}

impl Environment {
    /// The name used in configuration and in record names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// An organisation number: nine digits, the last a check digit (mod 11, weights 3 2 7 6 5 4 3 2).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OrganisationNumber(String);

impl OrganisationNumber {
    /// Reads nine bare digits.
    pub fn parse(text: &str) -> Result<Self, PartyError> {
        let digits: [u32; 9] = digits(text).ok_or(PartyError::Malformed)?;
        let [body @ .., check] = digits;
        (check_digit(&body, &[3, 2, 7, 6, 5, 4, 3, 2]) == Some(check))
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

    /// Synthetic organisations start with 2 or 3 (Tenor).
    fn is_synthetic(&self) -> bool {
        self.0.starts_with(['2', '3'])
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A national identity number or D-number: eleven digits, the last two check digits. It cannot be printed.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct PersonNumber(String);

impl PersonNumber {
    /// Reads eleven bare digits.
    pub fn parse(text: &str) -> Result<Self, PartyError> {
        let all: [u32; 11] = digits(text).ok_or(PartyError::Malformed)?;
        let [body @ .., first, second] = all;
        let [up_to_first @ .., _] = all;
        let well_formed = check_digit(&body, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) == Some(first)
            && check_digit(&up_to_first, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == Some(second);
        well_formed
            .then(|| Self(text.to_owned()))
            .ok_or(PartyError::CheckDigit)
    }

    /// The eleven digits. Each call is a place to look at when asking where personal data goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Synthetic persons have 80 added to the month (Skatteetaten), so the third digit is 8 or 9.
    fn is_synthetic(&self) -> bool {
        matches!(self.0.as_bytes().get(2), Some(b'8' | b'9'))
    }
}

impl fmt::Debug for PersonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonNumber(…)")
    }
}

/// The organisation or person whose claims are asked for and who consents.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Party {
    /// By organisation number.
    Organisation(OrganisationNumber),
    /// By national identity number or D-number.
    Person(PersonNumber),
}

impl Party {
    /// Reads nine or eleven digits that belong in `environment`.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, PartyError> {
        let party = match text.len() {
            9 => Self::Organisation(OrganisationNumber::parse(text)?),
            11 => Self::Person(PersonNumber::parse(text)?),
            _ => return Err(PartyError::Malformed),
        };
        let synthetic = match &party {
            Self::Organisation(number) => number.is_synthetic(),
            Self::Person(number) => number.is_synthetic(),
        };
        match (environment, synthetic) {
            (Environment::Test, false) => Err(PartyError::RealInTest),
            (Environment::Production, true) => Err(PartyError::SyntheticInProduction),
            _ => Ok(party),
        }
    }

    /// The bare number, for the counterparties that ask for it.
    pub fn expose(&self) -> &str {
        match self {
            Self::Organisation(number) => number.as_str(),
            Self::Person(number) => number.expose(),
        }
    }

    /// `urn:altinn:organization:identifier-no:…` or `urn:altinn:person:identifier-no:…`.
    pub fn urn(&self) -> String {
        match self {
            Self::Organisation(number) => number.urn(),
            Self::Person(number) => format!("urn:altinn:person:identifier-no:{}", number.expose()),
        }
    }
}

/// Why a text is not a party. None of the texts repeats the number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PartyError {
    /// Not nine or eleven digits.
    #[error("a party is an organisation number of 9 digits or a national identity number of 11")]
    Malformed,
    /// A check digit is wrong.
    #[error("a check digit of the number is wrong")]
    CheckDigit,
    /// A real number outside production.
    #[error("only synthetic parties are accepted outside production")]
    RealInTest,
    /// A synthetic number in production.
    #[error("synthetic parties are not accepted in production")]
    SyntheticInProduction,
}

fn digits<const N: usize>(text: &str) -> Option<[u32; N]> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    digits?.try_into().ok()
}

/// Modulo 11: `None` where the remainder calls for a two-digit check digit, which no number may have.
fn check_digit(digits: &[u32], weights: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(weights).map(|(d, w)| d * w).sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        digit => Some(digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_synthetic_parties_in_test() {
        for text in [
            "313367002",
            "212201782",
            "310000108",
            "02829090123",
            "14858512450",
        ] {
            let party = Party::parse(text, Environment::Test);
            assert_eq!(party.expect("well formed").expose(), text);
        }
    }

    #[test]
    fn refuses_what_is_not_a_party() {
        for (text, error) in [
            ("", PartyError::Malformed),
            ("31336700", PartyError::Malformed),
            ("31336700x", PartyError::Malformed),
            ("３１３", PartyError::Malformed),
            ("313367003", PartyError::CheckDigit),
            ("02829090124", PartyError::CheckDigit),
            ("974760673", PartyError::RealInTest),
        ] {
            assert_eq!(Party::parse(text, Environment::Test), Err(error), "{text}");
        }
        assert_eq!(
            Party::parse("313367002", Environment::Production),
            Err(PartyError::SyntheticInProduction)
        );
    }

    #[test]
    fn a_person_is_never_printed() {
        let party = Party::parse("02829090123", Environment::Test).expect("well formed");
        assert!(!format!("{party:?}").contains("0282"));
    }
}
