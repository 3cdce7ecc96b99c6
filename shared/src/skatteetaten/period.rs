//! From and to dates, and the windows that the source lets one ask for at a time.

use thiserror::Error;
use time::{Date, Duration};

use crate::calendar;
use crate::problem::{Kind, Problem};

/// From the first day of a window to its last. The source takes at most a year at a time; whether the limit is inclusive
/// is not said, so that 365 days, both ends counted, are the most that certainly pass.
const WINDOW: Duration = Duration::days(364);

/// `fraOgMed` to `tilOgMed`, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// Reads two dates of the form `YYYY-MM-DD`.
    pub fn parse(from: &str, to: &str) -> Result<Self, PeriodError> {
        let from = calendar::day(from).ok_or(PeriodError::Malformed("fraOgMed"))?;
        let to = calendar::day(to).ok_or(PeriodError::Malformed("tilOgMed"))?;
        if from > to {
            return Err(PeriodError::Backwards);
        }
        Ok(Self { from, to })
    }

    /// The first date, as the source writes it.
    pub fn from(&self) -> String {
        iso(self.from)
    }

    /// The last date, as the source writes it.
    pub fn to(&self) -> String {
        iso(self.to)
    }

    /// The period in parts of at most 365 days that follow each other without gap or overlap.
    pub fn windows(self) -> Vec<Self> {
        let mut windows = Vec::new();
        let mut next = Some(self.from);
        while let Some(from) = next.filter(|from| *from <= self.to) {
            let to = from
                .checked_add(WINDOW)
                .map_or(self.to, |end| end.min(self.to));
            windows.push(Self { from, to });
            next = to.next_day();
        }
        windows
    }
}

/// Why two texts are not a period.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PeriodError {
    /// Not a date of the calendar, or not written `YYYY-MM-DD`.
    #[error("{0} must be a date of the form YYYY-MM-DD")]
    Malformed(&'static str),
    /// The first date is after the last.
    #[error("fraOgMed is after tilOgMed")]
    Backwards,
}

impl From<PeriodError> for Problem {
    fn from(error: PeriodError) -> Self {
        Self::new(Kind::RequestInvalid).detail(error.to_string())
    }
}

fn iso(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(from: &str, to: &str) -> Vec<(String, String)> {
        let period = Period::parse(from, to).expect("a period");
        period
            .windows()
            .iter()
            .map(|window| (window.from(), window.to()))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect()
    }

    #[test]
    fn up_to_365_days_are_one_window() {
        for (from, to) in [
            ("2026-03-01", "2026-03-01"),
            ("2025-01-01", "2025-12-31"),
            ("2024-01-01", "2024-12-30"),
            ("2023-03-01", "2024-02-28"),
            ("2024-02-29", "2024-02-29"),
        ] {
            assert_eq!(windows(from, to), pairs(&[(from, to)]), "{from}..{to}");
        }
    }

    #[test]
    fn the_366th_day_is_a_window_of_its_own() {
        for (from, last, rest) in [
            ("2024-01-01", "2024-12-30", "2024-12-31"),
            ("2025-01-01", "2025-12-31", "2026-01-01"),
            ("2023-03-01", "2024-02-28", "2024-02-29"),
        ] {
            assert_eq!(windows(from, rest), pairs(&[(from, last), (rest, rest)]));
        }
    }

    #[test]
    fn windows_follow_each_other() {
        assert_eq!(
            windows("2022-07-15", "2025-01-10"),
            pairs(&[
                ("2022-07-15", "2023-07-14"),
                ("2023-07-15", "2024-07-13"),
                ("2024-07-14", "2025-01-10"),
            ])
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_a_day_like_others() {
        assert_eq!(windows("2016-01-01", "2025-12-31").len(), 11);
        assert_eq!(windows("9998-01-01", "9999-12-31").len(), 2);
        assert_eq!(windows("9999-12-31", "9999-12-31").len(), 1);
    }

    #[test]
    fn refuses_what_is_not_a_period() {
        assert_eq!(
            Period::parse("2026-02-01", "2026-01-31"),
            Err(PeriodError::Backwards)
        );
        for text in [
            "",
            "2026-02-29",
            "2026-2-1",
            "01.02.2026",
            "+026-01-01",
            "-026-01-01",
            "2026-01-01 ",
        ] {
            assert_eq!(
                Period::parse(text, "2026-12-31"),
                Err(PeriodError::Malformed("fraOgMed")),
                "{text}"
            );
            assert_eq!(
                Period::parse("2020-12-31", text),
                Err(PeriodError::Malformed("tilOgMed")),
                "{text}"
            );
        }
    }
}
