//! The consent token (samtykkebevis) of Altinn 2, in a header of its own beside Maskinporten's
//! token.
//!
//! Sources: Skatteetaten, "Samtykke" (2022) and "Krav og betalinger"; Altinn, "Bruk av token". The
//! header is `AltinnSamtykke`; the first page about krav og betalinger wrote it with one n, which
//! the service ignores unless a switch selects it. Assumption: if present, the header decides, even
//! beside a Maskinporten token with a consent of its own.

use http::HeaderMap;
use serde_json::Value;
use time::OffsetDateTime;

use super::access::ConsentRequirements;
use super::state::Skatteetaten;
use crate::kit::journal::JournalNote;

/// Builds the journal's note on a read: the headers of the two that it had.
pub(super) fn note(skatteetaten: &Skatteetaten, headers: &HeaderMap) -> JournalNote {
    let both = ["Authorization", shown_in(skatteetaten)];
    let there: Vec<&str> = both
        .into_iter()
        .filter(|name| headers.contains_key(*name))
        .collect();
    JournalNote(format!("headers: {}", there.join(", ")))
}

fn shown_in(skatteetaten: &Skatteetaten) -> &'static str {
    skatteetaten.switches().proof_header.name()
}

/// Returns whether the request's consent token permits the `reader` (an organisation number) to
/// read the requested data of the party. `None` without the header, and since Altinn 2 closed.
pub(super) fn consents(
    skatteetaten: &Skatteetaten,
    headers: &HeaderMap,
    reader: &str,
    party: &str,
    wanted: ConsentRequirements<'_>,
) -> Option<bool> {
    let now = skatteetaten.clock.now();
    let mut shown = headers.get_all(shown_in(skatteetaten)).iter();
    let first = shown.next()?;
    if skatteetaten.consent_tokens.is_closed() {
        return None;
    }
    let only = shown
        .next()
        .is_none()
        .then(|| first.to_str().ok())
        .flatten();
    let claims = only.and_then(|token| skatteetaten.consent_tokens.verified_claims(now, token));
    Some(claims.is_some_and(|claims| fits(&claims, reader, party, wanted, now)))
}

fn fits(
    claims: &Value,
    reader: &str,
    party: &str,
    wanted: ConsentRequirements<'_>,
    now: OffsetDateTime,
) -> bool {
    let is_reader = claims["CoveredBy"] == reader || claims["HandledBy"] == reader;
    let seconds = |name: &str| claims[name].as_i64();
    let valid_to = seconds("ValidToDate");
    let too_long = wanted.longest.is_some_and(|longest| {
        seconds("DelegatedDate")
            .zip(valid_to)
            .is_none_or(|(from, to)| to.saturating_sub(from) > longest.whole_seconds())
    });
    is_reader
        && claims["OfferedBy"] == party
        && valid_to.is_some_and(|valid_to| valid_to > now.unix_timestamp())
        && !too_long
        && covers(&claims["Services"], wanted)
}

/// Returns whether the consent covers the request. It has one entry, or a list of them; each
/// parameter of a service is another entry.
fn covers(services: &Value, wanted: ConsentRequirements<'_>) -> bool {
    let listed = services.as_array().map(Vec::as_slice);
    let entries = listed.unwrap_or(std::slice::from_ref(services)).iter();
    let entries: Vec<&str> = entries.filter_map(Value::as_str).collect();
    let says = |key: &str, value: &str| {
        entries.iter().any(|entry| {
            let parameter = entry.strip_prefix(wanted.service);
            let parameter = parameter.and_then(|rest| rest.strip_prefix('_')?.split_once('='));
            parameter.is_some_and(|(name, given)| name.eq_ignore_ascii_case(key) && given == value)
        })
    };
    entries.contains(&wanted.service) && wanted.metadata.iter().all(|(key, value)| says(key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skatteetaten::access::ANY_CLAIMS;
    use serde_json::json;
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-20 12:00 UTC);

    fn claims() -> Value {
        json!({
            "Services": "5928_202301",
            "OfferedBy": "313367002",
            "CoveredBy": "310000205",
            "ValidToDate": NOW.unix_timestamp() + 1,
        })
    }

    #[test]
    fn a_proof_must_fit_in_every_part() {
        let outcome = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            fits(&claims, "310000205", "313367002", ANY_CLAIMS, NOW)
        };
        for (name, value) in [
            ("Services", json!("5928_202301")),
            ("Services", json!(["4628_210607", "5928_202301"])),
            ("HandledBy", json!("310000108")),
        ] {
            assert!(outcome(name, value.clone()), "{name}: {value}");
        }
        for (name, value) in [
            ("Services", json!(null)),
            ("Services", json!("5928_1")),
            ("Services", json!("5928_202301_x=y")),
            ("Services", json!("15928_202301")),
            ("Services", json!(["5929_202301"])),
            ("OfferedBy", json!("314055403")),
            ("OfferedBy", json!(313_367_002)),
            ("CoveredBy", json!("310000302")),
            ("ValidToDate", json!(NOW.unix_timestamp())),
            ("ValidToDate", json!("2026-03-21 12:00:00")),
        ] {
            assert!(!outcome(name, value.clone()), "{name}: {value}");
        }
    }

    #[test]
    fn a_supplier_that_fetched_it_itself_may_read() {
        let mut claims = claims();
        let fits = |claims: &Value| fits(claims, "310000108", "313367002", ANY_CLAIMS, NOW);
        assert!(!fits(&claims));
        claims["HandledBy"] = json!("310000108");
        assert!(fits(&claims));
    }

    #[test]
    fn what_a_consent_says_and_how_long_it_is_count_where_they_are_wanted() {
        let months = [("fraogmed", "2025-01"), ("tilogmed", "2025-03")];
        let wanted = ConsentRequirements {
            resource: "ske-samtykke-sbl-inntekt",
            service: "4804_210607",
            metadata: &months,
            longest: Some(Duration::days(10)),
        };
        let given = NOW.unix_timestamp();
        let outcome = |services: &[&str], delegated: Value, days: i64| {
            let mut claims = claims();
            claims["Services"] = json!(services);
            claims["DelegatedDate"] = delegated;
            claims["ValidToDate"] = json!(given + days * 86_400);
            fits(&claims, "310000205", "313367002", wanted, NOW)
        };
        let service = "4804_210607";
        let from = "4804_210607_fraOgMed=2025-01";
        let to = "4804_210607_tilOgMed=2025-03";
        assert!(outcome(&[service, from, to], json!(given), 10));
        for services in [
            &[service][..],
            &[service, from],
            &[from, to],
            &[service, from, "4804_210607_tilOgMed=2025-04"],
            &[service, from, "4630_2_tilOgMed=2025-03"],
        ] {
            assert!(!outcome(services, json!(given), 10), "{services:?}");
        }
        assert!(!outcome(&[service, from, to], json!(given), 11));
        assert!(!outcome(&[service, from, to], json!(null), 10));
    }
}
