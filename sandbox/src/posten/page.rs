//! The signing page: what a redirect address opens, or a notice.
//!
//! Assumptions: the page's layout; and signers select their identity here, in place of logging in
//! with an electronic identity. Leaving the page triggers nothing.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ceremony::{ActionError, SignerAction, may_be};
use super::job::{Ceremony, Job, SignerStatus};
use super::life::ActionRefusal;
use super::order::SignerIdentifier;
use super::sender::sender;
use super::state::Posten;
use crate::kit::html::{self, Language};
use crate::population::{PERSONS, person_named};

/// Path of the ceremony's page.
pub(super) const CEREMONY: &str = "/signere/oppdrag";

pub(super) fn routes() -> Router<Arc<Posten>> {
    Router::new()
        .route("/signere/", get(enter))
        .route("/signere/start", post(start))
        .route(CEREMONY, get(show).post(answer))
        .route("/signere/dokument/{position}", get(document))
        .route(
            "/assets/{name}",
            get(async |Path(name): Path<String>| html::asset(&name)),
        )
}

/// Serves the entry page. The fragment after the `#` never arrives here: a script of the page sends
/// it.
async fn enter(headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    html::page(
        StatusCode::OK,
        "posten_enter.html",
        language,
        "'none'",
        json!({}),
    )
}

#[derive(Debug, Deserialize)]
struct Start {
    token: String,
}

async fn start(
    State(posten): State<Arc<Posten>>,
    headers: HeaderMap,
    Form(form): Form<Start>,
) -> Response {
    if !html::is_own(&headers, &posten.places.page) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let opened = posten.ceremonies.get(&headers);
    match posten.open(&form.token, opened, posten.clock.now()) {
        Ok(ceremony) => enter_ceremony(&posten, ceremony),
        Err(_) => message(
            StatusCode::FORBIDDEN,
            Language::from_headers(&headers),
            "used",
        ),
    }
}

/// Redirects to the page, with the cookie that allows a reload.
pub(super) fn enter_ceremony(posten: &Posten, ceremony: Ceremony) -> Response {
    let sessions = &posten.ceremonies;
    let cookie = html::set_cookie(sessions.cookie(), &sessions.open(ceremony));
    ([cookie], Redirect::to(CEREMONY)).into_response()
}

async fn show(State(posten): State<Arc<Posten>>, headers: HeaderMap) -> Response {
    ceremony_page(&posten, &headers, StatusCode::OK, None)
}

#[derive(Debug, Deserialize)]
struct Answer {
    /// Handle of the person who answers.
    person: Option<String>,
    answer: Choice,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Sign,
    Reject,
    /// Makes the ceremony fail.
    Fail,
    /// Blocks the signer, as after too many wrong security codes.
    Block,
    /// Closes the tab: no redirect, and no status change.
    Close,
}

