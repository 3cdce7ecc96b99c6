//! Maskinporten's part of the admin address: switches, keys, and who has been granted what.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use super::switches::Switches;
use crate::world::World;

/// The routes.
pub(crate) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/maskinporten/switches", get(switches).put(set_switches))
        .route("/maskinporten/keys/publish", post(publish))
        .route("/maskinporten/keys/switch", post(switch))
        .route("/maskinporten/keys/retire", post(retire))
        .route("/maskinporten/access", put(access))
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

/// What an API owner decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Access {
    organisation: String,
    scope: String,
    granted: bool,
}

async fn access(State(world): State<Arc<World>>, Json(access): Json<Access>) -> StatusCode {
    world.maskinporten.change(|register| {
        if access.granted {
            register.grant(&access.scope, &access.organisation);
        } else {
            register.withdraw(&access.scope, &access.organisation);
        }
    });
    StatusCode::NO_CONTENT
}
