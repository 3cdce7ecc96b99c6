//! Published side of the login service: metadata and keys. Login is on the bank's page, or in the
//! admin API for clients without a browser.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::json;

use super::customer::Customer;
use super::state::Bank;
use super::token::{BACK_END, Overrides};

pub(super) fn routes() -> Router<Arc<Bank>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
}

/// Tokens without a browser (`POST /login/{customer}/token`, or the back end's name), and changes
/// of key.
pub(super) fn admin_routes() -> Router<Arc<Bank>> {
    Router::new()
        .route("/login/{customer}/token", post(token))
        .route("/login/keys/change", post(change_key))
        .route("/login/keys/retire", post(retire_key))
}

async fn metadata(State(bank): State<Arc<Bank>>) -> Response {
    let issuer = bank.issuer();
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code"],
    }))
    .into_response()
}

async fn jwks(State(bank): State<Arc<Bank>>) -> Response {
    ([(header::CACHE_CONTROL, "max-age=300")], Json(bank.jwks())).into_response()
}

async fn token(State(bank): State<Arc<Bank>>, Path(customer): Path<String>) -> Response {
    let (bank, now, ordinary) = (&bank, bank.clock.now(), Overrides::default());
    let token = match Customer::named(&customer) {
        Some(customer) => bank.login_token(now, customer, &ordinary),
        None if customer == BACK_END => bank.back_end_token(now, &ordinary),
        None => return StatusCode::NOT_FOUND.into_response(),
    };
    match token {
        Ok(token) => token.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn change_key(State(bank): State<Arc<Bank>>) -> StatusCode {
    match tokio::task::spawn_blocking(move || bank.change_key()).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn retire_key(State(bank): State<Arc<Bank>>) -> StatusCode {
    if bank.retire_key() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::CONFLICT
    }
}