async fn answer(
    State(posten): State<Arc<Posten>>,
    headers: HeaderMap,
    Form(Answer { person, answer }): Form<Answer>,
) -> Response {
    let language = Language::from_headers(&headers);
    if !html::is_own(&headers, &posten.places.page) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(ceremony) = posten.ceremonies.get(&headers) else {
        return message(StatusCode::FORBIDDEN, language, "used");
    };
    let act = match answer {
        Choice::Sign => SignerAction::Sign,
        Choice::Reject => SignerAction::Reject,
        Choice::Fail => SignerAction::Fail,
        Choice::Block => SignerAction::Block,
        Choice::Close => return message(StatusCode::OK, language, "closed"),
    };
    let known = person.as_deref().and_then(person_named);
    if known.is_none() && matches!(act, SignerAction::Sign | SignerAction::Reject) {
        return ceremony_page(&posten, &headers, StatusCode::BAD_REQUEST, Some("nobody"));
    }
    let acting = posten.clone();
    let done = tokio::task::spawn_blocking(move || {
        let now = acting.clock.now();
        acting.act(ceremony, known, act, now)
    });
    let Ok(done) = done.await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if act == SignerAction::Fail && done.is_ok() {
        // Another try needs another redirect address, as the schema's text about these has it.
        posten.ceremonies.close(&headers);
    }
    let (status, problem) = match done {
        // 302, whatever the sender's address; axum's own redirects are 303, 307 and 308.
        Ok(Some(exit)) => return (StatusCode::FOUND, [(header::LOCATION, exit)]).into_response(),
        Ok(None) => return ceremony_page(&posten, &headers, StatusCode::OK, None),
        Err(ActionError::NotThisSigner) => (StatusCode::FORBIDDEN, "other"),
        Err(ActionError::ActionRefusal(ActionRefusal::NotYet)) => (StatusCode::CONFLICT, "early"),
        Err(ActionError::ActionRefusal(_)) => (StatusCode::CONFLICT, "late"),
        Err(ActionError::Unknown) => return message(StatusCode::NOT_FOUND, language, "used"),
        Err(ActionError::Trouble(_)) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    ceremony_page(&posten, &headers, status, Some(problem))
}

fn ceremony_page(
    posten: &Posten,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<&str>,
) -> Response {
    let language = Language::from_headers(headers);
    let Some(ceremony) = posten.ceremonies.get(headers) else {
        return message(StatusCode::FORBIDDEN, language, "used");
    };
    let state = posten.state(posten.clock.now());
    let Some(job) = state.jobs.get(&ceremony.job) else {
        return message(StatusCode::NOT_FOUND, language, "used");
    };
    let logged_in = posten.persons.get(headers);
    let persons = PERSONS.iter().map(|person| {
        json!({
            "handle": person.handle,
            "name": person.name,
            "allowed": may_be(&job.order, ceremony.position, person),
            "selected": logged_in == Some(person.number),
        })
    });
    let documents = job.order.documents.iter();
    let documents = documents.map(|document| {
        let kind = if document.mime == "application/pdf" {
            "PDF"
        } else {
            ""
        };
        json!({ "title": document.title, "kind": kind })
    });
    let context = json!({
        "sender": sender(&job.order.organisation).map(|sender| sender.name),
        "title": job.order.title,
        "description": job.order.description,
        "documents": documents.collect::<Value>(),
        "persons": persons.collect::<Value>(),
        "state": what_is_left(job, ceremony.position),
        "direct": job.is_direct(),
        "contact": is_by_contact(job, ceremony.position),
        "problem": problem,
    });
    html::page(status, "sign.html", language, "'none'", context)
}

/// Returns the signer's state on the page: the possible or completed step.
fn what_is_left(job: &Job, position: usize) -> &'static str {
    let status = job.signers.get(position).map(|signer| signer.state.status);
    match (job.may_act(position), status) {
        (Ok(()), _) => "open",
        (Err(ActionRefusal::NotYet), _) => "early",
        (Err(_), Some(SignerStatus::Signed)) => "signed",
        (Err(_), Some(SignerStatus::Rejected)) => "rejected",
        (Err(_), _) => "over",
    }
}

fn is_by_contact(job: &Job, position: usize) -> bool {
    let signer = job.order.signers.get(position);
    signer.is_some_and(|signer| matches!(signer.who, SignerIdentifier::Contact { .. }))
}

/// Serves a document of the opened job.
async fn document(
    State(posten): State<Arc<Posten>>,
    headers: HeaderMap,
    Path(position): Path<usize>,
) -> Response {
    let now = posten.clock.now();
    let opened = posten.ceremonies.get(&headers);
    let state = posten.state(now);
    let job = opened.and_then(|ceremony| state.jobs.get(&ceremony.job));
    let job = job.filter(|job| job.has_documents(now));
    let Some(document) = job.and_then(|job| job.order.documents.get(position)) else {
        return message(
            StatusCode::NOT_FOUND,
            Language::from_headers(&headers),
            "used",
        );
    };
    // A sender's file is served with its own media type, and never as a page of this origin.
    let kind = match document.mime.as_str() {
        "application/pdf" => "application/pdf",
        _ => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, document.bytes.clone()).into_response()
}

pub(super) fn message(status: StatusCode, language: Language, what: &str) -> Response {
    let context = json!({ "what": what });
    html::page(status, "posten_message.html", language, "'none'", context)
}
