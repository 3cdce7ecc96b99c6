//! Days, months and years, as Skatteetaten's APIs and the consents to them write them.

use time::{Date, Month, format_description::BorrowedFormatItem, macros::format_description};

const ISO: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// What a value names, and so how it is written. Within a unit, texts sort as times do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// `YYYY-MM-DD`, a day of the calendar.
    Day,
    /// `YYYY-MM`.
    Month,
    /// `YYYY`: an income year.
    Year,
}

impl Unit {
    /// The unit that configuration calls `day`, `month` or `year`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            "month" => Some(Self::Month),
            "year" => Some(Self::Year),
            _ => None,
        }
    }

    /// How it is written, for whoever has written it otherwise.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Day => "a date of the form YYYY-MM-DD",
            Self::Month => "a month of the form YYYY-MM",
            Self::Year => "a year of the form YYYY",
        }
    }

    /// Whether `text` is one of these, written as it must be.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Day => day(text).is_some(),
            Self::Month => month(text).is_some(),
            Self::Year => number(text, 4).is_some(),
        }
    }
}

/// A date of the form `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    // The parser alone would also take a sign before the year.
    let shaped = text.len() == 10 && text.starts_with(|c: char| c.is_ascii_digit());
    shaped.then(|| Date::parse(text, ISO).ok()).flatten()
}

fn month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    number(year, 4)?;
    let month = u8::try_from(number(month, 2)?).ok()?;
    Month::try_from(month).ok()
}

fn number(text: &str, length: usize) -> Option<u16> {
    let shaped = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_written_in_one_way() {
        for (unit, good, bad) in [
            (
                Unit::Day,
                &["2026-02-28", "2024-02-29"][..],
                &[
                    "",
                    "2026-02-29",
                    "2026-2-1",
                    "+026-01-01",
                    "2026-01",
                    "2026-01-01 ",
                ][..],
            ),
            (
                Unit::Month,
                &["2026-01", "2026-12"],
                &[
                    "",
                    "2026-00",
                    "2026-13",
                    "2026-1",
                    "2026",
                    "2026-01-01",
                    "+026-01",
                    "2026-+1",
                ],
            ),
            (
                Unit::Year,
                &["2025", "1999"],
                &["", "25", "02025", "+025", "２０２５", "2025-01"],
            ),
        ] {
            for text in good {
                assert!(unit.accepts(text), "{unit:?} {text}");
            }
            for text in bad {
                assert!(!unit.accepts(text), "{unit:?} {text}");
            }
        }
    }
}
