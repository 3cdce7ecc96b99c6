//! `Retry-After` (RFC 9110 §10.2.3): a number, or a date.

use std::time::Duration;

use http::header;
use time::OffsetDateTime;

/// Maximum delay that is returned: one day. A longer delay is shortened to it.
const LONGEST: Duration = Duration::from_hours(24);

/// Time until the date of a `Retry-After`, stored in the extensions of an answer: parsers of
/// answers have no clock.
#[derive(Clone, Copy)]
struct UntilDate(Duration);

/// Stores the time until the date in an answer's `Retry-After`, if it has one, in the extensions of
/// the answer, which came at `now`. The three date forms of RFC 9110 §5.6.7 are parsed. A date in
/// the past gives no delay.
pub fn note_date<T>(answer: &mut http::Response<T>, now: OffsetDateTime) {
    let date = value(answer).and_then(|value| httpdate::parse_http_date(value).ok());
    if let Some(date) = date.map(OffsetDateTime::from) {
        // Rounded up to whole seconds: a client that returns too early is refused again.
        let seconds = date.unix_timestamp().saturating_sub(now.unix_timestamp());
        let until = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        answer.extensions_mut().insert(UntilDate(until));
    }
}

/// Returns the delay of an answer's `Retry-After`, in whole seconds, at most one day. Numbers are
/// seconds.
pub fn retry_after<T>(answer: &http::Response<T>) -> Option<Duration> {
    delay(answer, Duration::from_secs)
}

/// Returns the delay of an answer's `Retry-After` whose numbers are milliseconds, in whole seconds,
/// at most one day.
pub fn retry_after_milliseconds<T>(answer: &http::Response<T>) -> Option<Duration> {
    delay(answer, |number| Duration::from_secs(number.div_ceil(1000)))
}

fn delay<T>(answer: &http::Response<T>, of_number: fn(u64) -> Duration) -> Option<Duration> {
    let until_date = answer.extensions().get().map(|UntilDate(delay)| *delay);
    let delay = until_date.or_else(|| value(answer)?.parse().ok().map(of_number));
    delay.map(|delay| delay.min(LONGEST))
}

fn value<T>(answer: &http::Response<T>) -> Option<&str> {
    let value = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read(value: &'static str) -> (Option<u64>, Option<u64>) {
        let mut answer = http::Response::new(());
        let value = http::HeaderValue::from_static(value);
        answer.headers_mut().insert(header::RETRY_AFTER, value);
        note_date(&mut answer, datetime!(2026-11-06 08:49:07.5 UTC));
        let seconds = |delay: Option<Duration>| delay.map(|delay| delay.as_secs());
        (
            seconds(retry_after(&answer)),
            seconds(retry_after_milliseconds(&answer)),
        )
    }

    #[test]
    fn a_date_is_a_delay_in_each_of_its_three_forms() {
        for date in [
            "Fri, 06 Nov 2026 08:49:37 GMT",
            "Friday, 06-Nov-26 08:49:37 GMT",
            "Fri Nov  6 08:49:37 2026",
            "  Fri, 06 Nov 2026 08:49:37 GMT ",
        ] {
            // 29.5 seconds, rounded up. The unit of numbers does not matter.
            assert_eq!(read(date), (Some(30), Some(30)), "{date}");
        }
        assert_eq!(
            read("Fri, 06 Nov 2026 08:49:07 GMT"),
            (Some(0), Some(0)),
            "a date that is past"
        );
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), (Some(0), Some(0)));
    }

    #[test]
    fn a_number_counts_what_the_service_says() {
        assert_eq!(read("0"), (Some(0), Some(0)));
        assert_eq!(read(" 7 "), (Some(7), Some(1)));
        assert_eq!(read("1500"), (Some(1500), Some(2)));
    }

    #[test]
    fn no_delay_is_longer_than_a_day() {
        let day = 24 * 60 * 60;
        for value in [
            "Sat, 06 Nov 2027 08:49:37 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "18446744073709551615",
        ] {
            let (seconds, _) = read(value);
            assert_eq!(seconds, Some(day), "{value}");
        }
        assert_eq!(read("86401").0, Some(day));
    }

    #[test]
    fn anything_else_is_no_delay() {
        for value in [
            "",
            "soon",
            "-1",
            "1.5",
            "18446744073709551616",
            "2026-11-06T08:49:37Z",
            "Fri, 06 Nov 2026 08:49:37 CET",
            "Fri, 32 Nov 2026 08:49:37 GMT",
            "Fri, 06 Nov 2026",
        ] {
            assert_eq!(read(value), (None, None), "{value}");
        }
    }
}
