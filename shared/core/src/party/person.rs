//! National identity numbers, D-numbers, and the numbers that other registers derive from them.

use std::fmt;

use super::{PartyError, digits, remainder};

/// National identity number or D-number: eleven digits, the last two check digits. Its `Debug`
/// output is redacted.
///
/// Numbers assigned from 2032 have a looser first check digit. They are accepted too, because
/// refusing a person is worse than missing a typing error: see [`PersonNumber::control_rule`].
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct PersonNumber(String);

/// Kind of a person's number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PersonKind {
    /// Person registered as resident: *fødselsnummer*.
    National,
    /// Person who is not registered as resident: *D-nummer*, with 4 added to the first digit.
    DNumber,
}

/// Issuing register, as the month tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Series {
    /// Population register; nothing is added to the month.
    Register,
    /// NAV's own identifier (NPID); 20 is added.
    Nav,
    /// Health service, for persons without a number, or NAV's test data: both add 40.
    HealthOrNavTest,
    /// NAV's own identifier in test data; 60 is added.
    NavTest,
    /// Health network's test data; 65 is added.
    HealthNetworkTest,
    /// Either of the two above: their months overlap.
    NavOrHealthNetworkTest,
    /// Public test population (Tenor, Test-Norge); 80 is added.
    TestNorge,
}

/// Rule that the first check digit satisfies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ControlRule {
    /// Rule of 1964: remainder 0. Holds for every number assigned before 2032.
    Of1964,
    /// Rule of 2032: remainder 1, 2 or 3, besides 0.
    Of2032,
}

impl PersonNumber {
    /// Parses eleven bare digits.
    ///
    /// # Errors
    /// [`PartyError::Malformed`], [`PartyError::CheckDigit`] or [`PartyError::Date`].
    pub fn parse(text: &str) -> Result<Self, PartyError> {
        let all: [u32; 11] = digits(text).ok_or(PartyError::Malformed)?;
        let [up_to_first @ .., second] = all;
        let is_right = first_remainder(&all) <= 3
            && remainder(&up_to_first, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], second) == 0;
        if !is_right {
            return Err(PartyError::CheckDigit);
        }
        let (day, month, year) = fields(&all);
        has_day(day, month, year)
            .then(|| Self(text.to_owned()))
            .ok_or(PartyError::Date)
    }

    /// Returns the eleven digits. A search for the calls shows where personal data are used.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the kind of the number.
    pub fn kind(&self) -> PersonKind {
        match self.0.as_bytes().first() {
            Some(b'4'..=b'7') => PersonKind::DNumber,
            _ => PersonKind::National,
        }
    }

    /// Returns the issuing register.
    pub fn series(&self) -> Series {
        let month = self.0.get(2..4).and_then(|month| month.parse().ok());
        match month.unwrap_or_default() {
            81_u32.. => Series::TestNorge,
            73..=77 => Series::HealthNetworkTest,
            66..=72 => Series::NavOrHealthNetworkTest,
            61..=65 => Series::NavTest,
            41..=52 => Series::HealthOrNavTest,
            21..=32 => Series::Nav,
            _ => Series::Register,
        }
    }

    /// Returns the stricter of the rules that the first check digit satisfies.
    pub fn control_rule(&self) -> ControlRule {
        match digits(&self.0).map(|digits| first_remainder(&digits)) {
            Some(0) => ControlRule::Of1964,
            _ => ControlRule::Of2032,
        }
    }
}

impl fmt::Debug for PersonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonNumber(…)")
    }
}

const fn fields(all: &[u32; 11]) -> (u32, u32, u32) {
    let [d1, d2, m1, m2, y1, y2, ..] = *all;
    (two(d1, d2), two(m1, m2), two(y1, y2))
}

const fn two(tens: u32, ones: u32) -> u32 {
    tens.saturating_mul(10).saturating_add(ones)
}

fn first_remainder(all: &[u32; 11]) -> u32 {
    let [body @ .., first, _] = all;
    remainder(body, &[3, 7, 6, 1, 8, 9, 4, 5, 2], *first)
}

/// Returns whether the day exists in the month, ignoring what a register has added to either.
///
/// The century is ambiguous, so each year divisible by four counts as a leap year, 00 too.
fn has_day(day: u32, month: u32, year: u32) -> bool {
    let day = if day > 40 {
        day.saturating_sub(40)
    } else {
        day
    };
    let february = if year.is_multiple_of(4) { 29 } else { 28 };
    [0, 20, 40, 60, 65, 80].iter().any(|addition| {
        let last = match month.checked_sub(*addition) {
            Some(1 | 3 | 5 | 7 | 8 | 10 | 12) => 31,
            Some(4 | 6 | 9 | 11) => 30,
            Some(2) => february,
            _ => 0,
        };
        (1..=last).contains(&day)
    })
}
