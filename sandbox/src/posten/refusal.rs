//! Posten's error documents.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::answer::{Element, Style};

/// What is answered instead of what was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = Element::new("error").with([
            Element::text("error-code", self.code),
            Element::text("error-message", &self.message),
            Element::text("error-type", "CLIENT"),
        ]);
        let headers = [(header::CONTENT_TYPE, "application/xml")];
        (self.status, headers, error.document(Style::Prefixed)).into_response()
    }
}
