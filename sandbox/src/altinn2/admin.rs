//! Altinn 2's part of the admin address: switches, answers without the page, keys.
//!
//! | route | |
//! |---|---|
//! | `GET /altinn2/switches`, `PUT` | [`Switches`]; absent ones have their defaults |
//! | `GET /altinn2/consents` | every request and its status |
//! | `POST /altinn2/consents/{code}/approve`, `…/refuse`, `…/withdraw` | by `{"person": "ragna"}`, or anyone who may |
//! | `GET /altinn2/apikeys`, `POST` | `{"organisation": "310000205", "resources": ["Authorization.read"], "key"?}` |
//! | `GET /altinn2/enterpriseuser` | with its password |
//! | `POST /altinn2/keys/rotate` | the announced certificate signs from now on |

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api_key::ApiKey;
use super::consent::Consent;
use super::login::EnterpriseUser;
use super::party;
use super::status::Answer;
use super::switches::Switches;
use crate::altinn::register::PERSONS;
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/altinn2/switches", get(switches).put(set_switches))
        .route("/altinn2/consents", get(consents))
        .route("/altinn2/consents/{code}/{action}", post(act))
        .route("/altinn2/apikeys", get(keys).post(register))
        .route("/altinn2/enterpriseuser", get(enterprise_user))
        .route("/altinn2/keys/rotate", post(rotate))
}

async fn switches(State(world): State<Arc<World>>) -> Json<Switches> {
    Json(world.altinn2.switches())
}

async fn set_switches(
    State(world): State<Arc<World>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    world.altinn2.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn consents(State(world): State<Arc<World>>) -> Json<Value> {
    let entry = |consent: Consent| {
        let ending = consent.ending().map(|ending| format!("{ending:?}"));
        json!({ "code": consent.code, "status": consent.status().name(), "ending": ending })
    };
    Json(world.altinn2.consents().into_iter().map(entry).collect())
}

/// Who acts; when nobody is named, somebody who may.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Actor {
    /// Handle, such as `ragna`.
    person: Option<String>,
}

async fn act(
    State(world): State<Arc<World>>,
    Path((code, action)): Path<(Uuid, String)>,
    actor: Option<Json<Actor>>,
) -> Response {
    let actor = actor.map(|Json(actor)| actor).unwrap_or_default();
    let Some(consent) = world.altinn2.consent(code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_actor = |person: &&crate::altinn::register::Person| match actor.person.as_deref() {
        Some(handle) => person.handle == handle,
        None if action == "withdraw" => party::may_answer(person.number, &consent.draft.offered_by),
        None => consent.authorise(person.number).is_ok(),
    };
    let Some(person) = PERSONS.iter().find(is_actor) else {
        return refused("nobody may");
    };
    let now = world.clock.now();
    let done = match action.as_str() {
        "approve" => world
            .altinn2
            .answer(code, Answer::Accepted, person.number, now),
        "refuse" => world
            .altinn2
            .answer(code, Answer::Rejected, person.number, now),
        "withdraw" => world
            .altinn2
            .change(code, |consent| consent.withdraw(person.number, now)),
        _ => None,
    };
    match done {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Some(Err(obstacle)) => refused(&format!("{obstacle:?}")),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn keys(State(world): State<Arc<World>>) -> Json<Vec<ApiKey>> {
    Json(world.altinn2.keys.all())
}

async fn register(State(world): State<Arc<World>>, Json(key): Json<ApiKey>) -> Response {
    world.altinn2.register(key.clone());
    (StatusCode::CREATED, Json(key)).into_response()
}

async fn enterprise_user(State(world): State<Arc<World>>) -> Json<EnterpriseUser> {
    Json(world.altinn2.enterprise_user.clone())
}

async fn rotate(State(world): State<Arc<World>>) -> StatusCode {
    let rotating = world.clone();
    match tokio::task::spawn_blocking(move || rotating.altinn2.rotate_keys(&rotating)).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn refused(text: &str) -> Response {
    (StatusCode::CONFLICT, Json(json!({ "error": text }))).into_response()
}
