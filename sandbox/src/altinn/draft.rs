//! Body of a call that creates a request for consent.

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::body::{self, InvalidBody, Members, texts, uuid};
use super::moment;
use super::party::Party;

/// Consent request as the caller sent it, not yet checked.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: Uuid,
    pub(super) from: Party,
    pub(super) to: Party,
    pub(super) required_delegator: Option<Party>,
    pub(super) valid_to: OffsetDateTime,
    pub(super) rights: Vec<Right>,
    pub(super) message: Option<Value>,
    pub(super) redirect_url: String,
    pub(super) portal_view_mode: PortalViewMode,
}

/// Requested right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Right {
    pub(super) action: Vec<String>,
    pub(super) resource: Vec<Reference>,
    /// Metadata, with keys in the caller's spelling.
    pub(super) metadata: Option<Vec<(String, String)>>,
}

/// Reference to a resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reference {
    pub(super) kind: String,
    pub(super) value: String,
}

/// Visibility of an unanswered request in the portal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum PortalViewMode {
    #[default]
    Hide,
    Show,
}

impl Draft {
    /// Parses the body of a consent request.
    pub(super) fn read(body: &[u8]) -> Result<Self, InvalidBody> {
        let value = body::value(body, "the consent request")?;
        let members = Members::new(&value, "$")?;
        Ok(Self {
            id: members.required("id", uuid)?,
            from: members.required("from", |urn| urn.parse().ok())?,
            to: members.required("to", |urn| urn.parse().ok())?,
            required_delegator: members.optional("requiredDelegator", |urn| urn.parse().ok())?,
            valid_to: members.required("validTo", moment::from_json)?,
            rights: members.list("consentRights", Right::read)?,
            message: members.get("requestMessage").map(message).transpose()?,
            redirect_url: members.required("redirectUrl", |text| Some(text.to_owned()))?,
            portal_view_mode: members
                .optional("portalViewMode", PortalViewMode::read)?
                .unwrap_or_default(),
        })
    }
}

impl Right {
    fn read(value: &Value, path: &str) -> Result<Self, InvalidBody> {
        let members = Members::new(value, path)?;
        Ok(Self {
            action: members.list("action", body::text)?,
            resource: members.list("resource", Reference::read)?,
            metadata: members
                .get("metadata")
                .map(|value| metadata(value, path))
                .transpose()?,
        })
    }
}

impl Reference {
    fn read(value: &Value, path: &str) -> Result<Self, InvalidBody> {
        let members = Members::new(value, path)?;
        Ok(Self {
            kind: members.required("type", |text| Some(text.to_owned()))?,
            value: members.required("value", |text| Some(text.to_owned()))?,
        })
    }
}

impl PortalViewMode {
    fn read(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "hide" => Some(Self::Hide),
            "show" => Some(Self::Show),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hide => "Hide",
            Self::Show => "Show",
        }
    }
}

/// Reads a text with one member for each language.
fn message(value: &Value) -> Result<Value, InvalidBody> {
    texts(value, "$.requestMessage").map(|_| value.clone())
}

fn metadata(value: &Value, path: &str) -> Result<Vec<(String, String)>, InvalidBody> {
    texts(value, &format!("{path}.metadata"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body() -> Value {
        json!({
            "ID": "0198a000-1111-7222-8333-444455556666",
            "From": "urn:altinn:person:identifier-no:14858512450",
            "to": "urn:altinn:organization:identifier-no:310000205",
            "validTo": "2030-09-05T12:00:00.1234567+02:00",
            "consentrights": [{ "action": ["consent"], "resource": [{ "type": "urn:altinn:resource", "value": "x" }], "metaData": { "A": "1" } }],
            "redirectUrl": "https://bank.example/",
            "portalViewMode": "SHOW",
            "somethingNew": 1,
        })
    }

    #[test]
    fn names_are_read_in_any_letter_case_and_microseconds_kept() {
        let draft = Draft::read(body().to_string().as_bytes()).unwrap();
        assert_eq!(draft.valid_to.nanosecond(), 123_456_000);
        assert_eq!(draft.portal_view_mode, PortalViewMode::Show);
        assert_eq!(
            draft.rights[0].metadata,
            Some(vec![("A".into(), "1".into())])
        );
        assert_eq!(draft.required_delegator, None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (member, value, path) in [
            ("ID", json!("7"), "$.id"),
            ("ID", json!(null), "$"),
            ("ID", json!("0198a000111172228333444455556666"), "$.id"),
            (
                "ID",
                json!("{0198a000-1111-7222-8333-444455556666}"),
                "$.id",
            ),
            ("requestMessage", json!("hei"), "$.requestMessage"),
            ("requestMessage", json!(["hei"]), "$.requestMessage"),
            ("requestMessage", json!({ "nb": 1 }), "$.requestMessage.nb"),
            ("From", json!("14858512450"), "$.from"),
            ("validTo", json!("05.09.2030"), "$.validTo"),
            ("redirectUrl", json!(null), "$"),
            ("consentrights", json!({}), "$.consentRights"),
            (
                "consentrights",
                json!([{ "action": "consent" }]),
                "$.consentRights[0].action",
            ),
            (
                "consentrights",
                json!([{ "action": [], "resource": [], "metadata": { "a": 1 } }]),
                "$.consentRights[0].metadata.a",
            ),
            ("portalViewMode", json!("maybe"), "$.portalViewMode"),
        ] {
            let mut body = body();
            body[member] = value;
            assert_eq!(
                Draft::read(body.to_string().as_bytes()).unwrap_err().path,
                path,
                "{member}"
            );
        }
        assert_eq!(Draft::read(b"[").unwrap_err().path, "$");
    }
}
