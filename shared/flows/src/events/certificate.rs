//! Announcement of enterprise certificates that end soon: ordering a new one takes weeks.

use serde::{Deserialize, Serialize};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::News;
use innsyn_core::party::OrganisationNumber;

/// Kind of the subject of these events.
const KIND: &str = "certificate";

/// Numbers of days before the end at which a certificate is announced, in falling order.
const THRESHOLDS: [u8; 5] = [60, 30, 14, 7, 1];

/// Retention of what was announced after the certificate has ended.
const AFTERMATH: Duration = Duration::days(30);

/// Enterprise certificate with which the app acts for a consumer, and which ends soon.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EndingCertificate {
    /// Consumer for which it is used.
    pub consumer: String,
    /// Organisation number of its owner: the consumer's, or its supplier's.
    pub organisation: String,
    /// Time at which it ends, in Unix seconds.
    pub ends: i64,
}

impl EndingCertificate {
    /// Returns the id of the certificate as a subject of events: its owner and its last day.
    pub(crate) fn id(&self) -> String {
        let day = self.end().date();
        format!("{}-{day}", self.organisation)
    }

    /// Returns the news about the certificate `id` at `now`: `None` before the first threshold and
    /// after the end.
    pub(crate) fn news<'a>(
        &self,
        id: &'a str,
        consumer: &'a OrganisationNumber,
        now: OffsetDateTime,
    ) -> Option<News<'a>> {
        let end = self.end();
        if end < now {
            return None;
        }
        let is_passed = |days: &&u8| {
            let days = Duration::days((**days).into());
            end.saturating_sub(days) <= now
        };
        // Thresholds fall, so those that have passed come first.
        let passed = THRESHOLDS.iter().take_while(is_passed).enumerate();
        let (index, days) = passed.last()?;
        Some(News {
            consumer,
            kind: KIND,
            id,
            status: "expiring",
            progress: index,
            rank: u8::try_from(index).unwrap_or(u8::MAX),
            data: json!({
                "status": "expiring",
                "organisation": self.organisation,
                "valid_to": end.format(&Rfc3339).ok(),
                "days": days,
            }),
            until: end.saturating_add(AFTERMATH),
        })
    }

    fn end(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.ends).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use innsyn_core::fixtures::{CONSUMER, consumer};

    #[test]
    fn each_threshold_is_news_until_the_end() {
        let end = datetime!(2026-08-30 10:00 UTC);
        let certificate = EndingCertificate {
            consumer: CONSUMER.to_owned(),
            organisation: CONSUMER.to_owned(),
            ends: end.unix_timestamp(),
        };
        let (id, consumer) = (certificate.id(), consumer(CONSUMER));
        assert_eq!(id, "310000205-2026-08-30");
        let days = |left: Duration| {
            let news = certificate.news(&id, &consumer, end - left)?;
            assert_eq!(news.progress, usize::from(news.rank));
            assert_eq!(news.data["valid_to"], "2026-08-30T10:00:00Z");
            news.data["days"].as_u64()
        };
        for (left, expected) in [
            (Duration::days(61), None),
            (Duration::days(60), Some(60)),
            (Duration::days(31), Some(60)),
            (Duration::days(30), Some(30)),
            (Duration::hours(25), Some(7)),
            (Duration::hours(24), Some(1)),
            (Duration::ZERO, Some(1)),
            (Duration::seconds(-1), None),
        ] {
            assert_eq!(days(left), expected, "{left}");
        }
    }
}
