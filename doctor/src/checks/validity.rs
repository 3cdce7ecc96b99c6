//! V: validity period.

use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::context::CertificateContext;
use super::results::Outcome;
use crate::catalogue::time::{V01, V02, V03};
use crate::finding::Severity;
use crate::language::{Bilingual, Language};

/// Remaining days below which expiry is a finding.
const INFO_DAYS: i64 = 90;
/// Remaining days below which that finding is a warning.
const WARNING_DAYS: i64 = 60;

/// Checks the validity period against the current time.
pub(super) fn check(context: &CertificateContext) -> Outcome {
    let validity = context.leaf.fields.validity;
    let left = validity.days_left(context.now);
    let finding = if context.now > validity.until {
        V01.finding([
            time_since(validity.until, context.now),
            written(validity.until).into(),
        ])
    } else if context.now < validity.from {
        V02.finding([written(validity.from).into()])
    } else if left < WARNING_DAYS {
        V03.finding([span(between(context.now, validity.until))])
    } else if left < INFO_DAYS {
        V03.finding([span(between(context.now, validity.until))])
            .at_most(Severity::Info)
    } else {
        return Outcome::Completed(Vec::new());
    };
    Outcome::Completed(vec![finding])
}

/// Returns the time from one moment to a later one, in whole seconds.
fn between(earlier: OffsetDateTime, later: OffsetDateTime) -> Duration {
    let seconds = later.unix_timestamp();
    Duration::seconds(seconds.saturating_sub(earlier.unix_timestamp()))
}

/// Returns the time from `until` to `now` in words, such as "3 days ago".
pub(crate) fn time_since(until: OffsetDateTime, now: OffsetDateTime) -> Bilingual {
    let span = span(between(until, now));
    Bilingual::new(
        format!("for {} siden", span.get(Language::Nb)),
        format!("{} ago", span.get(Language::En)),
    )
}

/// Returns a duration in words: whole days, or hours if it is less than a day.
fn span(length: Duration) -> Bilingual {
    let (count, [hour, hours], [time, timer]) = match length.whole_days() {
        0 => (length.whole_hours(), ["hour", "hours"], ["time", "timer"]),
        days => (days, ["day", "days"], ["dag", "dager"]),
    };
    match count {
        0 => Bilingual::new("mindre enn en time", "less than an hour"),
        1 => Bilingual::new(format!("1 {time}"), format!("1 {hour}")),
        count => Bilingual::new(format!("{count} {timer}"), format!("{count} {hours}")),
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
            let said = time_since(until, until + since);
            assert_eq!(said.get(Language::En), en);
            assert_eq!(said.get(Language::Nb), nb);
        }
    }
}
