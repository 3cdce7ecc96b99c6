//! Portal: a person's consents, on their own behalf and on others', with their revocation.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::{EventKind, Request};
use super::draft::PortalViewMode;
use super::page::{HOME, rights};
use super::register;
use super::state::Altinn;
use crate::kit::html::{self, Language};
use crate::population::login::{self, LogIn};
use crate::population::{self, person_choices};

const CONSENTS: &str = "/accessmanagement/ui/consents";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route(HOME, get(async || Redirect::to(CONSENTS)))
        .route(CONSENTS, get(show))
        .route("/accessmanagement/ui/login", post(log_in))
        .route("/accessmanagement/ui/logout", post(log_out))
        .route("/accessmanagement/ui/consents/{id}/revoke", post(revoke))
}

async fn show(State(altinn): State<Arc<Altinn>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let Some(person) = altinn.sessions.persons.get(&headers) else {
        let context = json!({ "persons": person_choices(|_| true) });
        return html::page(StatusCode::OK, "portal.html", language, "'none'", context);
    };
    let now = altinn.clock.now();
    let mut requests = altinn.requests();
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
        "person": population::person(person).map(|person| person.name),
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

async fn log_in(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    form.open(
        &altinn.sessions.persons,
        &headers,
        &altinn.origins.pages,
        CONSENTS,
    )
}

async fn log_out(State(altinn): State<Arc<Altinn>>, headers: HeaderMap) -> Response {
    login::log_out(&altinn.sessions.persons, &headers, CONSENTS)
}

async fn revoke(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Response {
    let person = altinn.sessions.persons.get(&headers);
    let (Some(person), true) = (person, html::is_own(&headers, &altinn.origins.pages)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match altinn.revoke(altinn.clock.now(), id, person) {
        Ok(()) => Redirect::to(CONSENTS).into_response(),
        Err(problem) => (
            problem.status,
            format!("{}: {}", problem.code, problem.text),
        )
            .into_response(),
    }
}
