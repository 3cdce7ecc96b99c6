//! Merge of the answers of several windows.
//!
//! Elements keep the bytes that the source sent, so an amount is never parsed as a number.
//! Identifiers are compared as written.

use std::collections::HashSet;

use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::members::Members;
use super::{Period, Windows};

/// Merges `answers`, in the order of their windows, into one for the whole of `period`.
///
/// The first answer determines the members and their order. The list of `windows` holds the
/// elements of every window, and `periode` is rewritten. Members that only a later answer has are
/// appended. A duplicate of an element in an earlier window (same `partIdentifikator` and
/// identifier) is dropped: the source does not document which date it filters by, so one claim may
/// be in two windows. Elements without an identifier are never treated as duplicates.
///
/// # Errors
/// [`serde_json::Error`] if an answer is not a JSON object, has a duplicate member, or its list is
/// not a list of objects.
pub fn merge(
    windows: &Windows,
    period: Period,
    answers: &[Bytes],
) -> Result<Bytes, serde_json::Error> {
    let mut merged: Vec<(String, Value<'_>)> = Vec::new();
    let mut elements = Vec::new();
    let mut seen = HashSet::new();
    for answer in answers {
        for (name, value) in serde_json::from_slice::<Members<'_>>(answer)?.0 {
            if name == windows.list {
                elements.extend(unseen(windows, value, &mut seen)?);
            }
            if merged.iter().all(|(known, _)| *known != name) {
                merged.push((name, Value::Source(value)));
            }
        }
    }
    set(
        &mut merged,
        "periode",
        Value::Period(PeriodMember::from(period)),
    );
    set(&mut merged, &windows.list, Value::Elements(elements));
    serde_json::to_vec(&Merged(merged)).map(Bytes::from)
}

/// Returns the elements of a window's list that are in no earlier window.
fn unseen<'a>(
    windows: &Windows,
    list: &'a RawValue,
    seen: &mut HashSet<(String, String)>,
) -> Result<Vec<&'a RawValue>, serde_json::Error> {
    let list: Option<Vec<&RawValue>> = serde_json::from_str(list.get())?;
    let mut own = Vec::new();
    let mut kept = Vec::new();
    for element in list.unwrap_or_default() {
        let key = key(windows, element)?;
        if key.as_ref().is_none_or(|key| !seen.contains(key)) {
            kept.push(element);
        }
        own.extend(key);
    }
    seen.extend(own);
    Ok(kept)
}

/// Returns the deduplication key of an element: its party and its identifier.
fn key(
    windows: &Windows,
    element: &RawValue,
) -> Result<Option<(String, String)>, serde_json::Error> {
    let members: Members<'_> = serde_json::from_str(element.get())?;
    let member = |name: &str| members.get(name).map(str::to_owned);
    let part = member("partIdentifikator").unwrap_or_default();
    let identifier = windows.identifiers.iter().find_map(|name| member(name));
    Ok(identifier.map(|identifier| (part, identifier)))
}

fn set<'a>(members: &mut Vec<(String, Value<'a>)>, name: &str, value: Value<'a>) {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => members.push((name.to_owned(), value)),
    }
}

/// Members of the merged answer.
struct Merged<'a>(Vec<(String, Value<'a>)>);

