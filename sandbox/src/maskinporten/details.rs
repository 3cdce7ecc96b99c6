//! `authorization_details`: what a token is for, beyond its scopes (Digdir, the pages on consent and
//! on system users; RFC 9396).
//!
//! Assumptions: anything but an array with one entry, and a member that is missing or ill-formed, is
//! MP-303; so is every reason that Altinn gives against a consent.

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use super::refusal::Refusal;
use super::switches::MetadataKey;
use super::token::Organisation;
use crate::altinn::{Altinn, Consent};

/// The types that the metadata names.
pub(super) const TYPES: [&str; 2] = [SYSTEM_USER, CONSENT];
const SYSTEM_USER: &str = "urn:altinn:systemuser";
const CONSENT: &str = "urn:altinn:consent";

const PERSON: &str = "urn:altinn:person:identifier-no:";
const ORGANISATION: &str = "urn:altinn:organization:identifier-no:";

/// Seconds, and what follows them as Altinn's platform writes it: as many digits as there are.
const WHOLE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+00:00");
const FRACTION: &[BorrowedFormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:1+]+00:00"
);

/// An entry of a request, by its type.
#[derive(Debug)]
pub(super) enum Detail {
    Consent { id: Uuid, from: String },
    SystemUser,
}

/// A consent as a token tells it.
#[derive(Debug, Serialize)]
pub(super) struct GivenConsent {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    from: String,
    to: Organisation,
    consented: String,
    #[serde(rename = "validTo")]
    valid_to: String,
    #[serde(rename = "consentRights")]
    rights: Value,
}

impl Detail {
    /// Reads the one entry of a request.
    pub(super) fn read(details: &Value) -> Result<Self, Refusal> {
        let Some([Value::Object(entry)]) = details.as_array().map(Vec::as_slice) else {
            return Err(value("authorization_details"));
        };
        match entry.get("type").and_then(Value::as_str) {
            Some(CONSENT) => consent(entry),
            Some(SYSTEM_USER) => system_user(entry),
            _ => Err(Refusal::DetailType),
        }
    }

    /// What Altinn says about it, for the organisation `consumer`.
    pub(super) fn look_up(
        &self,
        altinn: &Altinn,
        consumer: &str,
        metadata: MetadataKey,
        now: OffsetDateTime,
    ) -> Result<GivenConsent, Refusal> {
        let Self::Consent { id, from } = self else {
            return Err(Refusal::SystemUser);
        };
        let to = format!("{ORGANISATION}{consumer}");
        let found = altinn.lookup(now, *id, from, &to).map_err(|problems| {
            let reasons = problems
                .iter()
                .map(|problem| format!("{} {}", problem.code, problem.text));
            Refusal::DetailValue(reasons.collect::<Vec<_>>().join(", "))
        })?;
        Ok(GivenConsent::tell(found, metadata))
    }
}

impl GivenConsent {
    fn tell(consent: Consent, metadata: MetadataKey) -> Self {
        let to = consent.to.strip_prefix(ORGANISATION).unwrap_or(&consent.to);
        Self {
            to: Organisation::of(to),
            kind: CONSENT,
            id: consent.id.to_string(),
            from: consent.from,
            consented: moment(consent.consented),
            valid_to: moment(consent.valid_to),
            rights: match metadata {
                MetadataKey::Lower => consent.rights,
                MetadataKey::Camel => with_camel_metadata(consent.rights),
            },
        }
    }
}

fn consent(entry: &Map<String, Value>) -> Result<Detail, Refusal> {
    only(entry, &["type", "id", "from"])?;
    let id = entry
        .get("id")
        .and_then(Value::as_str)
        .and_then(|id| Uuid::parse_str(id).ok());
    let from = entry
        .get("from")
        .and_then(Value::as_str)
        .filter(|from| is_party(from));
    Ok(Detail::Consent {
        id: id.ok_or_else(|| value("id"))?,
        from: from.ok_or_else(|| value("from"))?.to_owned(),
    })
}

