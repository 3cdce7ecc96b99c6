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
use serde_json::{Value, json};
use uuid::Uuid;

use super::api_key::ApiKey;
use super::consent::Consent;
use super::enterprise_user::EnterpriseUser;
use super::state::Altinn2;
use super::status::Answer;
use super::switches::Switches;
use crate::population::{Actor, may_act_for};

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    Router::new()
        .route("/altinn2/switches", get(switches).put(set_switches))
        .route("/altinn2/consents", get(consents))
        .route("/altinn2/consents/{code}/{action}", post(act))
        .route("/altinn2/apikeys", get(keys).post(register))
        .route("/altinn2/enterpriseuser", get(enterprise_user))
        .route("/altinn2/keys/rotate", post(rotate))
}

async fn switches(State(altinn2): State<Arc<Altinn2>>) -> Json<Switches> {
    Json(altinn2.switches())
}

async fn set_switches(
    State(altinn2): State<Arc<Altinn2>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    altinn2.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn consents(State(altinn2): State<Arc<Altinn2>>) -> Json<Value> {
    let entry = |consent: Consent| {
        let ending = consent.ending().map(|ending| format!("{ending:?}"));
        json!({ "code": consent.code, "status": consent.status().name(), "ending": ending })
    };
    Json(altinn2.consents().into_iter().map(entry).collect())
}

async fn act(
    State(altinn2): State<Arc<Altinn2>>,
    Path((code, action)): Path<(Uuid, String)>,
    actor: Actor,
) -> Response {
    let Some(consent) = altinn2.consent(code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let may_act = |number: &str| match action.as_str() {
        "withdraw" => may_act_for(number, &consent.draft.offered_by),
        _ => consent.authorise(number).is_ok(),
    };
    let Some(person) = actor.choose(may_act) else {
        return refused("nobody may");
    };
    let now = altinn2.clock.now();
    let done = match action.as_str() {
        "approve" => altinn2.answer(code, Answer::Accepted, person.number, now),
        "refuse" => altinn2.answer(code, Answer::Rejected, person.number, now),
        "withdraw" => altinn2.change(code, |consent| consent.withdraw(person.number, now)),
        _ => None,
    };
    match done {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Some(Err(obstacle)) => refused(&format!("{obstacle:?}")),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn keys(State(altinn2): State<Arc<Altinn2>>) -> Json<Vec<ApiKey>> {
    Json(altinn2.keys.all())
}

async fn register(State(altinn2): State<Arc<Altinn2>>, Json(key): Json<ApiKey>) -> Response {
    altinn2.register(key.clone());
    (StatusCode::CREATED, Json(key)).into_response()
}

async fn enterprise_user(State(altinn2): State<Arc<Altinn2>>) -> Json<EnterpriseUser> {
    Json(altinn2.enterprise_user.clone())
}

async fn rotate(State(altinn2): State<Arc<Altinn2>>) -> StatusCode {
    match tokio::task::spawn_blocking(move || altinn2.rotate_keys()).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn refused(text: &str) -> Response {
    (StatusCode::CONFLICT, Json(json!({ "error": text }))).into_response()
}
