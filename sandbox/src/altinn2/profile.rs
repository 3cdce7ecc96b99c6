//! Profile: a person's requests and consents, on their own behalf and on others'. Answers here do
//! not redirect the browser.
//!
//! Source: Altinn, "Be om samtykke", "Logge bruk".

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::Consent;
use super::draft::PortalViewMode;
use super::state::Altinn2;
use super::status::{Answer, Status};
use super::{local_time, party, view};
use crate::kit::html::{self, Language};
use crate::population::login::{self, LogIn};
use crate::population::{self, may_act_for, person_choices};

const PROFILE: &str = "/ui/profile";

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    Router::new()
        .route("/", get(async || Redirect::to(PROFILE)))
        .route(PROFILE, get(show))
        .route("/ui/login", post(log_in))
        .route("/ui/logout", post(log_out))
        .route("/ui/profile/consents/{code}/{action}", post(act))
}

async fn show(State(altinn2): State<Arc<Altinn2>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers_with_nynorsk(&headers);
    let template = "altinn2_profile.html";
    let Some(person) = altinn2.sessions.get(&headers) else {
        let context = json!({ "persons": person_choices(|_| true) });
        return html::page(StatusCode::OK, template, language, "'none'", context);
    };
    let now = altinn2.clock.now();
    let mut consents = altinn2.consents();
    consents.retain(|consent| may_act_for(person, &consent.draft.offered_by));
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
        "person": population::person(person).map(|person| person.name),
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

async fn log_in(
    State(altinn2): State<Arc<Altinn2>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    form.open(&altinn2.sessions, &headers, &altinn2.origins.pages, PROFILE)
}

async fn log_out(State(altinn2): State<Arc<Altinn2>>, headers: HeaderMap) -> Response {
    login::log_out(&altinn2.sessions, &headers, PROFILE)
}

/// Action on an entry.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Accept,
    Reject,
    Withdraw,
}

async fn act(
    State(altinn2): State<Arc<Altinn2>>,
    headers: HeaderMap,
    Path((code, action)): Path<(Uuid, Action)>,
) -> Response {
    let person = altinn2.sessions.get(&headers);
    let is_own = html::is_own(&headers, &altinn2.origins.pages);
    let Some(person) = person.filter(|_| is_own) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let now = altinn2.clock.now();
    let done = match action {
        Action::Accept => altinn2.answer(code, Answer::Accepted, person, now),
        Action::Reject => altinn2.answer(code, Answer::Rejected, person, now),
        Action::Withdraw => altinn2.change(code, |consent| consent.withdraw(person, now)),
    };
    match done {
        Some(Ok(())) => Redirect::to(PROFILE).into_response(),
        Some(Err(_)) => StatusCode::BAD_REQUEST.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