fn system_user(entry: &Map<String, Value>) -> Result<Detail, Refusal> {
    only(entry, &["type", "systemuser_org", "externalRef"])?;
    let reference = entry
        .get("externalRef")
        .map(|reference| reference.as_str().unwrap_or("?"));
    if reference.is_some_and(|reference| !is_external_reference(reference)) {
        return Err(Refusal::DetailField("externalRef".to_owned()));
    }
    Ok(Detail::SystemUser)
}

fn only(entry: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    let unknown: Vec<_> = entry
        .keys()
        .filter(|name| !known.contains(&name.as_str()))
        .map(String::as_str)
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refusal::DetailField(unknown.join(", ")))
    }
}

fn is_party(urn: &str) -> bool {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match urn.strip_prefix(PERSON) {
        Some(number) => digits(number, 11),
        None => urn
            .strip_prefix(ORGANISATION)
            .is_some_and(|number| digits(number, 9)),
    }
}

fn is_external_reference(text: &str) -> bool {
    text.chars().count() <= 255
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "øØæÆåÅ_-".contains(character))
}

fn value(name: &str) -> Refusal {
    Refusal::DetailValue(format!("Invalid {name}"))
}

/// Altinn's database keeps microseconds.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let at = at.replace_nanosecond(at.microsecond() * 1000).unwrap_or(at);
    let format = if at.nanosecond() == 0 {
        WHOLE
    } else {
        FRACTION
    };
    at.format(format).unwrap_or_default()
}

fn with_camel_metadata(mut rights: Value) -> Value {
    for right in rights
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        if let Some(metadata) = right.remove("metadata") {
            right.insert("metaData".to_owned(), metadata);
        }
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn refused(entry: &Value) -> Refusal {
        Detail::read(&json!([entry])).unwrap_err()
    }

    #[test]
    fn a_type_that_the_metadata_does_not_name() {
        assert_eq!(
            refused(&json!({"type": "urn:altinn:concent"})),
            Refusal::DetailType
        );
    }

    #[test]
    fn a_member_too_many() {
        let refusal =
            refused(&json!({"type": CONSENT, "id": Uuid::nil().to_string(), "from": "", "to": ""}));
        assert_eq!(refusal, Refusal::DetailField("to".to_owned()));
        let refusal = refused(&json!({"type": SYSTEM_USER, "externalRef": "a b"}));
        assert_eq!(refusal, Refusal::DetailField("externalRef".to_owned()));
    }

    #[test]
    fn values_that_cannot_be() {
        for entry in [
            json!({"type": CONSENT}),
            json!({"type": CONSENT, "id": "1", "from": "urn:altinn:person:identifier-no:02829090123"}),
            json!({"type": CONSENT, "id": Uuid::nil().to_string(), "from": "02829090123"}),
        ] {
            assert!(matches!(refused(&entry), Refusal::DetailValue(_)));
        }
        let two = json!([{"type": CONSENT}, {"type": CONSENT}]);
        assert!(matches!(Detail::read(&two), Err(Refusal::DetailValue(_))));
    }

    #[test]
    fn metadata_can_be_called_as_one_page_calls_it() {
        let rights = json!([{"action": ["consent"], "metadata": {"year": "2025"}}, {}]);
        let expected = json!([{"action": ["consent"], "metaData": {"year": "2025"}}, {}]);
        assert_eq!(with_camel_metadata(rights), expected);
    }

    #[test]
    fn moments_have_no_more_digits_than_they_need() {
        assert_eq!(
            moment(datetime!(2026-12-31 23:00 UTC)),
            "2026-12-31T23:00:00+00:00"
        );
        assert_eq!(
            moment(datetime!(2026-01-01 09:40:00.123456789 UTC)),
            "2026-01-01T09:40:00.123456+00:00"
        );
    }
}
