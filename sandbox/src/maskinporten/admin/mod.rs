//! Maskinporten's part of the admin address: switches and signing keys, which are the sandbox's
//! own, and what the real service has a self-service API for (`api.samarbeid.digdir.no`), with its
//! members.
//!
//! | route, under `/maskinporten` | |
//! |---|---|
//! | `GET /switches`, `PUT` | [`Switches`]; absent ones have their defaults |
//! | `POST /keys/publish`, `/keys/switch`, `/keys/retire` | the keys that tokens are signed with |
//! | `GET /organisations`, `POST` | `{"orgno", "name"}`: who can have clients and access |
//! | `GET /scopes`, `POST`, `PUT ?scope=…`, `DELETE ?scope=…` | scopes, by their owners |
//! | `GET /scopes/all` | active scopes that are visible to all |
//! | `GET /scopes/access?scope=…`, `PUT /scopes/access/{orgno}?scope=…`, `DELETE` | who has access |
//! | `GET /delegationsources` | where a scope can be delegated |
//! | `GET /clients`, `POST`, `GET /clients/{id}`, `PUT`, `DELETE` | clients |
//! | `GET /clients/{id}/jwks`, `POST`, `PUT`, `DELETE` | a client's keys: up to five, replaced together |
//!
//! Altinn, which Maskinporten consults, has an admin API of its own: delegations, system users and
//! consents.
//!
//! Differences from the real one: there is no login, so the clients and scopes of any organisation
//! can be changed; a client can have any existing scope, with or without its organisation's access.
//! As there, deletion deactivates an entry, which cannot be created again. Assumptions: the
//! optional members, and all statuses and texts but 409.

mod access;
mod client;
mod jwks;
mod organisation;
mod problem;
mod scope;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;

use super::switches::Switches;
use crate::maskinporten::state::Maskinporten;

/// Returns the routes of Maskinporten's admin API.
pub(crate) fn router(maskinporten: Arc<Maskinporten>) -> Router {
    let ours = Router::new()
        .route("/switches", get(switches).put(set_switches))
        .route("/keys/publish", post(publish))
        .route("/keys/switch", post(switch))
        .route("/keys/retire", post(retire));
    let self_service = organisation::routes()
        .merge(scope::routes())
        .merge(access::routes())
        .merge(client::routes())
        .merge(jwks::routes());
    let routes = ours.merge(self_service).with_state(maskinporten);
    Router::new().nest("/maskinporten", routes)
}

async fn switches(State(maskinporten): State<Arc<Maskinporten>>) -> Json<Switches> {
    Json(maskinporten.switches())
}

async fn set_switches(
    State(maskinporten): State<Arc<Maskinporten>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    maskinporten.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn publish(State(maskinporten): State<Arc<Maskinporten>>) -> StatusCode {
    match tokio::task::spawn_blocking(move || maskinporten.publish_next_key()).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn switch(State(maskinporten): State<Arc<Maskinporten>>) -> StatusCode {
    done(maskinporten.switch_key())
}

async fn retire(State(maskinporten): State<Arc<Maskinporten>>) -> StatusCode {
    done(maskinporten.retire_key())
}

fn done(done: bool) -> StatusCode {
    if done {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::CONFLICT
    }
}
