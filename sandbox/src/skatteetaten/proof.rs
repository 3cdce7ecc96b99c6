//! The consent token (samtykkebevis) of Altinn 2, in a header of its own beside Maskinporten's token.
//!
//! Sources: Skatteetaten, "Samtykke" (2022) and "Krav og betalinger"; Altinn, "Bruk av token". The header is
//! `AltinnSamtykke`; the first page about krav og betalinger wrote it with one n, which means nothing to the service unless it is switched
//! to that. Assumption: where the header is there, it is what counts, also beside a token of Maskinporten's that carries a consent itself.

use http::HeaderMap;
use serde_json::Value;
use time::OffsetDateTime;

use crate::journal::Note;
use crate::world::World;

/// What the journal says of a read: which of the two headers there were.
pub(super) fn note(world: &World, headers: &HeaderMap) -> Note {
    let both = ["Authorization", shown_in(world)];
    let there: Vec<&str> = both
        .into_iter()
        .filter(|name| headers.contains_key(*name))
        .collect();
    Note(format!("headers: {}", there.join(", ")))
}

fn shown_in(world: &World) -> &'static str {
    world.skatteetaten.switches().proof_header.name()
}

/// Krav og betalinger: code and edition.
const SERVICE: &str = "5928_202301";

/// Whether the request's consent token gives the `reader` (an organisation number) the party's data. `None` without the
/// header, and since Altinn 2 closed.
pub(super) fn consents(
    world: &World,
    headers: &HeaderMap,
    reader: &str,
    party: &str,
    now: OffsetDateTime,
) -> Option<bool> {
    let mut shown = headers.get_all(shown_in(world)).iter();
    let first = shown.next()?;
    if world.altinn2.switches().closed {
        return None;
    }
    let only = shown
        .next()
        .is_none()
        .then(|| first.to_str().ok())
        .flatten();
    let claims = only.and_then(|token| world.altinn2.verify(now, token).ok());
    Some(claims.is_some_and(|claims| fits(&claims, reader, party, now)))
}

fn fits(claims: &Value, reader: &str, party: &str, now: OffsetDateTime) -> bool {
    let is_reader = claims["CoveredBy"] == reader || claims["HandledBy"] == reader;
    let valid_to = claims["ValidToDate"].as_i64();
    is_reader
        && claims["OfferedBy"] == party
        && valid_to.is_some_and(|valid_to| valid_to > now.unix_timestamp())
        && covers(&claims["Services"])
}

/// One entry, or a list of them; those with parameters are other entries.
fn covers(services: &Value) -> bool {
    let listed = services.as_array().map(Vec::as_slice).unwrap_or_default();
    services == SERVICE || listed.iter().any(|service| service == SERVICE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
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
            fits(&claims, "310000205", "313367002", NOW)
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
        assert!(!fits(&claims, "310000108", "313367002", NOW));
        claims["HandledBy"] = json!("310000108");
        assert!(fits(&claims, "310000108", "313367002", NOW));
    }
}
