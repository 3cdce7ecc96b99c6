//! Refusals of Altinn's platform, in each of their formats.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::body::InvalidBody;
use super::problem::{self, Problem};
use super::state::Altinn;
use crate::kit::journal::JournalNote;

/// Reason for refusing a call.
pub(super) enum Refused {
    /// Status code with an empty body.
    Bare(StatusCode),
    /// Status 500 with an empty body; only the journal has the reason.
    Failed(&'static str),
    /// Status code with a line of text.
    Text(StatusCode, String),
    /// Unreadable body, refused in the web framework's format.
    InvalidBody(InvalidBody),
    /// Problem documents with codes.
    Problems(Vec<Problem>),
}

impl From<StatusCode> for Refused {
    fn from(status: StatusCode) -> Self {
        Self::Bare(status)
    }
}

impl From<InvalidBody> for Refused {
    fn from(unreadable: InvalidBody) -> Self {
        Self::InvalidBody(unreadable)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl Refused {
    /// Builds the answer, with the codes in the journal.
    pub(super) fn response(self, altinn: &Altinn) -> Response {
        match self {
            Self::Bare(status) => status.into_response(),
            Self::Failed(reason) => {
                let note = JournalNote(reason.to_owned());
                (StatusCode::INTERNAL_SERVER_ERROR, Extension(note)).into_response()
            }
            Self::Text(status, text) => (status, text).into_response(),
            Self::InvalidBody(InvalidBody { path, message }) => {
                problem::unreadable(&path, &message)
            }
            Self::Problems(problems) => {
                let format = altinn.switches().problem_format;
                let mut response = problem::response(&problems, format);
                let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
                response
                    .extensions_mut()
                    .insert(JournalNote(codes.join(", ")));
                response
            }
        }
    }
}

/// Builds the answer to a reading call: 200, or the refusal.
pub(super) fn answer(altinn: &Altinn, outcome: Result<Value, Refused>) -> Response {
    match outcome {
        Ok(document) => body_of(&document).into_response(),
        Err(refused) => refused.response(altinn),
    }
}

/// Returns whether the request declares its body as JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Returns the document with its media type.
pub(super) fn body_of(document: &Value) -> impl IntoResponse + use<> {
    let kind = (header::CONTENT_TYPE, "application/json; charset=utf-8");
    ([kind], document.to_string())
}
