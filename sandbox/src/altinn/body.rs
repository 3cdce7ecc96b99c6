//! Bodies of calls, parsed as in ASP.NET: case-insensitive member names, unknown members ignored,
//! and the framework's own answer to a value outside the contract.

use serde_json::{Map, Value};
use uuid::Uuid;

/// Error: the body does not match the documented contract.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct InvalidBody {
    /// Path of the member, as in `$.validTo`.
    pub(super) path: String,
    pub(super) message: String,
}

/// Parses the body as JSON. `what` names the expected content in the error.
pub(super) fn value(body: &[u8], what: &str) -> Result<Value, InvalidBody> {
    serde_json::from_slice(body).map_err(|_| {
        let message = format!("The JSON value could not be converted to {what}.");
        InvalidBody::at("$", message)
    })
}

impl InvalidBody {
    pub(super) fn at(path: &str, message: impl Into<String>) -> Self {
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

    pub(super) fn missing(path: &str, name: &str) -> Self {
        Self::at(
            path,
            format!(
                "JSON deserialization was missing required properties, including the following: {name}"
            ),
        )
    }
}

/// Object with case-insensitive member names; `null` counts as absent.
pub(super) struct Members<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Members<'a> {
    pub(super) fn new(value: &'a Value, path: &'a str) -> Result<Self, InvalidBody> {
        value
            .as_object()
            .map(|object| Self { object, path })
            .ok_or_else(|| InvalidBody::value(path))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidBody> {
        let path = format!("{}.{name}", self.path);
        self.get(name)
            .map(|value| {
                value
                    .as_str()
                    .and_then(&read)
                    .ok_or_else(|| InvalidBody::value(&path))
            })
            .transpose()
    }

    pub(super) fn required<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, InvalidBody> {
        self.optional(name, read)?
            .ok_or_else(|| InvalidBody::missing(self.path, name))
    }

    /// Returns the items of a required list.
    pub(super) fn list<T>(
        &self,
        name: &str,
        read: impl Fn(&Value, &str) -> Result<T, InvalidBody>,
    ) -> Result<Vec<T>, InvalidBody> {
        self.get(name)
            .ok_or_else(|| InvalidBody::missing(self.path, name))?;
        self.optional_list(name, read)
    }

    /// Returns the items of an optional list; an absent one counts as empty.
    pub(super) fn optional_list<T>(
        &self,
        name: &str,
        read: impl Fn(&Value, &str) -> Result<T, InvalidBody>,
    ) -> Result<Vec<T>, InvalidBody> {
        let path = format!("{}.{name}", self.path);
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let items = value.as_array().ok_or_else(|| InvalidBody::value(&path))?;
        items
            .iter()
            .enumerate()
            .map(|(index, item)| read(item, &format!("{path}[{index}]")))
            .collect()
    }

    /// Returns an optional flag.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, InvalidBody> {
        let path = format!("{}.{name}", self.path);
        self.get(name)
            .map(|value| value.as_bool().ok_or_else(|| InvalidBody::value(&path)))
            .transpose()
    }
}

/// Returns the value as a string, or an error that names `path`.
pub(super) fn text(value: &Value, path: &str) -> Result<String, InvalidBody> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| InvalidBody::value(path))
}

/// Parses an identifier in a body: 32 hexadecimal digits in groups, without braces. In paths and
/// queries .NET parses every form.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == uuid::fmt::Hyphenated::LENGTH)
        .then(|| Uuid::parse_str(text).ok())
        .flatten()
}

/// Parses a dictionary of texts; `null` counts as empty.
pub(super) fn texts(value: &Value, path: &str) -> Result<Vec<(String, String)>, InvalidBody> {
    let object = value.as_object().ok_or_else(|| InvalidBody::value(path))?;
    object
        .iter()
        .map(|(key, value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            Value::Null => Ok((key.clone(), String::new())),
            _ => Err(InvalidBody::value(&format!("{path}.{key}"))),
        })
        .collect()
}
