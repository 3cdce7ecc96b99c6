//! Consent page, and the redirect from it: log out, then the return address.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::{EventKind, Request};
use super::party::Party;
use super::problem::Problem;
use super::redirect::{self, Outcome};
use super::state::Altinn;
use super::{register, resource};
use crate::kit::Callback;
use crate::kit::html::{self, Language};
use crate::population::{self, first_choice, person_choices, person_named};

/// The portal's front page.
pub(super) const HOME: &str = "/";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route(
            "/accessmanagement/ui/consent/request",
            get(show).post(answer),
        )
        .route(
            "/accessmanagement/api/v1/consent/request/{id}/logout",
            get(log_out),
        )
        .route("/accessmanagement/api/v1/logoutredirect", get(go_back))
        .route(
            "/assets/{name}",
            get(async |Path(name): Path<String>| html::asset(&name)),
        )
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    id: Uuid,
    /// Shows a receipt instead of redirecting back, for any value.
    skiplogout: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    /// Handle of the person who answers.
    person: String,
    answer: Choice,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Accept,
    Reject,
    /// Redirects back to the consumer, unanswered.
    Leave,
    /// Closes the tab: no redirect, and no event.
    Close,
}

async fn show(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Query(asked): Query<PageQuery>,
) -> Response {
    let language = Language::from_headers(&headers);
    match altinn.request(asked.id) {
        None => unknown(language),
        Some(request) => {
            let person = altinn.sessions.persons.get(&headers);
            consent_page(&altinn, &request, language, person, None)
        }
    }
}

async fn answer(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Query(asked): Query<PageQuery>,
    Form(Answer { person, answer }): Form<Answer>,
) -> Response {
    let language = Language::from_headers(&headers);
    let known = person_named(&person);
    let (Some(person), true) = (known, html::is_own(&headers, &altinn.origins.pages)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let now = altinn.clock.now();
    let outcome = match answer {
        Choice::Accept => altinn.approve(now, asked.id, person.number),
        Choice::Reject => altinn.reject(now, asked.id, person.number),
        Choice::Leave => Ok(()),
        Choice::Close => return message(StatusCode::OK, language, "closed"),
    };
    let Some(request) = altinn.request(asked.id) else {
        return unknown(language);
    };
    if let Err(problem) = outcome {
        return consent_page(
            &altinn,
            &request,
            language,
            Some(person.number),
            Some(&problem),
        );
    }
    if asked.skiplogout.is_some() {
        return message(StatusCode::OK, language, "receipt");
    }
    let session = altinn.sessions.persons.open(person.number);
    let cookie = html::set_cookie(altinn.sessions.persons.cookie(), &session);
    let next = format!(
        "/accessmanagement/api/v1/consent/request/{}/logout",
        asked.id
    );
    ([cookie], Redirect::to(&next)).into_response()
}

/// Ends the session and stores the return address in a cookie. A plain GET: a logged-in person who
/// may answer can open it repeatedly, and is redirected each time with the outcome from the events.
async fn log_out(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Response {
    let sessions = &altinn.sessions;
    let person = sessions.persons.close(&headers);
    let next = found("/accessmanagement/api/v1/logoutredirect");
    let ended = html::drop_cookie(sessions.persons.cookie());
    let readable = altinn.request(id).filter(|request| {
        person.is_some_and(|person| register::may_answer(person, &request.draft.from))
    });
    let lost = altinn.switches().callback == Callback::Lost;
    match readable {
        Some(request) if !lost => {
            let address = redirect::compose(&request.draft.redirect_url, outcome(&request));
            let cookie =
                html::set_cookie(sessions.returns.cookie(), &sessions.returns.open(address));
            // An array cannot hold two cookies of one name: it would keep the last only.
            let mut response = ([cookie], next).into_response();
            if let Ok(value) = ended.1.parse() {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
        _ => ([ended], next).into_response(),
    }
}

/// Performs the last step: a redirect to the return address, or to the portal without a usable one.
async fn go_back(State(altinn): State<Arc<Altinn>>, headers: HeaderMap) -> Response {
    let returns = &altinn.sessions.returns;
    let ended = html::drop_cookie(returns.cookie());
    let address = returns
        .close(&headers)
        .filter(|address| redirect::is_well_formed(address));
    let Some(address) = address else {
        return ([ended], found(HOME)).into_response();
    };
    if altinn.switches().callback == Callback::Doubled {
        let origin = url::Url::parse(&address)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default();
        let context = json!({ "address": address });
        let page = html::page(
            StatusCode::OK,
            "return.html",
            Language::from_headers(&headers),
            &origin,
            context,
        );
        return ([ended], page).into_response();
    }
    ([ended], found(&address)).into_response()
}

/// Returns the outcome for the redirect. The events decide, not the status, so a revoked consent is
/// still OK.
fn outcome(request: &Request) -> Outcome {
    if request.event(EventKind::Accepted).is_some() {
        Outcome::Accepted
    } else if request.event(EventKind::Rejected).is_some() {
        Outcome::Rejected
    } else {
        Outcome::Unanswered
    }
}

fn consent_page(
    altinn: &Altinn,
    request: &Request,
    language: Language,
    person: Option<&str>,
    problem: Option<&Problem>,
) -> Response {
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let draft = &request.draft;
    let may_answer = |number: &str| request.authorise(&Party::Person(number.to_owned())).is_ok();
    let known = person.and_then(population::person);
    let selected = known.map(|person| person.handle);
    let own_message = draft
        .message
        .as_ref()
        .and_then(|message| message[language.tag()].as_str());
    let context = json!({
        "id": draft.id,
        "consumer": register::name(&draft.to),
        "handler": request.handled_by.as_ref().map(register::name),
        "party": register::name(&draft.from),
        "is_organisation": matches!(draft.from, Party::Organisation(_)),
        "valid_to": language.date(draft.valid_to.date()),
        "rights": rights(request, language),
        "message": own_message,
        "persons": person_choices(may_answer),
        "selected": selected.or_else(|| first_choice(may_answer)),
        "status": request.status().name(),
        "answered": request.status() != EventKind::Created,
        "expired": request.is_expired(altinn.clock.now()),
        "problem": problem.map(|problem| {
            let fault = problem.faults().first();
            json!({
                "code": fault.map_or(problem.code, |fault| fault.code),
                "text": fault.map_or(problem.text, |fault| fault.detail),
            })
        }),
    });
    html::page(status, "consent.html", language, "'none'", context)
}

/// Describes the requested rights in words.
pub(super) fn rights(request: &Request, language: Language) -> Value {
    let right = |right: &super::draft::Right| {
        let found = right
            .resource
            .first()
            .and_then(|reference| resource::find(&reference.value));
        let (title, text) = match (found, language) {
            (Some(found), Language::Norwegian | Language::Nynorsk) => {
                (found.title.nb, found.text.nb)
            }
            (Some(found), Language::English) => (found.title.en, found.text.en),
            (None, _) => ("?", ""),
        };
        json!({ "title": title, "text": text, "metadata": right.metadata.as_deref().unwrap_or_default() })
    };
    request.draft.rights.iter().map(right).collect()
}

fn unknown(language: Language) -> Response {
    message(StatusCode::NOT_FOUND, language, "unknown")
}

/// Renders a page with one message.
pub(super) fn message(status: StatusCode, language: Language, what: &str) -> Response {
    html::page(
        status,
        "altinn_message.html",
        language,
        "'none'",
        json!({ "what": what }),
    )
}

/// 302, as the real chain has it; axum's own redirects are 303, 307 and 308.
pub(super) fn found(address: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
}
