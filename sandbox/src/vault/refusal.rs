//! Refusals of the vault, in its own words: `{"errors": […]}`.

use ::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::kit::journal::JournalNote;

/// Reason for refusing a request.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The vault is sealed.
    Sealed,
    /// The request has no token.
    NoToken,
    /// The token is not one, or no longer.
    InvalidToken,
    /// The token's policy does not allow it.
    Denied,
    /// The request is invalid, for this reason.
    Bad(String),
    /// The secret is not found.
    NotFound,
    /// The path belongs to no engine or method.
    NoRoute(String),
    /// The path does not support the operation.
    Unsupported,
    /// Failure that the real vault takes for its own.
    Failed(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, errors) = self.content();
        let note = JournalNote(errors.as_ref().map_or_else(String::new, |error| {
            error.split_whitespace().collect::<Vec<_>>().join(" ")
        }));
        let errors: Vec<_> = errors.into_iter().collect();
        (status, Extension(note), Json(json!({ "errors": errors }))).into_response()
    }
}

impl Refusal {
    fn content(self) -> (StatusCode, Option<String>) {
        match self {
            Self::Sealed => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some("Vault is sealed".to_owned()),
            ),
            Self::NoToken => (StatusCode::FORBIDDEN, Some("permission denied".to_owned())),
            Self::InvalidToken => (
                StatusCode::FORBIDDEN,
                Some(occurred(&["permission denied", "invalid token"])),
            ),
            Self::Denied => (
                StatusCode::FORBIDDEN,
                Some(occurred(&["permission denied"])),
            ),
            Self::Bad(reason) => (StatusCode::BAD_REQUEST, Some(reason)),
            Self::NotFound => (StatusCode::NOT_FOUND, None),
            Self::NoRoute(path) => (
                StatusCode::NOT_FOUND,
                Some(format!(
                    "no handler for route \"{path}\". route entry not found."
                )),
            ),
            Self::Unsupported => (
                StatusCode::METHOD_NOT_ALLOWED,
                Some(occurred(&["unsupported operation"])),
            ),
            Self::Failed(reason) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Some(occurred(&[&reason])),
            ),
        }
    }
}

/// Formats errors as the real vault does: the count, then a list.
fn occurred(errors: &[&str]) -> String {
    let count = match errors {
        [_] => "1 error".to_owned(),
        _ => format!("{} errors", errors.len()),
    };
    format!("{count} occurred:\n\t* {}\n\n", errors.join("\n\t* "))
}
