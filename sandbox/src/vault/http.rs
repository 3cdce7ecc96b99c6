//! HTTP interface of the vault. Writes may use `POST` or `PUT`.

use std::sync::Arc;

use ::http::{HeaderMap, StatusCode, Uri};
use axum::extract::{Path, Query, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;

use super::answer::{Answer, Envelope};
use super::guard::guard;
use super::kv::VersionQuery;
use super::names::KEY;
use super::refusal::Refusal;
use super::state::Vault;
use super::status;

/// Returns the routes of the vault's API.
pub fn router(vault: Arc<Vault>) -> Router {
    let guarded = Router::new()
        .route("/v1/auth/approle/login", post(log_in).put(log_in))
        .route("/v1/auth/token/lookup-self", get(look_up))
        .route("/v1/transit/keys/{name}", get(read_key))
        .route("/v1/transit/keys/{name}/rotate", post(rotate).put(rotate))
        .route("/v1/transit/sign/{name}", post(sign).put(sign))
        .route("/v1/transit/sign/{name}/{hash}", post(sign).put(sign))
        .route("/v1/transit/verify/{name}", post(verify).put(verify))
        .route("/v1/transit/verify/{name}/{hash}", post(verify).put(verify))
        .route(
            "/v1/secret/data/{*path}",
            get(read_secret)
                .post(write_secret)
                .put(write_secret)
                .delete(delete_secret),
        )
        .method_not_allowed_fallback(async || Refusal::Unsupported)
        .fallback(no_route)
        .layer(from_fn_with_state(vault.clone(), guard));
    Router::new()
        .route("/v1/sys/health", get(status::health))
        .route("/v1/sys/seal-status", get(status::seal))
        .method_not_allowed_fallback(async || Refusal::Unsupported)
        .merge(guarded)
        .with_state(vault)
}

async fn no_route(uri: Uri) -> Refusal {
    let path = uri.path();
    Refusal::NoRoute(path.strip_prefix("/v1/").unwrap_or(path).to_owned())
}

async fn log_in(State(vault): State<Arc<Vault>>, body: Bytes) -> Answer {
    vault.log_in(&body, vault.clock.now()).map(Json)
}

async fn look_up(State(vault): State<Arc<Vault>>, headers: HeaderMap) -> Answer {
    let about = vault.about_token(&headers, vault.clock.now());
    let about = about.ok_or(Refusal::InvalidToken)?;
    Ok(Json(Envelope::data("token", about)))
}

async fn read_key(State(vault): State<Arc<Vault>>, Path(name): Path<String>) -> Answer {
    if name != KEY {
        return Err(Refusal::NotFound);
    }
    let about = vault.state().key.about();
    Ok(Json(Envelope::data("transit", about)))
}

async fn rotate(State(vault): State<Arc<Vault>>, Path(name): Path<String>) -> Answer {
    if name != KEY {
        return Err(Refusal::Bad("key not found".to_owned()));
    }
    let (kept, now) = (vault.clone(), vault.clock.now());
    let rotated = tokio::task::spawn_blocking(move || kept.rotate(now)).await;
    if !matches!(rotated, Ok(Ok(()))) {
        return Err(Refusal::Failed("no key was made".to_owned()));
    }
    let about = vault.state().key.about();
    Ok(Json(Envelope::data("transit", about)))
}

async fn read_secret(
    State(vault): State<Arc<Vault>>,
    Path(path): Path<String>,
    Query(which): Query<VersionQuery>,
) -> Result<(StatusCode, Json<Envelope>), Refusal> {
    let (status, envelope) = vault.state().secrets.read_version(&path, &which)?;
    Ok((status, Json(envelope)))
}

async fn write_secret(
    State(vault): State<Arc<Vault>>,
    Path(path): Path<String>,
    body: Bytes,
) -> Answer {
    let written = vault.state().secrets.write(&path, &body, vault.clock.now());
    written.map(Json)
}

async fn delete_secret(State(vault): State<Arc<Vault>>, Path(path): Path<String>) -> StatusCode {
    vault.state().secrets.delete(&path, vault.clock.now());
    StatusCode::NO_CONTENT
}

/// Name of the key, and the hash if the path has it.
#[derive(Debug, serde::Deserialize)]
struct Target {
    name: String,
    hash: Option<String>,
}

async fn sign(
    State(vault): State<Arc<Vault>>,
    Path(Target { name, hash }): Path<Target>,
    body: Bytes,
) -> Answer {
    vault.sign(&name, hash.as_deref(), &body).map(Json)
}

async fn verify(
    State(vault): State<Arc<Vault>>,
    Path(Target { name, hash }): Path<Target>,
    body: Bytes,
) -> Answer {
    vault.verify(&name, hash.as_deref(), &body).map(Json)
}
