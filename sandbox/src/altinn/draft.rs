//! The body of a create call, read as ASP.NET reads it: member names in any letter case, unknown
//! members ignored, and an answer of the framework's own where a value does not fit the contract.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::party::Party;

/// What the caller asks for, unchecked.
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

/// One thing that is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Right {
    pub(super) action: Vec<String>,
    pub(super) resource: Vec<Reference>,
    /// Keys as the caller spelt them.
    pub(super) metadata: Option<Vec<(String, String)>>,
}

/// Which resource is meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reference {
    pub(super) kind: String,
    pub(super) value: String,
}

/// Whether the portal lists the request before it is answered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum PortalViewMode {
    #[default]
    Hide,
    Show,
}

/// The body does not fit the contract.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Unreadable {
    /// Where, as in `$.validTo`.
    pub(super) path: String,
    pub(super) message: String,
}

impl Draft {
    /// Reads the body.
    pub(super) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let value: Value = serde_json::from_slice(body).map_err(|_| {
            Unreadable::at(
                "$",
                "The JSON value could not be converted to the consent request.",
            )
        })?;
        let members = Members::of(&value, "$")?;
        Ok(Self {
            id: members.required("id", |text| Uuid::parse_str(text).ok())?,
            from: members.required("from", |urn| urn.parse().ok())?,
            to: members.required("to", |urn| urn.parse().ok())?,
            required_delegator: members.optional("requiredDelegator", |urn| urn.parse().ok())?,
            valid_to: members.required("validTo", moment)?,
            rights: members.list("consentRights", Right::read)?,
            message: members.get("requestMessage").cloned(),
            redirect_url: members.required("redirectUrl", |text| Some(text.to_owned()))?,
            portal_view_mode: members
                .optional("portalViewMode", PortalViewMode::read)?
                .unwrap_or_default(),
        })
    }
}

impl Right {
    fn read(value: &Value, path: &str) -> Result<Self, Unreadable> {
        let members = Members::of(value, path)?;
        Ok(Self {
            action: members.list("action", |item, path| {
                item.as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| Unreadable::value(path))
            })?,
            resource: members.list("resource", Reference::read)?,
            metadata: members
                .get("metadata")
                .map(|value| metadata(value, path))
                .transpose()?,
        })
    }
}

impl Reference {
    fn read(value: &Value, path: &str) -> Result<Self, Unreadable> {
        let members = Members::of(value, path)?;
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

impl Unreadable {
    fn at(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn value(path: &str) -> Self {
        Self::at(
            path,
            format!("The JSON value could not be converted. Path: {path}."),
        )
    }

    fn missing(path: &str, name: &str) -> Self {
        Self::at(
            path,
            format!(
                "JSON deserialization was missing required properties, including the following: {name}"
            ),
        )
    }
}

/// An object whose members are found whatever their letter case; `null` is as good as absent.
struct Members<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Members<'a> {
    fn of(value: &'a Value, path: &'a str) -> Result<Self, Unreadable> {
        value
            .as_object()
            .map(|object| Self { object, path })
            .ok_or_else(|| Unreadable::value(path))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    fn optional<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        let path = format!("{}.{name}", self.path);
        self.get(name)
            .map(|value| {
                value
                    .as_str()
                    .and_then(&read)
                    .ok_or_else(|| Unreadable::value(&path))
            })
            .transpose()
    }

    fn required<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Unreadable> {
        self.optional(name, read)?
            .ok_or_else(|| Unreadable::missing(self.path, name))
    }

    fn list<T>(
        &self,
        name: &str,
        read: impl Fn(&Value, &str) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, Unreadable> {
        let path = format!("{}.{name}", self.path);
        let value = self
            .get(name)
            .ok_or_else(|| Unreadable::missing(self.path, name))?;
        let items = value.as_array().ok_or_else(|| Unreadable::value(&path))?;
        items
            .iter()
            .enumerate()
            .map(|(index, item)| read(item, &format!("{path}[{index}]")))
            .collect()
    }
}

/// Seconds with any number of decimals; what is finer than a microsecond is dropped, as the database does.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    moment
        .replace_nanosecond(moment.microsecond().saturating_mul(1000))
        .ok()
}

fn metadata(value: &Value, path: &str) -> Result<Vec<(String, String)>, Unreadable> {
    let path = format!("{path}.metadata");
    let object = value.as_object().ok_or_else(|| Unreadable::value(&path))?;
    object
        .iter()
        .map(|(key, value)| {
            let text = value
                .as_str()
                .ok_or_else(|| Unreadable::value(&format!("{path}.{key}")))?;
            Ok((key.clone(), text.to_owned()))
        })
        .collect()
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
            ("From", json!("14858512450"), "$.from"),
            ("validTo", json!("2030-09-05"), "$.validTo"),
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
