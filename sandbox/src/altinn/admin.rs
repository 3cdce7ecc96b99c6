//! Altinn's part of the admin address: switches, answers without the page, and the registers that
//! Maskinporten asks.
//!
//! | route | |
//! |---|---|
//! | `GET /altinn/switches`, `PUT` | [`Switches`]; absent ones have their defaults |
//! | `GET /altinn/consents` | every request and its status |
//! | `POST /altinn/consents` | a request, with the body of the platform's, by the organisation in `to` |
//! | `POST /altinn/consents/{id}/approve`, `…/reject`, `…/revoke` | by `{"person": "ragna"}`, or anyone who may |
//! | `GET /altinn/delegations`, `POST` | `{"supplier_org", "consumer_org", "scope"}` |
//! | `DELETE /altinn/delegations?supplier_org=…&consumer_org=…&scope=…` | |
//! | `GET /altinn/systems`, `PUT` | `{"id": "310000205_fjordbanken", "client_ids": […]}` |
//! | `GET /altinn/systemusers`, `POST` | `{"system_id", "owner_org", "external_ref"?}` |
//! | `DELETE /altinn/systemusers/{id}` | |

mod registers;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::Request;
use super::party::Party;
use super::problem::{self, Problem};
use super::register::PERSONS;
use super::switches::Switches;
use super::{Altinn, platform};
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/altinn/switches", get(switches).put(set_switches))
        .route("/altinn/consents", get(consents).post(request))
        .route("/altinn/consents/{id}/{action}", post(act))
        .merge(registers::routes())
}

async fn switches(State(world): State<Arc<World>>) -> Json<Switches> {
    Json(world.altinn.switches())
}

async fn set_switches(
    State(world): State<Arc<World>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    world.altinn.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn consents(State(world): State<Arc<World>>) -> Json<Value> {
    let entry =
        |request: Request| json!({ "id": request.draft.id, "status": request.status().name() });
    Json(world.altinn.requests().into_iter().map(entry).collect())
}

async fn request(State(world): State<Arc<World>>, body: Bytes) -> Response {
    platform::create_unasked(&world, &body)
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
    Path((id, action)): Path<(Uuid, String)>,
    actor: Option<Json<Actor>>,
) -> Response {
    let actor = actor.map(|Json(actor)| actor).unwrap_or_default();
    let change: fn(&Altinn, time::OffsetDateTime, Uuid, &str) -> Result<(), Problem> =
        match action.as_str() {
            "approve" => Altinn::approve,
            "reject" => Altinn::reject,
            "revoke" => Altinn::revoke,
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
    let format = world.altinn.switches().problem_format;
    let Some(request) = world.altinn.request(id) else {
        return problem::response(&[problem::NOT_FOUND], format);
    };
    let named = |handle: &str| PERSONS.iter().find(|person| person.handle == handle);
    let anyone = || {
        PERSONS.iter().find(|person| {
            request
                .authorise(&Party::Person(person.number.to_owned()))
                .is_ok()
        })
    };
    let person = actor.person.as_deref().map_or_else(anyone, named);
    let changed = person
        .ok_or(problem::NOT_AUTHORISED)
        .and_then(|person| change(&world.altinn, world.clock.now(), id, person.number));
    match changed {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem::response(&[problem], format),
    }
}
