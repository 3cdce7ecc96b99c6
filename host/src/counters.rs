//! Counters of events in the guests' logs, by kind.
//!
//! A guest's line counts if it is a JSON object with an `event` and an `outcome`. Series differ in
//! names from such lines, never in numbers or free text, so that there are few of them and no
//! personal data.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::lock::locked;

/// Limit of the series: a guest that invents names does not fill the memory.
const MOST: usize = 1000;

/// Longest name, in bytes.
const LONGEST_NAME: usize = 64;

/// Labels of a counter.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Series {
    /// Name of the component in the manifest.
    pub component: String,
    /// `event` of the line.
    pub of: String,
    /// `counterparty` of the line, if present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// `outcome` of the line.
    pub outcome: String,
    /// `status` of the line, if present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<BTreeMap<Series, Count>>);

#[derive(Debug, Default)]
struct Count {
    total: u64,
    told: u64,
}

/// Fields of a line that are read.
#[derive(Deserialize)]
struct LogLine {
    event: String,
    outcome: String,
    counterparty: Option<String>,
    status: Option<u16>,
}

impl Counters {
    /// Counts a line of `component`, if it has an event and an outcome.
    pub(crate) fn count(&self, component: &str, line: &str) {
        // Most other output is not a JSON object.
        if !line.starts_with('{') {
            return;
        }
        let Ok(line) = serde_json::from_str::<LogLine>(line) else {
            return;
        };
        // An audit line repeats the `request` line before it.
        if line.event == "audit" {
            return;
        }
        let names = [
            Some(&line.event),
            Some(&line.outcome),
            line.counterparty.as_ref(),
        ];
        if !names.into_iter().flatten().all(|name| is_name(name)) {
            return;
        }
        let series = Series {
            component: component.to_owned(),
            of: line.event,
            counterparty: line.counterparty,
            outcome: line.outcome,
            status: line.status,
        };
        let mut counts = locked(&self.0);
        if counts.len() < MOST || counts.contains_key(&series) {
            let count = counts.entry(series).or_default();
            count.total = count.total.saturating_add(1);
        }
    }

    /// Returns the series with their counts.
    pub(crate) fn all(&self) -> Vec<(Series, u64)> {
        let counts = locked(&self.0);
        counts
            .iter()
            .map(|(series, count)| (series.clone(), count.total))
            .collect()
    }

    /// Returns the series with an increase since the last call.
    pub(crate) fn grown(&self) -> Vec<(Series, u64)> {
        let mut counts = locked(&self.0);
        let mut grown = Vec::new();
        for (series, count) in &mut *counts {
            if count.total > count.told {
                count.told = count.total;
                grown.push((series.clone(), count.total));
            }
        }
        grown
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minted() -> Series {
        Series {
            component: "token".to_owned(),
            of: "token".to_owned(),
            counterparty: None,
            outcome: "minted".to_owned(),
            status: None,
        }
    }

    #[test]
    fn lines_with_an_event_and_an_outcome_count() {
        let counters = Counters::default();
        let line = r#"{"time":"2026-01-01T12:00:00Z","event":"token","outcome":"minted"}"#;
        counters.count("token", line);
        counters.count("token", line);
        counters.count(
            "claims",
            r#"{"event":"outbound","outcome":"answered","counterparty":"skatteetaten","status":200}"#,
        );
        let call = Series {
            component: "claims".to_owned(),
            of: "outbound".to_owned(),
            counterparty: Some("skatteetaten".to_owned()),
            outcome: "answered".to_owned(),
            status: Some(200),
        };
        assert_eq!(counters.all(), [(call, 1), (minted(), 2)]);
    }

    #[test]
    fn other_lines_do_not() {
        let counters = Counters::default();
        for line in [
            "hello",
            "{",
            "{}",
            r#"{"event":"token"}"#,
            r#"{"event":"token","outcome":1}"#,
            r#"{"event":"token","outcome":""}"#,
            r#"{"event":"token","outcome":"somebody@example.com"}"#,
            r#"{"event":"token","outcome":"minted","counterparty":"A name"}"#,
            &format!(
                r#"{{"event":"token","outcome":"{}"}}"#,
                "a".repeat(LONGEST_NAME + 1)
            ),
        ] {
            counters.count("token", line);
            assert_eq!(counters.all(), [], "{line}");
        }
    }

    #[test]
    fn there_is_an_end_to_new_series() {
        let counters = Counters::default();
        let line = |number: usize| format!(r#"{{"event":"token","outcome":"a{number}"}}"#);
        for number in 0..MOST + 10 {
            counters.count("token", &line(number));
        }
        counters.count("token", &line(0));
        let all = counters.all();
        assert_eq!(all.len(), MOST);
        assert_eq!(
            all.iter().map(|(_, total)| *total).sum::<u64>(),
            MOST as u64 + 1
        );
    }

    #[test]
    fn what_has_not_grown_is_not_told_again() {
        let counters = Counters::default();
        let line = r#"{"event":"token","outcome":"minted"}"#;
        counters.count("token", line);
        assert_eq!(counters.grown(), [(minted(), 1)]);
        assert_eq!(counters.grown(), []);
        counters.count("token", line);
        assert_eq!(counters.grown(), [(minted(), 2)]);
    }
}
