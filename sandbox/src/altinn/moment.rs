//! Moments in .NET's formats.
//!
//! Sources: Microsoft, "`DateTime` and `DateTimeOffset` support in `System.Text.Json`" (ISO 8601-1,
//! extended) and `DateTimeOffset.Parse`. Without an offset the server's own counts. Assumption:
//! that is UTC.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MINUTES: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
const OFFSET: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");

/// Limit of the parsed decimals of a second.
const DECIMALS: usize = 16;

/// Reads a moment in a body: a date, or a date, `T` and a time, with `Z`, an offset or neither.
/// Digits finer than a microsecond are dropped, as the database does.
pub(super) fn from_json(text: &str) -> Option<OffsetDateTime> {
    let (date, rest) = match text.split_once('T') {
        Some((date, rest)) => (date, Some(rest)),
        None => (text, None),
    };
    let date = Date::parse(date, DATE).ok()?;
    let Some(rest) = rest else {
        return Some(date.midnight().assume_utc());
    };
    let (time, offset) = match (rest.strip_suffix('Z'), rest.rfind(['+', '-'])) {
        (Some(time), _) => (time, UtcOffset::UTC),
        (None, Some(at)) => {
            let (time, offset) = rest.split_at(at);
            (time, offset_of(offset)?)
        }
        (None, None) => (rest, UtcOffset::UTC),
    };
    Some(PrimitiveDateTime::new(date, time_of(time)?).assume_offset(offset))
}

/// Parses a moment in a query, where a blank may replace the `T`.
pub(super) fn from_query(text: &str) -> Option<OffsetDateTime> {
    from_json(&text.trim().replacen(' ', "T", 1))
}

fn time_of(text: &str) -> Option<Time> {
    let Some((whole, decimals)) = text.split_once('.') else {
        return Time::parse(text, SECONDS)
            .or_else(|_| Time::parse(text, MINUTES))
            .ok();
    };
    let is_decimals = (1..=DECIMALS).contains(&decimals.len())
        && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !is_decimals {
        return None;
    }
    let micro = format!("{decimals:0<6.6}").parse().ok()?;
    Time::parse(whole, SECONDS)
        .ok()?
        .replace_microsecond(micro)
        .ok()
}

/// Parses a UTC offset such as `+02:00` or `+02`.
fn offset_of(text: &str) -> Option<UtcOffset> {
    let (sign, size) = text.split_at_checked(1)?;
    let size = Time::parse(size, OFFSET)
        .or_else(|_| Time::parse(&format!("{size}:00"), OFFSET))
        .ok()?;
    let seconds = i32::from(size.hour())
        .saturating_mul(3600)
        .saturating_add(i32::from(size.minute()).saturating_mul(60));
    let limit = 14 * 3600;
    if seconds > limit {
        return None;
    }
    let signed = if sign == "-" {
        seconds.saturating_neg()
    } else {
        seconds
    };
    UtcOffset::from_whole_seconds(signed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_date_will_do_and_so_will_a_time_without_an_offset() {
        for (text, expected) in [
            ("2030-09-05", datetime!(2030-09-05 0:00 UTC)),
            ("2030-09-05T12:30", datetime!(2030-09-05 12:30 UTC)),
            ("2030-09-05T12:30:15", datetime!(2030-09-05 12:30:15 UTC)),
            ("2030-09-05T12:30:15Z", datetime!(2030-09-05 12:30:15 UTC)),
            (
                "2030-09-05T12:30:15+02:00",
                datetime!(2030-09-05 10:30:15 UTC),
            ),
            ("2030-09-05T12:30:15-02", datetime!(2030-09-05 14:30:15 UTC)),
            (
                "2030-09-05T12:30:15.1234567Z",
                datetime!(2030-09-05 12:30:15.123_456 UTC),
            ),
            (
                "2030-09-05T12:30:15.5",
                datetime!(2030-09-05 12:30:15.5 UTC),
            ),
        ] {
            assert_eq!(from_json(text), Some(expected), "{text}");
            assert_eq!(from_query(text), Some(expected), "{text}");
        }
        let blank = from_query("2030-09-05 12:30");
        assert_eq!(blank, Some(datetime!(2030-09-05 12:30 UTC)));
    }

    #[test]
    fn anything_else_is_no_moment() {
        for text in [
            "",
            "yesterday",
            "2030-9-5",
            "20300905",
            "05.09.2030",
            "2030-02-30",
            "2030-09-05T",
            "2030-09-05T24:00",
            "2030-09-05T12",
            "2030-09-05T12:30:15.",
            "2030-09-05T12:30:15.12345678901234567",
            "2030-09-05T12:30:15+15:00",
            "2030-09-05T12:30:15 02:00",
            "2030-09-05t12:30:15z",
        ] {
            assert_eq!(from_json(text), None, "{text}");
        }
        assert_eq!(from_json("2030-09-05 12:30"), None);
    }
}
