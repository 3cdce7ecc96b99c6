//! The window of a read: at most one year, both dates inclusive.

use time::Date;
use time::macros::format_description;
use url::form_urlencoded;

use super::refusal::Refusal;

/// Period from `fraOgMed` to `tilOgMed`, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Period {
    pub(super) from: Date,
    pub(super) to: Date,
}

impl Period {
    /// Parses the query. Assumption: a span is too long if it extends beyond the same day of the
    /// next year; the documentation only says one year.
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let date = |name: &str| {
            let mut values =
                form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let (_, value) = values.next().ok_or(Refusal::Dates)?;
            if values.next().is_some() || value.len() != "YYYY-MM-DD".len() {
                return Err(Refusal::Dates);
            }
            Date::parse(&value, format_description!("[year]-[month]-[day]"))
                .map_err(|_| Refusal::Dates)
        };
        let period = Self {
            from: date("fraOgMed")?,
            to: date("tilOgMed")?,
        };
        if period.from > period.to {
            return Err(Refusal::PeriodBackwards);
        }
        let limit = period
            .from
            .replace_year(period.from.year().saturating_add(1))
            .unwrap_or_else(|_| period.from.saturating_add(time::Duration::days(365)));
        if period.to > limit {
            return Err(Refusal::PeriodTooLong);
        }
        Ok(period)
    }

    pub(super) fn holds(self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_year_is_the_limit() {
        let read = |from: &str, to: &str| Period::read(&format!("fraOgMed={from}&tilOgMed={to}"));
        let year = Period {
            from: date!(2025 - 01 - 01),
            to: date!(2026 - 01 - 01),
        };
        assert_eq!(read("2025-01-01", "2026-01-01"), Ok(year));
        assert!(year.holds(date!(2025 - 01 - 01)) && year.holds(date!(2026 - 01 - 01)));
        assert_eq!(
            read("2025-01-01", "2026-01-02"),
            Err(Refusal::PeriodTooLong)
        );
        assert!(read("2024-02-29", "2025-02-28").is_ok());
        assert_eq!(
            read("2024-02-29", "2025-03-01"),
            Err(Refusal::PeriodTooLong)
        );
        assert_eq!(
            read("2025-01-02", "2025-01-01"),
            Err(Refusal::PeriodBackwards)
        );
        // The last days that a date can name.
        assert!(read("9999-12-31", "9999-12-31").is_ok());
        assert!(read("9998-12-31", "9999-12-31").is_ok());
        for (from, to) in [
            ("", "2025-01-01"),
            ("2025-1-1", "2025-01-01"),
            ("2025-02-30", "2025-03-01"),
            ("2025-01", "2025-02"),
        ] {
            assert_eq!(read(from, to), Err(Refusal::Dates), "{from} {to}");
        }
        assert_eq!(Period::read("fraOgMed=2025-01-01"), Err(Refusal::Dates));
        assert_eq!(
            Period::read("fraogmed=2025-01-01&tilogmed=2025-01-02"),
            Err(Refusal::Dates)
        );
    }
}
