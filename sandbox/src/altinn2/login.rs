//! Login of enterprise users (virksomhetsbrukere): name and password over two-way TLS, for a
//! cookie.
//!
//! Source: Altinn, "Virksomhetsbrukere" and the interface's description. The simulated interfaces
//! never require the cookie: requests and tokens concern the organisation. The same login with
//! Maskinporten's token is at Altinn 3, where it has been answered with 410 since Altinn 2 closed.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};
use serde::Deserialize;

use super::call::Call;
use super::refusal::{self, Refusal};
use super::state::Altinn2;
use crate::kit::random;

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    Router::new().route("/api/authentication/authenticatewithpassword", post(log_in))
}

/// Body of a login request. Letter case matters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    user_name: String,
    user_password: String,
}

async fn log_in(State(altinn2): State<Arc<Altinn2>>, call: Call, body: Bytes) -> Response {
    match session(&altinn2, &call, &body) {
        Ok(session) => {
            let cookie = format!(".ASPXAUTH={session}; path=/; secure; HttpOnly");
            (StatusCode::OK, [(header::SET_COOKIE, cookie)]).into_response()
        }
        Err(refusal) => altinn2.refuse(&refusal),
    }
}

fn session(altinn2: &Altinn2, call: &Call, body: &[u8]) -> Result<String, Refusal> {
    let organisation = call.certified().ok_or(refusal::NO_ORGANISATION)?;
    let shown: Credentials = serde_json::from_slice(body).map_err(|_| refusal::UNREADABLE)?;
    let user = &altinn2.enterprise_user;
    let is_user = organisation == user.organisation
        && shown.user_name == user.name
        && shown.user_password == user.password;
    if !is_user {
        return Err(refusal::LOGIN);
    }
    random::token().map_err(|_| refusal::BROKEN)
}
