//! The portal: what a person has consented to, on their own behalf and on others', with a way to
//! take it back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::{EventKind, Request};
use super::draft::PortalViewMode;
use super::page::{HOME, rights};
use super::register::{self, PERSONS};
use crate::html::{self, Language};
use crate::world::World;

const CONSENTS: &str = "/accessmanagement/ui/consents";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route(HOME, get(async || Redirect::to(CONSENTS)))
        .route(CONSENTS, get(show))
        .route("/accessmanagement/ui/login", post(log_in))
        .route("/accessmanagement/ui/logout", post(log_out))
        .route("/accessmanagement/ui/consents/{id}/revoke", post(revoke))
}

async fn show(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let Some(person) = world.altinn.sessions.persons.of(&headers) else {
        let persons = PERSONS
            .iter()
            .map(|person| json!({ "handle": person.handle, "name": person.name }));
        let context = json!({ "persons": persons.collect::<Value>() });
        return html::page(StatusCode::OK, "portal.html", language, "'none'", context);
    };
    let now = world.clock.now();
    let mut requests = world.altinn.requests();
    requests.retain(|request| register::may_answer(person, &request.draft.from));
    requests.sort_by_key(|request| {
        std::cmp::Reverse(request.events.first().map(|event| event.created))
    });
    let list = |holds: fn(&Request, bool) -> bool| -> Value {
        let held = requests
            .iter()
            .filter(|request| holds(request, request.is_expired(now)));
        held.map(|request| entry(request, language)).collect()
    };
    let context = json!({
        "person": register::person(person).map(|person| person.name),
        "pending": list(|request, expired| {
            !expired
                && request.status() == EventKind::Created
                && request.draft.portal_view_mode == PortalViewMode::Show
        }),
        "active": list(|request, expired| !expired && request.status() == EventKind::Accepted),
        "former": list(|request, expired| {
            request.status() == EventKind::Revoked || (expired && request.status() == EventKind::Accepted)
        }),
    });
    html::page(StatusCode::OK, "portal.html", language, "'none'", context)
}

fn entry(request: &Request, language: Language) -> Value {
    json!({
        "id": request.draft.id,
        "consumer": register::name(&request.draft.to),
        "party": register::name(&request.draft.from),
        "rights": rights(request, language),
        "consented": request.consented().map(|moment| language.date(moment.date())),
        "valid_to": language.date(request.draft.valid_to.date()),
        "revoked": request.event(EventKind::Revoked).map(|event| language.date(event.created.date())),
    })
}

#[derive(Debug, Deserialize)]
struct LogIn {
    person: String,
}

async fn log_in(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    let known = PERSONS.iter().find(|person| person.handle == form.person);
    let (Some(person), true) = (known, html::is_own(&headers, &world.addresses.altinn_page)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let sessions = &world.altinn.sessions.persons;
    let cookie = html::set_cookie(sessions.cookie(), &sessions.open(person.number));
    ([cookie], Redirect::to(CONSENTS)).into_response()
}

async fn log_out(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let sessions = &world.altinn.sessions.persons;
    sessions.close(&headers);
    (
        [html::drop_cookie(sessions.cookie())],
        Redirect::to(CONSENTS),
    )
        .into_response()
}

async fn revoke(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Response {
    let person = world.altinn.sessions.persons.of(&headers);
    let (Some(person), true) = (person, html::is_own(&headers, &world.addresses.altinn_page))
    else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match world.altinn.revoke(world.clock.now(), id, person) {
        Ok(()) => Redirect::to(CONSENTS).into_response(),
        Err(problem) => (
            problem.status,
            format!("{}: {}", problem.code, problem.text),
        )
            .into_response(),
    }
}
