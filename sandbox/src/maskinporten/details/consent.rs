//! Consent that a token is for.
//!
//! Assumptions: a member that is missing or ill-formed is MP-303, and so is each of Altinn's
//! reasons against a consent. A consent that the client's organisation only handles belongs to the
//! organisation it is handled for: without `consumer_org` it is not found, since a token's consumer
//! is the receiver.

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use super::entry::only;
use crate::interfaces::{ActiveConsent, Authorisations};
use crate::maskinporten::organisation::Organisation;
use crate::maskinporten::refusal::Refusal;
use crate::maskinporten::switches::MetadataKey;

pub(super) const TYPE: &str = "urn:altinn:consent";

const PERSON: &str = "urn:altinn:person:identifier-no:";
const ORGANISATION: &str = "urn:altinn:organization:identifier-no:";

/// Format of a moment as Altinn's platform writes it: seconds with as many decimals as there are.
const WHOLE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+00:00");
const FRACTION: &[BorrowedFormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:1+]+00:00"
);

/// Consent in a token request.
#[derive(Debug)]
pub(in crate::maskinporten) struct Consent {
    id: Uuid,
    from: String,
}

/// Consent in an access token.
#[derive(Debug, Serialize)]
pub(in crate::maskinporten) struct TokenConsent {
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

impl Consent {
    pub(super) fn read(entry: &Map<String, Value>) -> Result<Self, Refusal> {
        only(entry, &["type", "id", "from"])?;
        let text = |name| entry.get(name).and_then(Value::as_str);
        let id = text("id").and_then(|id| Uuid::parse_str(id).ok());
        let from = text("from").filter(|from| is_party(from));
        Ok(Self {
            id: id.ok_or_else(|| invalid("id"))?,
            from: from.ok_or_else(|| invalid("from"))?.to_owned(),
        })
    }

    pub(super) fn look_up(
        self,
        altinn: &dyn Authorisations,
        consumer: &str,
        metadata: MetadataKey,
        now: OffsetDateTime,
    ) -> Result<TokenConsent, Refusal> {
        let to = format!("{ORGANISATION}{consumer}");
        let found = altinn
            .consent(now, self.id, &self.from, &to)
            .map_err(|problems| {
                let reasons = problems
                    .iter()
                    .map(|problem| format!("{} {}", problem.code, problem.text));
                Refusal::DetailValue(reasons.collect::<Vec<_>>().join(", "))
            })?;
        if found.to == to {
            Ok(TokenConsent::tell(found, consumer, metadata))
        } else {
            Err(Refusal::DetailValue("Consent not found".to_owned()))
        }
    }
}

impl TokenConsent {
    fn tell(consent: ActiveConsent, to: &str, metadata: MetadataKey) -> Self {
        Self {
            kind: TYPE,
            id: consent.id.to_string(),
            from: consent.from,
            to: Organisation::new(to),
            consented: moment(consent.consented),
            valid_to: moment(consent.valid_to),
            rights: match metadata {
                MetadataKey::Lower => consent.rights,
                MetadataKey::Camel => with_camel_metadata(consent.rights),
            },
        }
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

fn invalid(name: &str) -> Refusal {
    Refusal::DetailValue(format!("Invalid {name}"))
}

/// Formats a moment with microseconds, the precision of Altinn's database.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let at = at
        .replace_nanosecond(at.microsecond().saturating_mul(1000))
        .unwrap_or(at);
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
        Consent::read(entry.as_object().unwrap()).unwrap_err()
    }

    #[test]
    fn a_member_too_many() {
        let entry = json!({ "type": TYPE, "id": Uuid::nil().to_string(), "from": "", "to": "" });
        assert_eq!(refused(&entry), Refusal::DetailField("to".to_owned()));
    }

    #[test]
    fn values_that_cannot_be() {
        for entry in [
            json!({ "type": TYPE }),
            json!({ "type": TYPE, "id": "1", "from": "urn:altinn:person:identifier-no:02829090123" }),
            json!({ "type": TYPE, "id": Uuid::nil().to_string(), "from": "02829090123" }),
        ] {
            assert!(matches!(refused(&entry), Refusal::DetailValue(_)));
        }
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
