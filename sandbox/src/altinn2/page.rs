//! The consent page for requests that the interface made, and the way back.
//!
//! Sources: Altinn, "Be om samtykke", "Forespørsler". As on Altinn 3's page, whoever answers says who they are there.
//! Assumption: what the browser is shown where there is no way back.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, http::HeaderMap};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::consent::{Consent, Obstacle};
use super::draft::Draft;
use super::redirect::{self, Outcome};
use super::status::{Answer, Status};
use super::view::{self, language, message};
use crate::altinn::Callback;
use crate::altinn::register::PERSONS;
use crate::html::{self, Language};
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route("/ui/AccessConsent/request", get(show).post(answer))
}

pub(super) fn assets() -> Router<Arc<World>> {
    let asset = async |Path(name): Path<String>| html::asset(&name);
    Router::new().route("/assets/{name}", get(asset))
}

#[derive(Debug, Deserialize)]
struct Asked {
    id: Uuid,
    /// `en`, `nb-NO` or `nn-NO`.
    #[serde(rename = "languageCode")]
    language: Option<String>,
}

/// What a page's form says.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    /// Handle of the person who answers.
    person: String,
    pub(super) answer: Choice,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Choice {
    Accept,
    Reject,
    /// As who closes the tab: nobody is told.
    Close,
}

impl Reply {
    /// The person's number, if the form is the page's own and the person exists.
    pub(super) fn person(&self, world: &World, headers: &HeaderMap) -> Option<&'static str> {
        let is_own = html::is_own(headers, &world.addresses.altinn2_page);
        let mut known = PERSONS.iter().filter(|_| is_own);
        let person = known.find(|known| known.handle == self.person);
        person.map(|person| person.number)
    }
}

async fn show(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let language = language(&headers, asked.language.as_deref());
    let now = world.clock.now();
    world.altinn2.change(asked.id, |consent| consent.open(now));
    match world.altinn2.consent(asked.id) {
        Some(consent) => consent_page(&world, &consent, language, None),
        None => message(StatusCode::NOT_FOUND, language, "unknown"),
    }
}

async fn answer(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
    Form(reply): Form<Reply>,
) -> Response {
    let language = language(&headers, asked.language.as_deref());
    let Some(person) = reply.person(&world, &headers) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let answer = match reply.answer {
        Choice::Accept => Answer::Accepted,
        Choice::Reject => Answer::Rejected,
        Choice::Close => return message(StatusCode::OK, language, "closed"),
    };
    let answered = world
        .altinn2
        .answer(asked.id, answer, person, world.clock.now());
    let (Some(answered), Some(consent)) = (answered, world.altinn2.consent(asked.id)) else {
        return message(StatusCode::NOT_FOUND, language, "unknown");
    };
    if let Err(obstacle) = answered {
        return consent_page(&world, &consent, language, Some(obstacle));
    }
    let outcome = match answer {
        Answer::Accepted => Outcome::Accepted(consent.code),
        Answer::Rejected => Outcome::Refused(Some(consent.code)),
    };
    go_back(&world, &consent.draft, outcome, person, language)
}

/// Back to the consumer; logged out, unless the services' owners want otherwise.
pub(super) fn go_back(
    world: &World,
    draft: &Draft,
    outcome: Outcome,
    person: &'static str,
    language: Language,
) -> Response {
    let switches = world.altinn2.switches();
    let sessions = &world.altinn2.sessions;
    let stays = draft.parts.iter().all(|part| {
        let registered = part.service.registered(&draft.covered_by);
        registered.is_some_and(|registered| registered.keep_session_alive)
    });
    let cookie = if stays {
        html::set_cookie(sessions.cookie(), &sessions.open(person))
    } else {
        html::drop_cookie(sessions.cookie())
    };
    let address = redirect::compose(&draft.redirect_url, outcome, switches.error_message);
    let back = match switches.callback {
        Callback::Once => found(&address),
        Callback::Lost => message(StatusCode::OK, language, "receipt"),
        Callback::Doubled => {
            let origin = url::Url::parse(&address).map(|url| url.origin().ascii_serialization());
            let origin = origin.unwrap_or_default();
            let context = json!({ "address": address });
            html::page(StatusCode::OK, "return.html", language, &origin, context)
        }
    };
    ([cookie], back).into_response()
}

fn consent_page(
    world: &World,
    consent: &Consent,
    language: Language,
    obstacle: Option<Obstacle>,
) -> Response {
    let allowed = |person: &str| consent.authorise(person).is_ok();
    let answer = match consent.status() {
        Status::Answered(answer) => Some(answer == Answer::Accepted),
        Status::Unopened | Status::Opened => None,
    };
    let state = json!({
        "answered": answer.is_some(),
        "accepted": answer,
        "ended": consent.ending().is_some(),
        "expired": consent.is_expired(world.clock.now()),
    });
    view::of_draft(&consent.draft, state, language, allowed, obstacle)
}

/// 302; axum's own redirects are 303, 307 and 308.
fn found(address: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
}

/// Since June 2026 there is a message, whatever one came for.
pub(super) async fn while_open(
    State(world): State<Arc<World>>,
    request: Request,
    next: Next,
) -> Response {
    if world.altinn2.switches().closed {
        let language = Language::of_three(request.headers());
        return message(StatusCode::GONE, language, "over");
    }
    next.run(request).await
}
