//! Posten's part of the admin address: switches, and signing without the pages.
//!
//! | route | |
//! |---|---|
//! | `GET /posten/switches`, `PUT` | [`Switches`]; absent ones have their defaults |
//! | `GET /posten/jobs` | every job, its status and its signers' |
//! | `POST /posten/jobs/{id}/sign` | by all remaining signers, in order |
//! | `POST /posten/jobs/{id}/signers/{position}/{act}` | `sign`, `reject`, `fail` (direct) or `block` (by contact information), by the signer at this position from 0; `{"person": "ragna"}` where the sender's own identifier leaves it open |
//! | `GET /posten/end-users.pem` | the certificate under which all signers are certified |
//!
//! Acts answer `{"exits": […]}`: where the browsers of a direct job's signers go back to.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::ceremony::{ActionError, SignerAction};
use super::job::{Ceremony, Job};
use super::state::Posten;
use super::switches::Switches;
use crate::population::Actor;

pub(super) fn routes() -> Router<Arc<Posten>> {
    Router::new()
        .route("/posten/switches", get(switches).put(set_switches))
        .route("/posten/jobs", get(jobs))
        .route("/posten/jobs/{id}/sign", post(sign_all))
        .route("/posten/jobs/{id}/signers/{position}/{act}", post(act))
        .route("/posten/end-users.pem", get(end_users))
}

async fn switches(State(posten): State<Arc<Posten>>) -> Json<Switches> {
    Json(posten.switches())
}

async fn set_switches(
    State(posten): State<Arc<Posten>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    posten.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn jobs(State(posten): State<Arc<Posten>>) -> Json<Value> {
    let state = posten.state(posten.clock.now());
    let entry = |job: &Job| {
        let signers = job.signers.iter();
        let documents = job.order.documents.iter();
        let documents = documents.map(|document| document.name.as_str());
        json!({
            "id": job.id,
            "flow": if job.is_direct() { "direct" } else { "portal" },
            "sender": job.order.organisation,
            "broker": job.order.broker,
            "documents": documents.collect::<Value>(),
            "status": job.status.name(),
            "signers": signers.map(|signer| signer.state.status.name()).collect::<Value>(),
        })
    };
    Json(state.jobs.values().map(entry).collect())
}

async fn end_users(State(posten): State<Arc<Posten>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/x-pem-file")];
    (headers, posten.end_user_root()).into_response()
}

async fn sign_all(State(posten): State<Arc<Posten>>, Path(id): Path<i64>) -> Response {
    let signed = tokio::task::spawn_blocking(move || {
        let now = posten.clock.now();
        let mut exits = Vec::new();
        // A signature may let the next group in.
        while let Some(position) = next(&posten, id) {
            let ceremony = Ceremony { job: id, position };
            exits.extend(posten.act(ceremony, None, SignerAction::Sign, now)?);
        }
        Ok(exits)
    });
    answer(signed.await)
}

/// The first signer of the job who may sign.
fn next(posten: &Posten, id: i64) -> Option<usize> {
    let state = posten.state(posten.clock.now());
    let job = state.jobs.get(&id)?;
    (0..job.signers.len()).find(|position| job.may_act(*position).is_ok())
}

async fn act(
    State(posten): State<Arc<Posten>>,
    Path((job, position, act)): Path<(i64, usize, String)>,
    actor: Actor,
) -> Response {
    let act = match act.as_str() {
        "sign" => SignerAction::Sign,
        "reject" => SignerAction::Reject,
        "fail" => SignerAction::Fail,
        "block" => SignerAction::Block,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Ok(person) = actor.named() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let done = tokio::task::spawn_blocking(move || {
        let now = posten.clock.now();
        let ceremony = Ceremony { job, position };
        let exit = posten.act(ceremony, person, act, now)?;
        Ok(exit.into_iter().collect())
    });
    answer(done.await)
}

fn answer<E>(done: Result<Result<Vec<String>, ActionError>, E>) -> Response {
    match done {
        Ok(Ok(exits)) => Json(json!({ "exits": exits })).into_response(),
        Ok(Err(ActionError::Unknown)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(ActionError::NotThisSigner)) => {
            (StatusCode::FORBIDDEN, "that person is not this signer").into_response()
        }
        Ok(Err(ActionError::ActionRefusal(obstacle))) => {
            (StatusCode::CONFLICT, obstacle.to_string()).into_response()
        }
        Ok(Err(ActionError::Trouble(error))) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
