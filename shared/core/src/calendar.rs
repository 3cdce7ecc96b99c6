//! Days, months and years in the forms of Skatteetaten's APIs and their consents.

use serde::Deserialize;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime};

use crate::problem::{Kind, Problem};

const ISO: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Unit of a value, which determines its form. Within a unit, the order of texts is the order of
/// times.
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
    /// Parses the configuration's name of a unit: `day`, `month` or `year`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            "month" => Some(Self::Month),
            "year" => Some(Self::Year),
            _ => None,
        }
    }

    /// Returns a description of the form, for error texts.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Day => "a date of the form YYYY-MM-DD",
            Self::Month => "a month of the form YYYY-MM",
            Self::Year => "a year of the form YYYY",
        }
    }

    /// Returns whether `text` is a valid value in the form of the unit.
    pub fn accepts(self, text: &str) -> bool {
        self.begins(text).is_some()
    }

    /// Returns the first day of the value; `None` if its form is invalid.
    fn begins(self, text: &str) -> Option<Date> {
        match self {
            Self::Day => day(text),
            Self::Month => {
                let (year, month) = month(text)?;
                Date::from_calendar_date(year.into(), month, 1).ok()
            }
            Self::Year => Date::from_calendar_date(number(text, 4)?.into(), Month::January, 1).ok(),
        }
    }
}

/// Value of a parameter, with the parameter's name for error texts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NamedValue<'a> {
    /// Name of the parameter.
    pub name: &'a str,
    /// Value, in the form of a [`Unit`].
    pub value: &'a str,
}

impl<'a> NamedValue<'a> {
    /// Creates the value of the parameter `name`.
    pub const fn new(name: &'a str, value: &'a str) -> Self {
        Self { name, value }
    }
}

/// Limits on the periods in requests. Every accepted period may become a separate consent, with
/// rows and a request at Altinn, so useless periods are refused first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct PeriodLimits {
    /// Maximum number of years before the current year at which a period may begin.
    years_back: u16,
    /// Maximum number of years after the current year at which a period may end.
    years_ahead: u16,
    /// Maximum number of years that a period may span.
    span_years: u16,
}

impl Default for PeriodLimits {
    /// Returns ten years back, the next year, and a span of ten years.
    fn default() -> Self {
        Self {
            years_back: 10,
            years_ahead: 1,
            span_years: 10,
        }
    }
}

impl PeriodLimits {
    /// Maximum configurable limits. Reading a long period takes one call for each of its years.
    const MOST: Self = Self {
        years_back: 100,
        years_ahead: 10,
        span_years: 20,
    };

    /// Returns whether the limits are valid: a span of at least one year, and no limit above its
    /// maximum.
    pub const fn are_valid(&self) -> bool {
        let most = Self::MOST;
        self.years_back <= most.years_back
            && self.years_ahead <= most.years_ahead
            && 0 < self.span_years
            && self.span_years <= most.span_years
    }

    /// Checks one value of the parameter `name`, which `unit` accepts.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] if its year is outside the limits.
    pub fn check(
        &self,
        name: &str,
        unit: Unit,
        text: &str,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        let first = now.year().saturating_sub(self.years_back.into());
        let last = now.year().saturating_add(self.years_ahead.into());
        let is_near = unit
            .begins(text)
            .is_some_and(|date| (first..=last).contains(&date.year()));
        if is_near {
            return Ok(());
        }
        let detail = format!("The year of {name} must be between {first} and {last}");
        Err(Problem::new(Kind::RequestInvalid).detail(detail))
    }

    /// Checks the span from one value to another, both inclusive.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] if the first is after the last, or the span is too long.
    pub fn check_span(
        &self,
        from: NamedValue<'_>,
        to: NamedValue<'_>,
        unit: Unit,
    ) -> Result<(), Problem> {
        let invalid = |detail| Err(Problem::new(Kind::RequestInvalid).detail(detail));
        let (from_name, to_name) = (from.name, to.name);
        let (Some(from), Some(to)) = (unit.begins(from.value), unit.begins(to.value)) else {
            return invalid(format!("{from_name} or {to_name} must be {}", unit.form()));
        };
        if from > to {
            return invalid(format!("{from_name} is after {to_name}"));
        }
        if years_after(from, self.span_years).is_some_and(|end| end <= to) {
            let years = self.span_years;
            return invalid(format!(
                "The period from {from_name} to {to_name} is longer than {years} years"
            ));
        }
        Ok(())
    }
}

