//! Consent page for requests of the interface, and the redirect from it.
//!
//! Sources: Altinn, "Be om samtykke", "Forespørsler". As on Altinn 3's page, the person who answers
//! selects their identity there. Assumption: the browser's page without a return address.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::consent::{AnswerRefusal, Consent};
use super::draft::Draft;
use super::redirect::{self, Outcome};
use super::state::Altinn2;
use super::status::{Answer, Status};
use super::view::{self, language, message};
use crate::kit::Callback;
use crate::kit::html::{self, Language};
use crate::population::person_named;

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    Router::new().route("/ui/AccessConsent/request", get(show).post(answer))
}

pub(super) fn assets() -> Router<Arc<Altinn2>> {
    let asset = async |Path(name): Path<String>| html::asset(&name);
    Router::new().route("/assets/{name}", get(asset))
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    id: Uuid,
    /// Language of the page: `en`, `nb-NO` or `nn-NO`.
    #[serde(rename = "languageCode")]
    language: Option<String>,
}

/// Form of a consent page.
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
    /// Closes the tab: no redirect, and no event.
    Close,
}

impl Reply {
    /// Returns the person's number, if the form is the page's own and the person exists.
    pub(super) fn person(&self, altinn2: &Altinn2, headers: &HeaderMap) -> Option<&'static str> {
        let is_own = html::is_own(headers, &altinn2.origins.pages);
        let person = person_named(&self.person).filter(|_| is_own);
        person.map(|person| person.number)
    }
}

async fn show(
    State(altinn2): State<Arc<Altinn2>>,
    headers: HeaderMap,
    Query(asked): Query<PageQuery>,
) -> Response {
    let language = language(&headers, asked.language.as_deref());
    let now = altinn2.clock.now();
    altinn2.change(asked.id, |consent| consent.open(now));
    match altinn2.consent(asked.id) {
        Some(consent) => consent_page(&altinn2, &consent, language, None),
        None => message(StatusCode::NOT_FOUND, language, "unknown"),
    }
}

async fn answer(
    State(altinn2): State<Arc<Altinn2>>,
    headers: HeaderMap,
    Query(asked): Query<PageQuery>,
    Form(reply): Form<Reply>,
) -> Response {
    let language = language(&headers, asked.language.as_deref());
    let Some(person) = reply.person(&altinn2, &headers) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let answer = match reply.answer {
        Choice::Accept => Answer::Accepted,
        Choice::Reject => Answer::Rejected,
        Choice::Close => return message(StatusCode::OK, language, "closed"),
    };
    let answered = altinn2.answer(asked.id, answer, person, altinn2.clock.now());
    let (Some(answered), Some(consent)) = (answered, altinn2.consent(asked.id)) else {
        return message(StatusCode::NOT_FOUND, language, "unknown");
    };
    if let Err(obstacle) = answered {
        return consent_page(&altinn2, &consent, language, Some(obstacle));
    }
    let outcome = match answer {
        Answer::Accepted => Outcome::Accepted(consent.code),
        Answer::Rejected => Outcome::Refused(Some(consent.code)),
    };
    go_back(&altinn2, &consent.draft, outcome, person, language)
}

/// Redirects back to the consumer. The person is logged out unless the owners of the services
/// require otherwise.
pub(super) fn go_back(
    altinn2: &Altinn2,
    draft: &Draft,
    outcome: Outcome,
    person: &'static str,
    language: Language,
) -> Response {
    let switches = altinn2.switches();
    let sessions = &altinn2.sessions;
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
    altinn2: &Altinn2,
    consent: &Consent,
    language: Language,
    obstacle: Option<AnswerRefusal>,
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
        "expired": consent.is_expired(altinn2.clock.now()),
    });
    view::of_draft(&consent.draft, state, language, allowed, obstacle)
}

/// 302; axum's own redirects are 303, 307 and 308.
fn found(address: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
}

/// Replaces each page with a message, as since June 2026.
pub(super) async fn while_open(
    State(altinn2): State<Arc<Altinn2>>,
    request: Request,
    next: Next,
) -> Response {
    if altinn2.switches().closed {
        let language = Language::from_headers_with_nynorsk(request.headers());
        return message(StatusCode::GONE, language, "over");
    }
    next.run(request).await
}
