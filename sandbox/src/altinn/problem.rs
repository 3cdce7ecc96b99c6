//! Altinn's errors: codes, texts and the shapes they come in.
//!
//! Source: the public code of Altinn's access management and of its problem library.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One problem.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// `AM-…` or `STD-…`.
    pub code: &'static str,
    /// HTTP status when it stands alone.
    pub status: StatusCode,
    /// The fixed text.
    pub text: &'static str,
    /// Extension members.
    members: Vec<(String, String)>,
    /// What a validation problem wraps.
    faults: Vec<Fault>,
}

/// One entry of `validationErrors`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// `AM.VLD-…` or `STD.VLD-…`.
    pub code: &'static str,
    /// The fixed text.
    pub detail: &'static str,
    /// Where in the request.
    pub paths: Vec<String>,
}

/// Which version of the problem library the service answers with.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// 4: the text stands in `detail`.
    #[default]
    Version4,
    /// 6: the text stands in `title`, `type` is a URN, and there is a `traceId`.
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

const fn bad(code: &'static str, text: &'static str) -> Problem {
    Problem::new(code, StatusCode::BAD_REQUEST, text)
}

/// The time of validity has passed.
pub(super) fn time_passed(path: &str) -> Fault {
    Fault::at("AM.VLD-00022", "The time need to be in the future", path)
}

/// No rights are asked for.
pub(super) fn list_empty(path: &str) -> Fault {
    Fault::at("AM.VLD-00023", "The list cant be empty", path)
}

/// The return address is no address.
pub(super) fn redirect_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00027", "Redirect URL is not a valid URL", path)
}

/// The range of the event feed is empty.
pub(super) fn date_range_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00051", "The date range is not valid", path)
}

/// Not an event type that can be asked for.
pub(super) fn event_type_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00052", "The event type is not valid", path)
}

/// Not a continuation token.
pub(super) fn continuation_invalid(path: &str) -> Fault {
    Fault::at("AM.VLD-00053", "The continuation token is not valid", path)
}

/// A required field is empty.
pub(super) fn required(path: &str) -> Fault {
    Fault::at("STD.VLD-00000", "The field is required.", path)
}

impl Fault {
    fn at(code: &'static str, detail: &'static str, path: &str) -> Self {
        Self {
            code,
            detail,
            paths: vec![path.to_owned()],
        }
    }
}

impl Problem {
    const fn new(code: &'static str, status: StatusCode, text: &'static str) -> Self {
        Self {
            code,
            status,
            text,
            members: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// The wrapper of one or more validation errors.
    pub(super) fn validation(faults: Vec<Fault>) -> Self {
        let mut problem = bad("STD-00000", "One or more validation errors occurred.");
        problem.faults = faults;
        problem
    }

    /// With one more extension member.
    pub(super) fn with(mut self, name: impl Into<String>, value: &impl ToString) -> Self {
        self.members.push((name.into(), value.to_string()));
        self
    }

    /// What a validation problem wraps.
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

/// The answer for one or several problems. Several make a 500, whatever each of them is.
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

/// What the framework, not Altinn, answers to a body that it cannot read into the contract.
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
        StatusCode::FORBIDDEN => "https://tools.ietf.org/html/rfc9110#section-15.5.4",
        StatusCode::NOT_FOUND => "https://tools.ietf.org/html/rfc9110#section-15.5.5",
        StatusCode::INTERNAL_SERVER_ERROR => "https://tools.ietf.org/html/rfc9110#section-15.6.1",
        _ => "https://tools.ietf.org/html/rfc9110#section-15.5.1",
    }
}