/// Returns the same day `years` years later, or the day after it if that year has no such day.
fn years_after(date: Date, years: u16) -> Option<Date> {
    let year = date.year().checked_add(years.into())?;
    let same = date.replace_year(year);
    same.or_else(|_| Date::from_calendar_date(year, Month::March, 1))
        .ok()
}

/// Parses a date of the form `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    // The parser alone would accept a sign before the year.
    let shaped = text.len() == 10 && text.starts_with(|c: char| c.is_ascii_digit());
    shaped.then(|| Date::parse(text, ISO).ok()).flatten()
}

fn month(text: &str) -> Option<(u16, Month)> {
    let (year, month) = text.split_once('-')?;
    let year = number(year, 4)?;
    let month = u8::try_from(number(month, 2)?).ok()?;
    Some((year, Month::try_from(month).ok()?))
}

fn number(text: &str, length: usize) -> Option<u16> {
    let shaped = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    #[test]
    fn years_are_near_the_current_one() {
        let limits = PeriodLimits::default();
        for (unit, near, far) in [
            (
                Unit::Day,
                ["2016-01-01", "2027-12-31"],
                ["0000-01-01", "2015-12-31", "2028-01-01", "9999-12-31"],
            ),
            (
                Unit::Month,
                ["2016-01", "2027-12"],
                ["0000-01", "2015-12", "2028-01", "9999-12"],
            ),
            (
                Unit::Year,
                ["2016", "2027"],
                ["0000", "2015", "2028", "9999"],
            ),
        ] {
            for text in near {
                assert_eq!(limits.check("x", unit, text, NOW), Ok(()), "{text}");
            }
            for text in far {
                let problem = limits.check("x", unit, text, NOW).expect_err(text);
                assert_eq!(problem.kind, Kind::RequestInvalid);
                let detail = "The year of x must be between 2016 and 2027";
                assert_eq!(problem.detail.as_deref(), Some(detail), "{text}");
            }
        }
    }

    #[test]
    fn a_span_is_as_long_as_it_says() {
        let limits = PeriodLimits::default();
        for (unit, from, fits, too_long) in [
            (Unit::Day, "2016-01-01", "2025-12-31", "2026-01-01"),
            (Unit::Day, "2016-02-29", "2026-02-28", "2026-03-01"),
            (Unit::Month, "2016-03", "2026-02", "2026-03"),
            (Unit::Year, "2016", "2025", "2026"),
            (Unit::Year, "9995", "9999", ""),
        ] {
            let span = |from, to| {
                let (from, to) = (NamedValue::new("a", from), NamedValue::new("b", to));
                limits.check_span(from, to, unit)
            };
            assert_eq!(span(from, from), Ok(()));
            assert_eq!(span(from, fits), Ok(()));
            assert!(span(from, too_long).is_err(), "{from} {too_long}");
            assert!(span(fits, from).is_err(), "{fits} {from}");
        }
    }

    #[test]
    fn limits_have_limits() {
        for (json, valid) in [
            ("{}", true),
            (r#"{"span_years":1,"years_ahead":0,"years_back":0}"#, true),
            (r#"{"span_years":0}"#, false),
            (r#"{"span_years":21}"#, false),
            (r#"{"years_back":101}"#, false),
            (r#"{"years_ahead":11}"#, false),
        ] {
            let limits: PeriodLimits = serde_json::from_str(json).expect(json);
            assert_eq!(limits.are_valid(), valid, "{json}");
        }
        assert!(serde_json::from_str::<PeriodLimits>(r#"{"years":1}"#).is_err());
    }

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
