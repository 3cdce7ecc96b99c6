//! National identity numbers, D-numbers, and what other registers make of them.

use std::fmt;

use super::{PartyError, digits, remainder};

/// A national identity number or D-number: eleven digits, the last two check digits. It cannot be printed.
///
/// Numbers that are given out from 2032 have a looser first check digit. They are read too, because to
/// refuse a person is worse than to miss a slip of the pen: see [`PersonNumber::control_rule`].
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct PersonNumber(String);

/// Who gets such a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PersonKind {
    /// A person registered as resident: *fødselsnummer*.
    National,
    /// A person who is not: *D-nummer*, with 4 added to the first digit.
    DNumber,
}

/// Who gave the number out, as the month tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Series {
    /// The population register; nothing is added.
    Register,
    /// NAV's own identifier (NPID); 20 is added.
    Nav,
    /// The health service for persons without a number, or NAV's test data: both add 40.
    HealthOrNavTest,
    /// NAV's own identifier in test data; 60 is added.
    NavTest,
    /// The health network's test data; 65 is added.
    HealthNetworkTest,
    /// One of the two before: their months overlap.
    NavOrHealthNetworkTest,
    /// The public test population (Tenor, Test-Norge); 80 is added.
    TestNorge,
}

/// The rule under which the first check digit is right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ControlRule {
    /// The one of 1964: remainder 0. Holds for every number given out before 2032.
    Of1964,
    /// The one of 2032: remainder 1, 2 or 3, besides 0.
    Of2032,
}

impl PersonNumber {
    /// Reads eleven bare digits.
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

    /// The eleven digits. Each call is a place to look at when asking where personal data goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Who gets such a number.
    pub fn kind(&self) -> PersonKind {
        match self.0.as_bytes().first() {
            Some(b'4'..=b'7') => PersonKind::DNumber,
            _ => PersonKind::National,
        }
    }

    /// Who gave it out.
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

    /// The stricter of the rules that its first check digit keeps.
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

/// Whether the day exists in the month, whatever has been added to either.
///
/// The century cannot be told any more, so that each year divisible by four counts as a leap year, 00 too.
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
