//! Log-in and log-out of a person at a portal.

use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::people::person_named;
use crate::kit::html;
use crate::kit::session::Sessions;

/// Form of a portal's log-in page.
#[derive(Debug, Deserialize)]
pub(crate) struct LogIn {
    /// Handle, such as `ragna`.
    person: String,
}

impl LogIn {
    /// Opens a session for the person and sends the browser to `next`, if the form is one of
    /// `origin`.
    pub(crate) fn open(
        &self,
        sessions: &Sessions<&'static str>,
        headers: &HeaderMap,
        origin: &str,
        next: &str,
    ) -> Response {
        match person_named(&self.person).filter(|_| html::is_own(headers, origin)) {
            Some(person) => {
                let cookie = html::set_cookie(sessions.cookie(), &sessions.open(person.number));
                ([cookie], Redirect::to(next)).into_response()
            }
            None => StatusCode::FORBIDDEN.into_response(),
        }
    }
}

/// Ends the session of a request and sends the browser to `next`.
pub(crate) fn log_out(
    sessions: &Sessions<&'static str>,
    headers: &HeaderMap,
    next: &str,
) -> Response {
    sessions.close(headers);
    let ended = html::drop_cookie(sessions.cookie());
    ([ended], Redirect::to(next)).into_response()
}
