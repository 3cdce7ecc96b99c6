//! Metadata of the consent tokens: the place of the keys, and the keys.
//!
//! Source: Altinn, "Bruk av token" and "Verifisering"; RFC 8414. Assumption: members other than
//! `jwks_uri`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use serde_json::json;

use super::refusal;
use super::state::Altinn2;

/// Cache lifetime of the keys: a day.
const CACHE: &str = "public, max-age=86400";

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(document))
        .route("/api/metadata/jwk", get(keys))
}

async fn document(State(altinn2): State<Arc<Altinn2>>) -> Response {
    let origin = &altinn2.origins.interfaces;
    let document = json!({
        "issuer": origin,
        "token_endpoint": format!("{origin}/api/authorization/token"),
        "jwks_uri": format!("{origin}/api/metadata/jwk"),
    });
    ([(header::CACHE_CONTROL, CACHE)], Json(document)).into_response()
}

async fn keys(State(altinn2): State<Arc<Altinn2>>) -> Response {
    let keeping = altinn2.clone();
    let published = tokio::task::spawn_blocking(move || keeping.published()).await;
    let Ok(Ok(published)) = published else {
        return altinn2.refuse(&refusal::BROKEN);
    };
    let set = Json(json!({ "keys": published }));
    ([(header::CACHE_CONTROL, CACHE)], set).into_response()
}
