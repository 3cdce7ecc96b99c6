//! Refusals of the lookup.

use axum::Json;
use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

use crate::kit::journal::JournalNote;

/// Reason for refusing a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    Input(&'static str),
    Unauthenticated,
    NotAuthorised,
    /// A wrong address or an unknown person: the documentation has one row for both.
    NotFound,
    Format,
    /// Too many calls; holds the wait in milliseconds.
    TooMany(u64),
}

impl Refusal {
    pub(super) fn response(self) -> Response {
        let (status, text) = match self {
            Self::Input(text) => (StatusCode::BAD_REQUEST, text),
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "Autentiseringsinformasjon mangler",
            ),
            Self::NotAuthorised => (
                StatusCode::FORBIDDEN,
                "Virksomheten mangler autorisasjon for tjenesten",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "Fant ikke ressursen"),
            Self::Format => (StatusCode::NOT_ACCEPTABLE, "Formatet støttes ikke"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "For mange kall"),
        };
        let note = Extension(JournalNote(format!("{}: {text}", status.as_u16())));
        let body = Json(json!({ "kode": "FREG-001", "melding": text }));
        let mut response = (status, note, body).into_response();
        if let Self::TooMany(milliseconds) = self {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, milliseconds.into());
        }
        response
    }
}
