//! Altinn's part of the admin API: switches, answers without the page, and the registers that
//! Maskinporten consults.
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
//! | `GET /altinn/systemuserrequests` | every request for a system user or a change of one, and its status |
//! | `POST /altinn/systemuserrequests/{id}/approve`, `…/reject` | by `{"person": "ragna"}`, or anyone who may |

mod registers;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::Request;
use super::party::Party;
use super::problem::{self, Problem};
use super::state::Altinn;
use super::switches::Switches;
use super::{platform, systems};
use crate::population::Actor;

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route("/altinn/switches", get(switches).put(set_switches))
        .route("/altinn/consents", get(consents).post(request))
        .route("/altinn/consents/{id}/{action}", post(act))
        .merge(registers::routes())
        .merge(systems::admin_routes())
}

async fn switches(State(altinn): State<Arc<Altinn>>) -> Json<Switches> {
    Json(altinn.switches())
}

async fn set_switches(
    State(altinn): State<Arc<Altinn>>,
    Json(switches): Json<Switches>,
) -> StatusCode {
    altinn.set_switches(switches);
    StatusCode::NO_CONTENT
}

async fn consents(State(altinn): State<Arc<Altinn>>) -> Json<Value> {
    let entry =
        |request: Request| json!({ "id": request.draft.id, "status": request.status().name() });
    Json(altinn.requests().into_iter().map(entry).collect())
}

async fn request(State(altinn): State<Arc<Altinn>>, body: Bytes) -> Response {
    platform::create_unasked(&altinn, &body)
}

async fn act(
    State(altinn): State<Arc<Altinn>>,
    Path((id, action)): Path<(Uuid, String)>,
    actor: Actor,
) -> Response {
    let change: fn(&Altinn, time::OffsetDateTime, Uuid, &str) -> Result<(), Problem> =
        match action.as_str() {
            "approve" => Altinn::approve,
            "reject" => Altinn::reject,
            "revoke" => Altinn::revoke,
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
    let format = altinn.switches().problem_format;
    let Some(request) = altinn.request(id) else {
        return problem::response(&[problem::NOT_FOUND], format);
    };
    let may_act = |number: &str| request.authorise(&Party::Person(number.to_owned())).is_ok();
    let changed = actor
        .choose(may_act)
        .ok_or(problem::NOT_AUTHORISED)
        .and_then(|person| change(&altinn, altinn.clock.now(), id, person.number));
    match changed {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem::response(&[problem], format),
    }
}
