//! What a token is asked for, and how that is written between components.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::inbound::{Arrived, Query};
use crate::problem::{Kind, Problem};

/// The fields of a request in the form of RFC 6749 and RFC 9396.
const FIELDS: &[&str] = &["scope", "resource", "authorization_details", "skip_cache"];

/// The longest `scope` and the largest `authorization_details`, in bytes.
const LONGEST_SCOPE: usize = 1024;
const LARGEST_DETAILS: usize = 4096;

/// What a token shall be good for. Two that mean the same are equal.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Ask {
    /// Sorted, each once.
    scopes: Vec<String>,
    /// RFC 8707.
    resource: Option<String>,
    /// RFC 9396 as JSON with sorted members. It may name a person.
    authorization_details: Option<String>,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Ask {
    /// For `scope`, a space-separated list (RFC 6749 §3.3).
    pub fn new(scope: &str) -> Result<Self, AskError> {
        let mut scopes: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let printable = |scope: &String| {
            scope
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
        };
        if scopes.is_empty() || scope.len() > LONGEST_SCOPE || !scopes.iter().all(printable) {
            return Err(AskError::Scope);
        }
        Ok(Self {
            scopes,
            resource: None,
            authorization_details: None,
        })
    }

    /// For one API alone: an absolute address without a fragment (RFC 8707 §2).
    pub fn resource(mut self, resource: &str) -> Result<Self, AskError> {
        let address = url::Url::parse(resource).map_err(|_| AskError::Resource)?;
        if address.fragment().is_some() {
            return Err(AskError::Resource);
        }
        self.resource = Some(resource.to_owned());
        Ok(self)
    }

    /// With `details`, an array of one object that has a `type` (Digdir: one system user or consent for each token).
    pub fn authorization_details(mut self, details: &Value) -> Result<Self, AskError> {
        let text = canonical(details);
        let [detail] = details.as_array().map(Vec::as_slice).unwrap_or_default() else {
            return Err(AskError::Details);
        };
        if detail.get("type").and_then(Value::as_str).is_none() || text.len() > LARGEST_DETAILS {
            return Err(AskError::Details);
        }
        self.authorization_details = Some(text);
        Ok(self)
    }

    /// The scopes, sorted.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The scopes as one text.
    pub fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    pub(crate) fn resource_text(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    pub(crate) fn details(&self) -> Option<&str> {
        self.authorization_details.as_deref()
    }

    /// The `type` of the details.
    pub(crate) fn details_type(&self) -> Option<String> {
        let details: Value = serde_json::from_str(self.details()?).ok()?;
        Some(details.get(0)?.get("type")?.as_str()?.to_owned())
    }

    /// As a form, for the token component.
    pub(super) fn form(&self, skip_cache: bool) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("scope", &self.scope());
        if let Some(resource) = &self.resource {
            form.append_pair("resource", resource);
        }
        if let Some(details) = &self.authorization_details {
            form.append_pair("authorization_details", details);
        }
        if skip_cache {
            form.append_pair("skip_cache", "true");
        }
        form.finish()
    }

    /// From a form or JSON, with `skip_cache`.
    pub(super) fn read<H>(arrived: &Arrived<H>) -> Result<(Self, bool), Problem> {
        let written = if arrived.is_media_type("application/json") {
            arrived.json()?
        } else {
            Written::from_form(&arrived.form(FIELDS)?)?
        };
        written
            .read()
            .map_err(|error| Problem::new(Kind::RequestInvalid).detail(error.to_string()))
    }
}

/// A request as it was written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    scope: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    authorization_details: Option<Value>,
    #[serde(default)]
    skip_cache: bool,
}

impl Written {
    fn from_form(form: &Query) -> Result<Self, Problem> {
        let invalid = |detail: &str| Problem::new(Kind::RequestInvalid).detail(detail);
        let details = form
            .get("authorization_details")
            .map(serde_json::from_str)
            .transpose();
        Ok(Self {
            scope: form.get("scope").unwrap_or_default().to_owned(),
            resource: form.get("resource").map(str::to_owned),
            authorization_details: details
                .map_err(|_| invalid("authorization_details is not JSON"))?,
            skip_cache: match form.get("skip_cache") {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return Err(invalid("skip_cache is true or false")),
            },
        })
    }

    fn read(self) -> Result<(Ask, bool), AskError> {
        let mut ask = Ask::new(&self.scope)?;
        if let Some(resource) = &self.resource {
            ask = ask.resource(resource)?;
        }
        if let Some(details) = &self.authorization_details {
            ask = ask.authorization_details(details)?;
        }
        Ok((ask, self.skip_cache))
    }
}

/// JSON with the members of each object in order, so that what means the same is written the same.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let members = members.into_iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        simple => simple.to_string(),
    }
}

/// Why something cannot be asked for.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum AskError {
    /// Empty, too long, or with characters that no scope has.
    #[error("scope must be a space-separated list of scopes")]
    Scope,
    /// Not an absolute address, or with a fragment.
    #[error("resource must be an absolute address without a fragment")]
    Resource,
    /// Not an array of one object with a `type`, or too large.
    #[error("authorization_details must be an array of one object with a type")]
    Details,
}