impl Serialize for Merged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Source(&'a RawValue),
    Elements(Vec<&'a RawValue>),
    Period(PeriodMember),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PeriodMember {
    fra_og_med: String,
    til_og_med: String,
}

impl From<Period> for PeriodMember {
    fn from(period: Period) -> Self {
        Self {
            fra_og_med: period.from(),
            til_og_med: period.to(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_api::examples;

    fn windows(name: &str) -> Windows {
        let api = examples::claims();
        let dataset = examples::dataset(&api, name);
        dataset.windows.clone().expect("windows")
    }

    fn merged(name: &str, answers: &[&str]) -> String {
        let answers: Vec<Bytes> = answers
            .iter()
            .map(|answer| Bytes::copy_from_slice(answer.as_bytes()))
            .collect();
        let period = Period::parse("2024-01-01", "2025-12-31").expect("a period");
        let bytes = merge(&windows(name), period, &answers).expect("mergeable");
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    #[test]
    fn elements_keep_their_bytes() {
        let first = r#"{ "partIdentifikator":"313367002", "periode":{"fraOgMed":"2024-01-01","tilOgMed":"2024-12-30"},
            "skjermet":false, "krav":[ {"partIdentifikator":"313367002","kravidentifikator":"K-1", "opprinneligBeloep" : 25000.0,"ukjent":[1e3, 0.10]} ] }"#;
        let second = r#"{"partIdentifikator":"313367002","periode":{"fraOgMed":"2024-12-31","tilOgMed":"2025-12-30"},"skjermet":false,"krav":[{"kravidentifikator":"K-2","opprinneligBeloep":0.1},{"kravidentifikator":"K-3","opprinneligBeloep":12345678901234.55,"tekst":"\u00e5"}]}"#;
        assert_eq!(
            merged("krav", &[first, second]),
            concat!(
                r#"{"partIdentifikator":"313367002","periode":{"fraOgMed":"2024-01-01","tilOgMed":"2025-12-31"},"skjermet":false,"krav":["#,
                r#"{"partIdentifikator":"313367002","kravidentifikator":"K-1", "opprinneligBeloep" : 25000.0,"ukjent":[1e3, 0.10]},"#,
                r#"{"kravidentifikator":"K-2","opprinneligBeloep":0.1},"#,
                r#"{"kravidentifikator":"K-3","opprinneligBeloep":12345678901234.55,"tekst":"\u00e5"}]}"#,
            )
        );
    }

    #[test]
    fn a_claim_in_two_windows_comes_once() {
        let first = r#"{"krav":[{"partIdentifikator":"1","kravidentifikator":"A","n":1},{"partIdentifikator":"2","kravidentifikator":"A","n":2}]}"#;
        let second = r#"{"krav":[{"n":3,"kravidentifikator":"A","partIdentifikator":"2"},{"partIdentifikator":"2","kravidentifikator":"B","n":4}]}"#;
        let merged = merged("krav", &[first, second]);
        assert!(merged.contains(
            r#""krav":[{"partIdentifikator":"1","kravidentifikator":"A","n":1},{"partIdentifikator":"2","kravidentifikator":"A","n":2},{"partIdentifikator":"2","kravidentifikator":"B","n":4}]"#
        ), "{merged}");
    }

    #[test]
    fn only_what_another_window_had_is_a_duplicate() {
        let twice = r#"{"krav":[{"kravidentifikator":"A"},{"kravidentifikator":"A"},{"uten":1}]}"#;
        let merged = merged("krav", &[twice, r#"{"krav":[{"uten":1}]}"#]);
        assert!(
            merged.contains(
                r#"[{"kravidentifikator":"A"},{"kravidentifikator":"A"},{"uten":1},{"uten":1}]"#
            ),
            "{merged}"
        );
    }

    #[test]
    fn payments_and_refunds_go_by_their_own_identifiers() {
        let payments =
            r#"{"innbetaling":[{"innbetalingsidentifikator":"P","kravidentifikator":"X"}]}"#;
        assert!(merged("innbetalinger", &[payments, payments]).contains(
            r#""innbetaling":[{"innbetalingsidentifikator":"P","kravidentifikator":"X"}]"#
        ));
        for name in ["utbetalingsidentifikator", "utbetalingIdentifikator"] {
            let refunds = format!(r#"{{"utbetaling":[{{"{name}":"500005"}}]}}"#);
            assert!(
                merged("utbetalinger", &[&refunds, &refunds])
                    .contains(&format!(r#""utbetaling":[{{"{name}":"500005"}}]"#))
            );
        }
    }

    #[test]
    fn missing_lists_count_as_empty_and_unknown_members_pass_through() {
        assert_eq!(
            merged(
                "krav",
                &[
                    r#"{"a":1.50}"#,
                    r#"{"krav":null,"b":{"x": 2}}"#,
                    r#"{"krav":[{"k":1}],"a":9}"#
                ]
            ),
            r#"{"a":1.50,"krav":[{"k":1}],"b":{"x": 2},"periode":{"fraOgMed":"2024-01-01","tilOgMed":"2025-12-31"}}"#
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let period = Period::parse("2024-01-01", "2025-12-31").expect("a period");
        for answer in [
            "",
            "[]",
            r#"{"krav":{}}"#,
            r#"{"krav":[1]}"#,
            r#"{"krav":[],"krav":[]}"#,
            r#"{"krav":[{"#,
        ] {
            let answers = [Bytes::copy_from_slice(answer.as_bytes())];
            assert!(
                merge(&windows("krav"), period, &answers).is_err(),
                "{answer}"
            );
        }
    }
}
