//! Answers to requests for system users without the page, by the admin address.
//!
//! | route | |
//! |---|---|
//! | `GET /altinn/systemuserrequests` | every request, also for changes, and its status |
//! | `POST /altinn/systemuserrequests/{id}/approve`, `…/reject` | by `{"person": "ragna"}`, or anyone who may |

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem as reason;
use crate::altinn::problem;
use crate::altinn::state::Altinn;
use crate::population::{Actor, may_act_for};

pub(in crate::altinn) fn routes() -> Router<Arc<Altinn>> {
    const PATH: &str = "/altinn/systemuserrequests";
    Router::new()
        .route(PATH, get(list))
        .route(&format!("{PATH}/{{id}}/{{action}}"), post(act))
}

async fn list(State(altinn): State<Arc<Altinn>>) -> Json<Value> {
    let state = altinn.state();
    let requests = state.systems.requests.values();
    let entry = requests.map(|request| {
        json!({
            "id": request.id,
            "system_id": request.system_id,
            "owner_org": request.party,
            "is_change": request.is_change(),
            "status": request.status.name(),
        })
    });
    Json(entry.collect())
}

async fn act(
    State(altinn): State<Arc<Altinn>>,
    Path((id, action)): Path<(Uuid, String)>,
    actor: Actor,
) -> Response {
    let request = altinn.system_user_request(id);
    let party = request.map(|(request, ..)| request.party);
    let may_act = |number: &str| {
        let party = party.as_deref();
        party.is_none_or(|party| may_act_for(number, party))
    };
    let person = actor.choose(may_act);
    let (altinn, now) = (&altinn, altinn.clock.now());
    let changed = match (person, action.as_str()) {
        (Some(person), "approve") => altinn.approve_system_user(now, id, person.number),
        (Some(person), "reject") => altinn.reject_system_user(now, id, person.number),
        (None, "approve" | "reject") => Err(reason::NOT_MANAGER),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match changed {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem::response(&[problem], altinn.switches().problem_format),
    }
}
