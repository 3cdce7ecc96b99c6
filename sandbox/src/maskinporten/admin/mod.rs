//! Maskinporten's part of the admin address: switches and signing keys, which are the sandbox's own,
//! and what the real service has a self-service API for (`api.samarbeid.digdir.no`), with its members.
//!
//! | route, under `/maskinporten` | |
//! |---|---|
//! | `GET /switches`, `PUT` | [`Switches`]; absent ones have their defaults |
//! | `POST /keys/publish`, `/keys/switch`, `/keys/retire` | the keys that tokens are signed with |
//! | `GET /organisations`, `POST` | `{"orgno", "name"}`: who can have clients and access |
//! | `GET /scopes`, `POST`, `PUT ?scope=…`, `DELETE ?scope=…` | scopes, by their owners |
//! | `GET /scopes/all` | those in use that everybody sees |
//! | `GET /scopes/access?scope=…`, `PUT /scopes/access/{orgno}?scope=…`, `DELETE` | who has access |
//! | `GET /delegationsources` | where a scope can be delegated |
//! | `GET /clients`, `POST`, `GET /clients/{id}`, `PUT`, `DELETE` | clients |
//! | `GET /clients/{id}/jwks`, `POST`, `PUT`, `DELETE` | a client's keys: up to five, replaced together |
//!
//! Who is asked by Maskinporten, Altinn, has its own: delegations, system users and consents.
//!
//! Where this differs from the real one: nobody has to log in, so everybody's clients and scopes can
//! be changed; a client can have any scope that there is, whether its organisation has access or not.
//! As there, what is deleted is put out of use, and cannot be made anew. Assumptions: which members
//! may be left out, and every status and text but 409.

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
use crate::world::World;

/// The routes.
pub(crate) fn router() -> Router<Arc<World>> {
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
    Router::new().nest("/maskinporten", ours.merge(self_service))
}

async fn switches(State(world): State<Arc<World>>) -> Json<Switches> {
    Json(world.maskinporten.switches())
}

async fn set_switches(
    State(world): State<Arc<World>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    world.maskinporten.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn publish(State(world): State<Arc<World>>) -> StatusCode {
    match tokio::task::spawn_blocking(move || world.maskinporten.publish_next_key()).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn switch(State(world): State<Arc<World>>) -> StatusCode {
    done(world.maskinporten.switch_key())
}

async fn retire(State(world): State<Arc<World>>) -> StatusCode {
    done(world.maskinporten.retire_key())
}

fn done(done: bool) -> StatusCode {
    if done {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::CONFLICT
    }
}
