//! Times of Altinn 2: Norwegian local time without an offset.

use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, Weekday};

/// Parses a local time such as `2026-03-09T12:00:00.000`; a time with an offset is taken as
/// written.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]]"
    );
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return moment.checked_to_offset(offset!(UTC));
    }
    let shown = PrimitiveDateTime::parse(text, form).ok()?;
    let offset = if is_summer(shown)? {
        offset!(+2)
    } else {
        offset!(+1)
    };
    // Times at the ends of the calendar cannot be converted to every offset.
    shown.assume_offset(offset).checked_to_offset(offset!(UTC))
}

/// Formats a time for a link, such as `2026-03-31 10:30:00`.
pub(super) fn in_link(moment: OffsetDateTime) -> Option<String> {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    shown(moment)?.format(&form).ok()
}

/// Converts a time to Norwegian local time, truncated to seconds. One hour of October is ambiguous.
pub(super) fn shown(moment: OffsetDateTime) -> Option<PrimitiveDateTime> {
    let utc = moment.checked_to_offset(offset!(UTC))?;
    let utc = PrimitiveDateTime::new(utc.date(), utc.time())
        .replace_nanosecond(0)
        .ok()?;
    let hour = Time::from_hms(1, 0, 0).ok()?;
    let begins = PrimitiveDateTime::new(last_sunday(utc.year(), Month::March)?, hour);
    let ends = PrimitiveDateTime::new(last_sunday(utc.year(), Month::October)?, hour);
    let is_summer = begins <= utc && utc < ends;
    utc.checked_add(Duration::hours(if is_summer { 2 } else { 1 }))
}

/// Returns whether a local time is summer time. Summer time begins at 02:00 on the last Sunday of
/// March and ends at 03:00 on the last Sunday of October; the ambiguous hour is taken as summer
/// time.
fn is_summer(shown: PrimitiveDateTime) -> Option<bool> {
    let year = shown.year();
    let begins = PrimitiveDateTime::new(
        last_sunday(year, Month::March)?,
        Time::from_hms(2, 0, 0).ok()?,
    );
    let ends = PrimitiveDateTime::new(
        last_sunday(year, Month::October)?,
        Time::from_hms(3, 0, 0).ok()?,
    );
    Some(begins <= shown && shown < ends)
}

/// Returns the last Sunday of March or October, which have 31 days.
fn last_sunday(year: i32, month: Month) -> Option<Date> {
    let last = Date::from_calendar_date(year, month, 31).ok()?;
    if last.weekday() == Weekday::Sunday {
        Some(last)
    } else {
        Some(last.prev_occurrence(Weekday::Sunday))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn clocks_in_norway_are_read() {
        for (text, moment) in [
            // Documented pair: the time in a link, and the time in its token.
            ("2017-09-30T10:30:00", datetime!(2017-09-30 08:30 UTC)),
            ("2026-03-09T12:00:00.000", datetime!(2026-03-09 11:00 UTC)),
            (
                "2026-03-29T01:59:59.5",
                datetime!(2026-03-29 00:59:59.5 UTC),
            ),
            ("2026-03-29T03:00:00", datetime!(2026-03-29 01:00 UTC)),
            ("2026-10-25T01:59:59", datetime!(2026-10-24 23:59:59 UTC)),
            ("2026-10-25T02:30:00", datetime!(2026-10-25 00:30 UTC)),
            ("2026-10-25T03:00:00", datetime!(2026-10-25 02:00 UTC)),
            ("2027-12-31T23:30:00", datetime!(2027-12-31 22:30 UTC)),
            // 31 October is a Sunday in this year.
            ("2027-10-31T02:00:00", datetime!(2027-10-31 00:00 UTC)),
            ("2026-03-09T12:00:00Z", datetime!(2026-03-09 12:00 UTC)),
            ("2026-03-09T12:00:00+01:00", datetime!(2026-03-09 11:00 UTC)),
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
        }
        for text in [
            "",
            "2026-03-09",
            "09.03.2026 12:00:00",
            "2026-13-09T12:00:00",
            "9999-12-31T23:30:00-01:00",
            "-9999-01-01T00:30:00",
            "-9999-01-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_trap() {
        assert!(parse("9999-12-31T23:59:59").is_some());
        assert_eq!(in_link(datetime!(9999-12-31 23:30 UTC)), None);
        assert_eq!(in_link(datetime!(9999-12-31 23:30 -01:00)), None);
        assert!(in_link(datetime!(-9999-01-01 00:30 UTC)).is_some());
    }

    #[test]
    fn clocks_in_norway_are_shown() {
        for (moment, text) in [
            // Documented pair.
            (datetime!(2017-09-30 08:30 UTC), "2017-09-30 10:30:00"),
            (datetime!(2026-03-29 00:59:59.9 UTC), "2026-03-29 01:59:59"),
            (datetime!(2026-03-29 01:00 UTC), "2026-03-29 03:00:00"),
            (datetime!(2026-10-25 00:30 UTC), "2026-10-25 02:30:00"),
            (datetime!(2026-10-25 01:30 UTC), "2026-10-25 02:30:00"),
            (datetime!(2026-10-25 02:00 UTC), "2026-10-25 03:00:00"),
            (datetime!(2027-12-31 23:30 +01:00), "2027-12-31 23:30:00"),
            (datetime!(2027-12-31 23:30 UTC), "2028-01-01 00:30:00"),
        ] {
            assert_eq!(in_link(moment).as_deref(), Some(text), "{moment}");
        }
    }
}
