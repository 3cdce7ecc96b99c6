//! Errors of Altinn: codes, texts and formats.
//!
//! Source: the public code of Altinn's access management and of its problem library.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Problem document (RFC 9457) of Altinn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// `AM-…` or `STD-…`.
    pub code: &'static str,
    /// HTTP status of the problem when it is the only one.
    pub status: StatusCode,
    /// Fixed text of the code.
    pub text: &'static str,
    /// Extension members.
    members: Vec<(String, String)>,
    /// Faults that a validation problem wraps.
    faults: Vec<Fault>,
}

/// Entry of `validationErrors`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// `AM.VLD-…` or `STD.VLD-…`.
    pub code: &'static str,
    /// Fixed text of the code.
    pub detail: &'static str,
    /// Paths of the affected members in the request.
    pub paths: Vec<String>,
    /// Extension members.
    #[serde(flatten)]
    pub members: BTreeMap<String, String>,
}

/// Version of the problem library that the service answers with.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Version 4: the text is in `detail`.
    #[default]
    Version4,
    /// Version 6: the text is in `title`, `type` is a URN, and there is a `traceId`.
    Version6,
}

pub(super) const NOT_AUTHORISED: Problem = Problem::new(
    "AM-00000",
    StatusCode::FORBIDDEN,
    "Not authorized for consent",
);
pub(super) const NOT_FOUND: Problem =
    Problem::new("AM-00001", StatusCode::NOT_FOUND, "Consent not found");
pub(super) const CANNOT_ACCEPT: Problem =
    bad("AM-00002", "Consent have wrong status to be consented");
pub(super) const UNKNOWN_ORGANISATION: Problem =
    bad("AM-00003", "Unknown organization. Could not be found");
pub(super) const UNKNOWN_PERSON: Problem = bad("AM-00004", "Unknown person. Could not be found");
pub(super) const INVALID_RESOURCE: Problem = bad("AM-00005", "Invalid consent resource");
pub(super) const INVALID_METADATA: Problem = bad("AM-00006", "Invalid consent metadata");
pub(super) const MISSING_METADATA_VALUE: Problem = bad("AM-00007", "Missing metadata value");
pub(super) const MISSING_METADATA: Problem = bad("AM-00008", "Missing metadata");
pub(super) const INVALID_COMBINATION: Problem = bad("AM-00009", "Invalid resource combination");
pub(super) const CANNOT_REVOKE: Problem = bad("AM-00010", "Consent cant be revoked.Wrong status");
pub(super) const REVOKED: Problem = bad("AM-00011", "Consent is revoked");
pub(super) const PARTY_MISMATCH: Problem = bad(
    "AM-00012",
    "The consented party does not match the party requested",
);
pub(super) const EXPIRED: Problem = bad("AM-00013", "Consent is expired");
pub(super) const NOT_ACCEPTED: Problem = bad("AM-00014", "Consent is not accepted");
pub(super) const CANNOT_REJECT: Problem = bad("AM-00015", "Consent cant be rejected. Wrong status");
pub(super) const ID_TAKEN: Problem = bad("AM-00016", "Consent with id already exist");

pub(super) const fn bad(code: &'static str, text: &'static str) -> Problem {
    Problem::new(code, StatusCode::BAD_REQUEST, text)
}

/// Reports a time of validity that has passed.
pub(super) fn time_passed(path: &str) -> Fault {
    Fault::at("AM.VLD-00022", "The time need to be in the future", path)
}

/// Reports a request without rights.
pub(super) fn list_empty(path: &str) -> Fault {
    Fault::at("AM.VLD-00023", "The list cant be empty", path)
}

/// Reports an invalid return address.
pub(super) fn redirect_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00027", "Redirect URL is not a valid URL", path)
}

/// The range of the event feed is empty.
pub(super) fn date_range_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00051", "The date range is not valid", path)
}

/// Reports an event type that cannot be requested.
pub(super) fn event_type_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00052", "The event type is not valid", path)
}

