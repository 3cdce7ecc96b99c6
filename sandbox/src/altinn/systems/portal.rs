//! Overview of the portal: the system users of the parties that a person acts for, with their
//! revocation, and the open requests.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::page::{OVERVIEW, listed};
use crate::altinn::page::HOME;
use crate::altinn::party::Party;
use crate::altinn::register;
use crate::altinn::state::Altinn;
use crate::kit::html::{self, Language};
use crate::population;

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route(OVERVIEW, get(show))
        .route("/accessmanagement/ui/systemuser/{id}/revoke", post(revoke))
}

async fn show(State(altinn): State<Arc<Altinn>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let Some(person) = altinn.sessions.persons.get(&headers) else {
        return Redirect::to(HOME).into_response();
    };
    let may = |number: &str| {
        let party = Party::Organisation(number.to_owned());
        register::may_answer(person, &party).then(|| register::name(&party))
    };
    let now = altinn.clock.now();
    let state = altinn.state();
    let users = state.systems.users.values();
    let users = users.filter_map(|user| {
        let party = may(&user.identity.owner_org)?;
        let rights = listed(&user.grants, language);
        Some(json!({ "id": user.identity.id, "title": user.title, "party": party, "rights": rights }))
    });
    let requests = state.systems.requests.values();
    let open = requests.filter(|request| request.check_open(now).is_ok());
    let open = open.filter_map(|request| {
        let party = may(&request.party)?;
        let system = state.systems.registered.get(&request.system_id);
        let title = system.map_or(request.system_id.as_str(), |system| system.title());
        let kind = if request.is_change() {
            "changerequest"
        } else {
            "request"
        };
        Some(json!({ "id": request.id, "kind": kind, "title": title, "party": party }))
    });
    let context = json!({
        "person": population::person(person).map(|person| person.name),
        "users": users.collect::<Value>(),
        "requests": open.collect::<Value>(),
    });
    html::page(
        StatusCode::OK,
        "system_users.html",
        language,
        "'none'",
        context,
    )
}

async fn revoke(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Response {
    let person = altinn.sessions.persons.get(&headers);
    let own = html::is_own(&headers, &altinn.origins.pages);
    let (Some(person), true) = (person, own) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match altinn.revoke_system_user(id, person) {
        Ok(()) => Redirect::to(OVERVIEW).into_response(),
        Err(problem) => {
            let text = format!("{}: {}", problem.code, problem.text);
            (problem.status, text).into_response()
        }
    }
}
