//! Periods, and the windows into which they are split.

use thiserror::Error;
use time::{Date, Duration};

use innsyn_core::calendar;
use innsyn_core::problem::{Kind, Problem};

/// Days from the first day of a window to its last. The source accepts at most a year at a time and
/// does not document whether the limit is inclusive; 365 days, both ends counted, are certainly
/// accepted.
const WINDOW: Duration = Duration::days(364);

/// Period from `fraOgMed` to `tilOgMed`, both inclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// Parses two dates of the form `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`PeriodError::Malformed`] with the name of the parameter, or [`PeriodError::Backwards`] if
    /// `from` is after `to`.
    pub fn parse(from: &str, to: &str) -> Result<Self, PeriodError> {
        let from = calendar::day(from).ok_or(PeriodError::Malformed("fraOgMed"))?;
        let to = calendar::day(to).ok_or(PeriodError::Malformed("tilOgMed"))?;
        if from > to {
            return Err(PeriodError::Backwards);
        }
        Ok(Self { from, to })
    }

    /// Returns the first date in the source's form.
    pub fn from(&self) -> String {
        iso(self.from)
    }

    /// Returns the last date in the source's form.
    pub fn to(&self) -> String {
        iso(self.to)
    }

    /// Splits the period into contiguous windows of at most 365 days, without overlap.
    ///
    /// # Examples
    ///
    /// ```
    /// use innsyn_protocols::read_api::Period;
    ///
    /// let windows = Period::parse("2023-01-01", "2024-12-31")?.windows();
    /// assert_eq!(windows.len(), 3);
    /// assert_eq!((windows[0].to(), windows[1].from()), ("2023-12-31".into(), "2024-01-01".into()));
    /// # Ok::<(), innsyn_protocols::read_api::PeriodError>(())
    /// ```
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

/// Reason why two texts are not a period.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PeriodError {
    /// Not a calendar date, or not written `YYYY-MM-DD`.
    #[error("{0} must be a date of the form YYYY-MM-DD")]
    Malformed(&'static str),
    /// Period whose end is before its beginning.
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
