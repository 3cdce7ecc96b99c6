//! The vault's HTTP interface. What is written may come with `POST` or `PUT`.

use std::sync::Arc;

use ::http::{HeaderMap, StatusCode, Uri};
use axum::extract::{Path, Query, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;

use super::KEY;
use super::answer::{Answer, Envelope};
use super::guard::guard;
use super::kv::Which;
use super::refusal::Refusal;
use super::status;
use crate::world::World;

/// The vault's routes.
pub fn router(world: Arc<World>) -> Router {
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
        .layer(from_fn_with_state(world.clone(), guard));
    Router::new()
        .route("/v1/sys/health", get(status::health))
        .route("/v1/sys/seal-status", get(status::seal))
        .method_not_allowed_fallback(async || Refusal::Unsupported)
        .merge(guarded)
        .with_state(world)
}

async fn no_route(uri: Uri) -> Refusal {
    let path = uri.path();
    Refusal::NoRoute(path.strip_prefix("/v1/").unwrap_or(path).to_owned())
}

async fn log_in(State(world): State<Arc<World>>, body: Bytes) -> Answer {
    world.vault.log_in(&body, world.clock.now()).map(Json)
}

async fn look_up(State(world): State<Arc<World>>, headers: HeaderMap) -> Answer {
    let about = world.vault.about_token(&headers, world.clock.now());
    let about = about.ok_or(Refusal::InvalidToken)?;
    Ok(Json(Envelope::data("token", about)))
}

async fn read_key(State(world): State<Arc<World>>, Path(name): Path<String>) -> Answer {
    if name != KEY {
        return Err(Refusal::NotFound);
    }
    let about = world.vault.state().key.about();
    Ok(Json(Envelope::data("transit", about)))
}

async fn rotate(State(world): State<Arc<World>>, Path(name): Path<String>) -> Answer {
    if name != KEY {
        return Err(Refusal::Bad("key not found".to_owned()));
    }
    let (kept, now) = (world.clone(), world.clock.now());
    let rotated = tokio::task::spawn_blocking(move || kept.vault.rotate(now)).await;
    if !matches!(rotated, Ok(Ok(()))) {
        return Err(Refusal::Failed("no key was made".to_owned()));
    }
    let about = world.vault.state().key.about();
    Ok(Json(Envelope::data("transit", about)))
}

async fn read_secret(
    State(world): State<Arc<World>>,
    Path(path): Path<String>,
    Query(which): Query<Which>,
) -> Result<(StatusCode, Json<Envelope>), Refusal> {
    let (status, envelope) = world.vault.read_secret(&path, &which)?;
    Ok((status, Json(envelope)))
}

async fn write_secret(
    State(world): State<Arc<World>>,
    Path(path): Path<String>,
    body: Bytes,
) -> Answer {
    let written = world.vault.write_secret(&path, &body, world.clock.now());
    written.map(Json)
}

async fn delete_secret(State(world): State<Arc<World>>, Path(path): Path<String>) -> StatusCode {
    world.vault.delete_secret(&path, world.clock.now());
    StatusCode::NO_CONTENT
}

/// The key's name, and the hash where the path says it.
#[derive(Debug, serde::Deserialize)]
struct Target {
    name: String,
    hash: Option<String>,
}

async fn sign(
    State(world): State<Arc<World>>,
    Path(Target { name, hash }): Path<Target>,
    body: Bytes,
) -> Answer {
    world.vault.sign(&name, hash.as_deref(), &body).map(Json)
}

async fn verify(
    State(world): State<Arc<World>>,
    Path(Target { name, hash }): Path<Target>,
    body: Bytes,
) -> Answer {
    world.vault.verify(&name, hash.as_deref(), &body).map(Json)
}