/// Reports an invalid continuation token.
pub(super) fn continuation_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00053", "The continuation token is not valid", path)
}

/// Reports an empty required field.
pub(super) fn required(path: &str) -> Fault {
    Fault::at("STD.VLD-00000", "The field is required.", path)
}

impl Fault {
    pub(super) fn at(code: &'static str, detail: &'static str, path: &str) -> Self {
        Self {
            code,
            detail,
            paths: vec![path.to_owned()],
            members: BTreeMap::new(),
        }
    }
}

impl Fault {
    /// Adds an extension member.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.members.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Problem {
    pub(super) const fn new(code: &'static str, status: StatusCode, text: &'static str) -> Self {
        Self {
            code,
            status,
            text,
            members: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Wraps one or more validation errors.
    pub(super) fn validation(faults: Vec<Fault>) -> Self {
        let mut problem = bad("STD-00000", "One or more validation errors occurred.");
        problem.faults = faults;
        problem
    }

    /// Adds an extension member.
    pub(super) fn with(mut self, name: impl Into<String>, value: &impl ToString) -> Self {
        self.members.push((name.into(), value.to_string()));
        self
    }

    /// Returns the faults in a validation problem.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    fn document(&self, format: Format) -> Map<String, Value> {
        let mut document = head(self.code, self.status, self.text, format);
        if !self.faults.is_empty() {
            document.insert("validationErrors".into(), json!(self.faults));
        }
        for (name, value) in &self.members {
            document.insert(name.clone(), json!(value));
        }
        document
    }
}

/// Builds the answer for one or several problems. The status for several is 500, whatever their own
/// statuses.
pub(super) fn response(problems: &[Problem], format: Format) -> Response {
    let (status, document) = match problems {
        [only] => (only.status, only.document(format)),
        several => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            let mut document = head("STD-00001", status, "Multiple problems occurred.", format);
            let inner: Vec<_> = several
                .iter()
                .map(|problem| problem.document(format))
                .collect();
            document.insert("problems".into(), json!(inner));
            (status, document)
        }
    };
    body(status, &Value::Object(document))
}

/// Builds the framework's answer, not Altinn's, to a body that does not match the contract.
pub(super) fn unreadable(path: &str, message: &str) -> Response {
    let status = StatusCode::BAD_REQUEST;
    body(
        status,
        &json!({
            "type": section(status),
            "title": "One or more validation errors occurred.",
            "status": status.as_u16(),
            "errors": { path: [message] },
        }),
    )
}

fn body(status: StatusCode, document: &Value) -> Response {
    let kind = HeaderValue::from_static("application/problem+json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], document.to_string()).into_response()
}

fn head(code: &str, status: StatusCode, text: &str, format: Format) -> Map<String, Value> {
    let reason = status.canonical_reason().unwrap_or_default();
    let document = match format {
        Format::Version4 => json!({
            "type": section(status),
            "title": reason,
            "status": status.as_u16(),
            "detail": text,
            "code": code,
        }),
        Format::Version6 => json!({
            "type": format!("urn:altinn:error:{code}"),
            "title": text,
            "status": status.as_u16(),
            "code": code,
            "statusDescription": reason,
            "source": "AccessManagement",
            "traceId": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        }),
    };
    match document {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn section(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "https://tools.ietf.org/html/rfc9110#section-15.5.2",
        StatusCode::FORBIDDEN => "https://tools.ietf.org/html/rfc9110#section-15.5.4",
        StatusCode::NOT_FOUND => "https://tools.ietf.org/html/rfc9110#section-15.5.5",
        StatusCode::CONFLICT => "https://tools.ietf.org/html/rfc9110#section-15.5.10",
        StatusCode::INTERNAL_SERVER_ERROR => "https://tools.ietf.org/html/rfc9110#section-15.6.1",
        _ => "https://tools.ietf.org/html/rfc9110#section-15.5.1",
    }
}
