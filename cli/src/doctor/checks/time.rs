//! V: the time in which it is valid.

use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::super::catalogue::time::{V01, V02, V03};
use super::super::finding::Level;
use super::super::language::{Both, Language};
use super::{Case, Outcome};

/// From so many days on it is worth a word, and from so many a warning.
const WORD: i64 = 90;
const WARNING: i64 = 60;

pub(super) fn check(case: &Case) -> Outcome {
    let validity = case.leaf.read.validity;
    let left = validity.days_left(case.now);
    let finding = if case.now > validity.until {
        V01.found([
            ago(validity.until, case.now),
            written(validity.until).into(),
        ])
    } else if case.now < validity.from {
        V02.found([written(validity.from).into()])
    } else if left < WARNING {
        V03.found([span(between(case.now, validity.until))])
    } else if left < WORD {
        V03.found([span(between(case.now, validity.until))])
            .at_most(Level::Info)
    } else {
        return Outcome::Made(Vec::new());
    };
    Outcome::Made(vec![finding])
}

/// Time from one moment to a later one, in whole seconds.
fn between(earlier: OffsetDateTime, later: OffsetDateTime) -> Duration {
    let seconds = later.unix_timestamp();
    Duration::seconds(seconds.saturating_sub(earlier.unix_timestamp()))
}

/// Returns the time from `until` to `now` in words, such as "3 days ago".
pub(in super::super) fn ago(until: OffsetDateTime, now: OffsetDateTime) -> Both {
    let span = span(between(until, now));
    Both::new(
        format!("for {} siden", span.in_language(Language::Nb)),
        format!("{} ago", span.in_language(Language::En)),
    )
}

/// A length of time in whole days, or in hours where it is less than a day.
fn span(length: Duration) -> Both {
    let (count, [hour, hours], [time, timer]) = match length.whole_days() {
        0 => (length.whole_hours(), ["hour", "hours"], ["time", "timer"]),
        days => (days, ["day", "days"], ["dag", "dager"]),
    };
    match count {
        0 => Both::new("mindre enn en time", "less than an hour"),
        1 => Both::new(format!("1 {time}"), format!("1 {hour}")),
        count => Both::new(format!("{count} {timer}"), format!("{count} {hours}")),
    }
}

fn written(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    moment.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_is_said_in_whole_days() {
        let until = OffsetDateTime::UNIX_EPOCH;
        for (since, en, nb) in [
            (
                Duration::minutes(59),
                "less than an hour ago",
                "for mindre enn en time siden",
            ),
            (Duration::hours(1), "1 hour ago", "for 1 time siden"),
            (Duration::hours(23), "23 hours ago", "for 23 timer siden"),
            (Duration::hours(24), "1 day ago", "for 1 dag siden"),
            (Duration::hours(47), "1 day ago", "for 1 dag siden"),
            (Duration::days(400), "400 days ago", "for 400 dager siden"),
        ] {
            let said = ago(until, until + since);
            assert_eq!(said.in_language(Language::En), en);
            assert_eq!(said.in_language(Language::Nb), nb);
        }
    }
}
