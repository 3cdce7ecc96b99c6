//! Errors of the self-service API, in the shape of the real one's.
//!
//! Assumption: the answer to a body that cannot be read; no such answer has been seen.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::kit::journal::JournalNote;

/// Reason for refusing a change.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// The member that is wrong, where it is one.
    member: Option<&'static str>,
    text: String,
}

impl Problem {
    /// Refuses the body as a whole.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            member: None,
            text: text.into(),
        }
    }

    /// Refuses the value of one member of the body.
    pub(super) fn member(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            member: Some(name),
            ..Self::bad(text)
        }
    }

    /// Reports a missing entry.
    pub(super) fn missing(text: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            ..Self::bad(text)
        }
    }

    /// Reports a name that is already taken, active or not.
    pub(super) fn taken(text: impl Into<String>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            ..Self::bad(text)
        }
    }
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    status: u16,
    timestamp: String,
    correlation_id: Uuid,
    error: &'a str,
    error_description: &'a str,
    errors: Vec<Detail<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    error_message: &'a str,
    is_field_error: bool,
    object_name: &'a str,
    field_identifier: &'a str,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let detail = self.member.map(|member| Detail {
            error_message: &self.text,
            is_field_error: true,
            object_name: "request",
            field_identifier: member,
        });
        let description = match self.member {
            Some(member) => format!("{member}: {}", self.text),
            None => self.text.clone(),
        };
        let body = Body {
            status: self.status.as_u16(),
            timestamp: OffsetDateTime::now_utc()
                .format(&Rfc3339)
                .unwrap_or_default(),
            correlation_id: Uuid::new_v4(),
            error: match self.status {
                StatusCode::NOT_FOUND => "not_found",
                StatusCode::CONFLICT => "conflict",
                _ => "invalid_request",
            },
            error_description: &description,
            errors: detail.into_iter().collect(),
        };
        (
            self.status,
            Extension(JournalNote(description.clone())),
            Json(body),
        )
            .into_response()
    }
}

/// JSON body, regardless of its `Content-Type`.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| Problem::bad(error.to_string()))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Problem::bad(error.to_string()))
    }
}
