//! The log-in of enterprise users (virksomhetsbrukere): name and password over two-way TLS, for a cookie.
//!
//! Source: Altinn, "Virksomhetsbrukere" and the interface's description. Nothing of what is simulated here asks for the
//! cookie: requests and tokens are the organisation's affair. The same log-in with Maskinporten's token is at Altinn 3, where
//! it has been answered with 410 since Altinn 2 closed.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::caller::Call;
use super::refusal::{self, Refusal};
use crate::consumer::FJORDBANKEN;
use crate::random;
use crate::world::World;

/// An enterprise user.
#[derive(Clone, Debug, Serialize)]
pub struct EnterpriseUser {
    /// The organisation whose certificate it logs in with.
    pub organisation: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its password, new at each start.
    pub password: String,
}

impl EnterpriseUser {
    /// Fjordbanken's.
    pub(super) fn demo() -> anyhow::Result<Self> {
        Ok(Self {
            organisation: FJORDBANKEN,
            name: "fjordbanken-integration",
            password: random::token()?,
        })
    }
}

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route("/api/authentication/authenticatewithpassword", post(log_in))
}

/// What is sent, in no other letter case.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    user_name: String,
    user_password: String,
}

async fn log_in(State(world): State<Arc<World>>, call: Call, body: Bytes) -> Response {
    match session(&world, &call, &body) {
        Ok(session) => {
            let cookie = format!(".ASPXAUTH={session}; path=/; secure; HttpOnly");
            (StatusCode::OK, [(header::SET_COOKIE, cookie)]).into_response()
        }
        Err(refusal) => world.altinn2.refuse(&refusal),
    }
}

fn session(world: &World, call: &Call, body: &[u8]) -> Result<String, Refusal> {
    let organisation = call.certified().ok_or(refusal::NO_ORGANISATION)?;
    let shown: Credentials = serde_json::from_slice(body).map_err(|_| refusal::UNREADABLE)?;
    let user = &world.altinn2.enterprise_user;
    let is_user = organisation == user.organisation
        && shown.user_name == user.name
        && shown.user_password == user.password;
    if !is_user {
        return Err(refusal::LOGIN);
    }
    random::token().map_err(|_| refusal::BROKEN)
}
