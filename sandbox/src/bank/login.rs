//! The login service's published side: metadata and keys. Logging in happens on the bank's page, or
//! at the admin address for who has no browser.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::json;

use super::customer::Customer;
use super::token::Overrides;
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
}

/// Tokens without a browser (`POST /login/{customer}/token`), and changes of key.
pub(super) fn admin_routes() -> Router<Arc<World>> {
    Router::new()
        .route("/login/{customer}/token", post(token))
        .route("/login/keys/change", post(change_key))
        .route("/login/keys/retire", post(retire_key))
}

async fn metadata(State(world): State<Arc<World>>) -> Response {
    let issuer = world.bank.issuer();
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code"],
    }))
    .into_response()
}

async fn jwks(State(world): State<Arc<World>>) -> Response {
    (
        [(header::CACHE_CONTROL, "max-age=300")],
        Json(world.bank.jwks()),
    )
        .into_response()
}

async fn token(State(world): State<Arc<World>>, Path(customer): Path<String>) -> Response {
    let Some(customer) = Customer::named(&customer) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match world
        .bank
        .login_token(world.clock.now(), customer, &Overrides::default())
    {
        Ok(token) => token.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn change_key(State(world): State<Arc<World>>) -> StatusCode {
    match tokio::task::spawn_blocking(move || world.bank.change_key()).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn retire_key(State(world): State<Arc<World>>) -> StatusCode {
    if world.bank.retire_key() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::CONFLICT
    }
}
