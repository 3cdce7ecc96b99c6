//! What the sidecar answers: a token or a refusal, in OAuth's form (RFC 6749 §5), with the members that texas has
//! and no others, as some clients refuse what they do not know.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A token.
#[derive(Serialize)]
pub(super) struct Granted {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    /// What is left, in seconds.
    pub(super) expires_in: u64,
}

/// Why there is none.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) error: String,
    pub(super) description: String,
    pub(super) retry_after: Option<HeaderValue>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, error: &str, description: impl Into<String>) -> Self {
        Self {
            status,
            error: error.to_owned(),
            description: description.into(),
            retry_after: None,
        }
    }

    /// The caller's mistake. Texas has 400 for every one, an unknown media type and too large a body too.
    pub(super) fn invalid(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// The app gave no answer that could be passed on. Texas has 500 for that.
    pub(super) fn failed(description: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            description,
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: String,
            error_description: String,
        }
        let body = Body {
            error: self.error,
            error_description: self.description,
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
