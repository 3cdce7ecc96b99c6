//! Switches: deviations of Altinn from the ordinary, seen or foreseen at the real one.

use serde::{Deserialize, Serialize};

use super::problem::Format;
use crate::kit::Callback;

/// Switches of behaviour. The default is the documented behaviour.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Seconds before an answer appears in the status and the lookup: the callback comes first.
    pub answer_delay_seconds: u32,
    /// Redirect of the browser after an answer.
    pub callback: Callback,
    /// Seconds before an event appears in the feed.
    pub event_lag_seconds: u32,
    /// Letter case of enum values in answers.
    pub letter_case: LetterCase,
    /// Answers without `status`, as the samples of the documentation.
    pub missing_status: bool,
    /// Format of errors.
    pub problem_format: Format,
    /// Body of the answer to a repeated create call.
    pub repeat: Repeat,
    /// Decimals of seconds in timestamps.
    pub timestamps: Timestamps,
    /// Adds unknown members to answers.
    pub unknown_members: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            answer_delay_seconds: 0,
            callback: Callback::default(),
            event_lag_seconds: 300,
            letter_case: LetterCase::default(),
            missing_status: false,
            problem_format: Format::default(),
            repeat: Repeat::default(),
            timestamps: Timestamps::default(),
            unknown_members: false,
        }
    }
}

/// Letter case of enum values.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterCase {
    /// `Accepted`, as in Altinn's source code.
    #[default]
    Pascal,
    /// `accepted`, as in the text of the documentation.
    Lower,
    /// `ACCEPTED`.
    Upper,
}

/// Body of the answer to a repeated create call.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The service's internal model, as the code has it.
    #[default]
    Internal,
    /// The documented contract.
    Documented,
}

/// Decimals of seconds in timestamps.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timestamps {
    /// Six at most; zeros at the end are left out.
    #[default]
    Microseconds,
    /// Seven decimals.
    HundredNanoseconds,
}

impl LetterCase {
    pub(super) fn apply(self, value: &str) -> String {
        match self {
            Self::Pascal => value.to_owned(),
            Self::Lower => value.to_lowercase(),
            Self::Upper => value.to_uppercase(),
        }
    }
}

impl Timestamps {
    /// Formats the moment in UTC, with `+00:00`.
    pub(super) fn format(self, moment: time::OffsetDateTime) -> String {
        let utc = moment.to_offset(time::UtcOffset::UTC);
        let fraction = match (self, utc.microsecond()) {
            (Self::HundredNanoseconds, micro) => format!(".{micro:06}0"),
            (Self::Microseconds, 0) => String::new(),
            (Self::Microseconds, micro) => format!(".{micro:06}").trim_end_matches('0').to_owned(),
        };
        format!(
            "{}T{:02}:{:02}:{:02}{fraction}+00:00",
            utc.date(),
            utc.hour(),
            utc.minute(),
            utc.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn timestamps_have_an_offset_and_no_zeros_at_the_end() {
        let moment = datetime!(2026-08-30 11:15:02.103_400 +02:00);
        assert_eq!(
            Timestamps::Microseconds.format(moment),
            "2026-08-30T09:15:02.1034+00:00"
        );
        assert_eq!(
            Timestamps::HundredNanoseconds.format(moment),
            "2026-08-30T09:15:02.1034000+00:00"
        );
        assert_eq!(
            Timestamps::Microseconds.format(datetime!(2026-09-05 12:00 UTC)),
            "2026-09-05T12:00:00+00:00"
        );
    }

    #[test]
    fn switches_are_set_one_by_one() {
        let set: Switches = serde_json::from_str(r#"{"callback":"lost"}"#).unwrap();
        assert_eq!(
            set,
            Switches {
                callback: Callback::Lost,
                ..Switches::default()
            }
        );
        assert!(serde_json::from_str::<Switches>(r#"{"callbacks":"lost"}"#).is_err());
    }
}
