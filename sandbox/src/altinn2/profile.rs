//! The profile: what a person is asked and has consented to, on their own behalf and on others'. Answers that are given
//! here send the browser nowhere.
//!
//! Source: Altinn, "Be om samtykke", "Logge bruk".

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router, http::HeaderMap};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::Consent;
use super::draft::PortalViewMode;
use super::status::{Answer, Status};
use super::{local_time, party, view};
use crate::altinn::register::{self, PERSONS};
use crate::html::{self, Language};
use crate::world::World;

const PROFILE: &str = "/ui/profile";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(async || Redirect::to(PROFILE)))
        .route(PROFILE, get(show))
        .route("/ui/login", post(log_in))
        .route("/ui/logout", post(log_out))
        .route("/ui/profile/consents/{code}/{action}", post(act))
}

async fn show(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let language = Language::of_three(&headers);
    let template = "altinn2_profile.html";
    let Some(person) = world.altinn2.sessions.of(&headers) else {
        let named =
            |person: &register::Person| json!({ "handle": person.handle, "name": person.name });
        let context = json!({ "persons": PERSONS.iter().map(named).collect::<Value>() });
        return html::page(StatusCode::OK, template, language, "'none'", context);
    };
    let now = world.clock.now();
    let mut consents = world.altinn2.consents();
    consents.retain(|consent| party::may_answer(person, &consent.draft.offered_by));
    consents.sort_by_key(|consent| std::cmp::Reverse(consent.last_changed()));
    let is_pending = |consent: &Consent| {
        !matches!(consent.status(), Status::Answered(_))
            && !consent.is_expired(now)
            && consent.draft.portal_view_mode == PortalViewMode::Show
    };
    let list = |is_listed: &dyn Fn(&Consent) -> bool| -> Value {
        let listed = consents.iter().filter(|consent| is_listed(consent));
        listed.map(|consent| entry(consent, language)).collect()
    };
    let context = json!({
        "person": register::person(person).map(|person| person.name),
        "pending": list(&is_pending),
        "active": list(&|consent| consent.is_in_force(now)),
        "former": list(&|consent| consent.delegated().is_some() && !consent.is_in_force(now)),
    });
    html::page(StatusCode::OK, template, language, "'none'", context)
}

fn entry(consent: &Consent, language: Language) -> Value {
    let date = |moment| language.date(local_time::local(moment).date());
    json!({
        "code": consent.code,
        "consumer": party::shown_name(&consent.draft.covered_by),
        "party": party::shown_name(&consent.draft.offered_by),
        "rights": view::rights(&consent.draft, language),
        "given": consent.delegated().map(date),
        "valid_to": date(consent.draft.valid_to),
        "ending": consent.ending().map(|ending| format!("{ending:?}")),
        "one_time": consent.is_one_time(),
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
    let is_own = html::is_own(&headers, &world.addresses.altinn2_page);
    let Some(person) = known.filter(|_| is_own) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let sessions = &world.altinn2.sessions;
    let cookie = html::set_cookie(sessions.cookie(), &sessions.open(person.number));
    ([cookie], Redirect::to(PROFILE)).into_response()
}

async fn log_out(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let sessions = &world.altinn2.sessions;
    sessions.close(&headers);
    let cookie = html::drop_cookie(sessions.cookie());
    ([cookie], Redirect::to(PROFILE)).into_response()
}

/// What can be done with an entry.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Accept,
    Reject,
    Withdraw,
}

async fn act(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Path((code, action)): Path<(Uuid, Action)>,
) -> Response {
    let person = world.altinn2.sessions.of(&headers);
    let is_own = html::is_own(&headers, &world.addresses.altinn2_page);
    let Some(person) = person.filter(|_| is_own) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let now = world.clock.now();
    let done = match action {
        Action::Accept => world.altinn2.answer(code, Answer::Accepted, person, now),
        Action::Reject => world.altinn2.answer(code, Answer::Rejected, person, now),
        Action::Withdraw => world
            .altinn2
            .change(code, |consent| consent.withdraw(person, now)),
    };
    match done {
        Some(Ok(())) => Redirect::to(PROFILE).into_response(),
        Some(Err(_)) => StatusCode::BAD_REQUEST.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
