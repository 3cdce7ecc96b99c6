//! Times in Altinn 2's format: Norwegian local time without an offset. A time with an offset
//! denotes that moment.
//!
//! Source: the documented link and the token that it led to are two hours apart in summer.
//! Assumption: so it is everywhere.

use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset, Weekday};

const WINTER: UtcOffset = offset!(+1);
const SUMMER: UtcOffset = offset!(+2);

/// Parses `2026-03-31T10:30:00.000`, with any fraction, with or without an offset.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]]"
    );
    let with_offset = OffsetDateTime::parse(text, &Rfc3339).ok();
    with_offset.or_else(|| PrimitiveDateTime::parse(text, form).ok().map(moment))
}

/// Parses `2026-03-31 10:30:00`, the format of links.
pub(super) fn parse_in_link(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    PrimitiveDateTime::parse(text, form).ok().map(moment)
}

/// Formats as `2026-03-31T10:30:00.000`.
pub(super) fn written(moment: OffsetDateTime) -> String {
    let there = local(moment);
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}",
        there.date(),
        there.hour(),
        there.minute(),
        there.second(),
        there.millisecond()
    )
}

/// Returns the moment with Norway's UTC offset.
pub(super) fn local(moment: OffsetDateTime) -> OffsetDateTime {
    moment.to_offset(if is_summer(moment) { SUMMER } else { WINTER })
}

/// Converts Norwegian local time to a moment. An hour that occurs twice is the first one.
fn moment(shown: PrimitiveDateTime) -> OffsetDateTime {
    let in_summer = shown.assume_offset(SUMMER);
    if is_summer(in_summer) {
        in_summer
    } else {
        shown.assume_offset(WINTER)
    }
}

/// Returns whether it is summer time: from the last Sunday of March to that of October, at one
/// o'clock UTC (Directive 2000/84/EC).
fn is_summer(moment: OffsetDateTime) -> bool {
    let utc = moment.to_offset(UtcOffset::UTC);
    let change = |month| {
        last_sunday(utc.year(), month)
            .and_then(|day| day.with_hms(1, 0, 0).ok())
            .map(PrimitiveDateTime::assume_utc)
    };
    change(Month::March).is_some_and(|begins| utc >= begins)
        && change(Month::October).is_some_and(|ends| utc < ends)
}

fn last_sunday(year: i32, month: Month) -> Option<Date> {
    let mut day = Date::from_calendar_date(year, month, 31).ok()?;
    while day.weekday() != Weekday::Sunday {
        day = day.previous_day()?;
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn local_times_are_told_from_moments() {
        for (text, moment) in [
            // The documented pair: a link, and the token it led to.
            ("2017-09-30T10:30:00.000", datetime!(2017-09-30 08:30 UTC)),
            ("2026-03-09T12:00:00", datetime!(2026-03-09 11:00 UTC)),
            ("2026-03-29T01:59:59", datetime!(2026-03-29 00:59:59 UTC)),
            ("2026-03-29T03:00:00", datetime!(2026-03-29 01:00 UTC)),
            ("2026-10-25T02:30:00", datetime!(2026-10-25 00:30 UTC)),
            ("2026-10-25T03:00:00", datetime!(2026-10-25 02:00 UTC)),
            ("2026-03-09T12:00:00Z", datetime!(2026-03-09 12:00 UTC)),
            (
                "2026-03-09T12:00:00.5+05:00",
                datetime!(2026-03-09 07:00:00.5 UTC),
            ),
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
        }
        assert_eq!(
            parse_in_link("2017-09-30 10:30:00")
                .unwrap()
                .unix_timestamp(),
            1_506_760_200
        );
        for text in ["", "2026-03-09", "2026-03-09 12:00:00", "09.03.2026 12:00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_written_as_clocks_in_norway_show_them() {
        for (moment, text) in [
            (
                datetime!(2026-07-01 22:30:00.1239 UTC),
                "2026-07-02T00:30:00.123",
            ),
            (datetime!(2026-12-31 23:30 UTC), "2027-01-01T00:30:00.000"),
        ] {
            assert_eq!(written(moment), text);
        }
    }
}
