//! What is published about the tokens: where the keys are, and the keys.
//!
//! Source: Altinn, "Bruk av token" and "Verifisering"; RFC 8414. Assumption: members other than `jwks_uri`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use serde_json::json;

use super::refusal;
use crate::world::World;

/// How long the keys may be kept: a day.
const CACHE: &str = "public, max-age=86400";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(document))
        .route("/api/metadata/jwk", get(keys))
}

async fn document(State(world): State<Arc<World>>) -> Response {
    let origin = &world.addresses.altinn2;
    let document = json!({
        "issuer": origin,
        "token_endpoint": format!("{origin}/api/authorization/token"),
        "jwks_uri": format!("{origin}/api/metadata/jwk"),
    });
    ([(header::CACHE_CONTROL, CACHE)], Json(document)).into_response()
}

async fn keys(State(world): State<Arc<World>>) -> Response {
    let keeping = world.clone();
    let published = tokio::task::spawn_blocking(move || keeping.altinn2.published(&keeping)).await;
    let Ok(Ok(published)) = published else {
        return world.altinn2.refuse(&refusal::BROKEN);
    };
    let set = Json(json!({ "keys": published }));
    ([(header::CACHE_CONTROL, CACHE)], set).into_response()
}
