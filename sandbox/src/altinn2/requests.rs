//! Interface for requests: creation, reading, withdrawal.
//!
//! Sources: Altinn, "Be om samtykke" and the interface's description. Links are in HAL alone, and
//! equal the real ones but for their host.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use super::api_key::Resource;
use super::call::Call;
use super::caller::Caller;
use super::consent::Consent;
use super::document::Document;
use super::draft;
use super::refusal::{self, Refusal};
use super::state::Altinn2;
use super::status::Status;

const READ: &[&str] = &[
    "altinn:consentrequests.read",
    "altinn:enduser/consentrequest.read",
];
const WRITE: &[&str] = &[
    "altinn:consentrequests.write",
    "altinn:enduser/consentrequest.write",
];

const HAL: &str = "application/hal+json";

/// Spellings of documentation and clients. The real server ignores letter case.
const SPELLINGS: [&str; 6] = [
    "/api/consentRequests",
    "/api/ConsentRequests",
    "/api/consentrequests",
    "/api/consentRequest",
    "/api/ConsentRequest",
    "/api/consentrequest",
];

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    SPELLINGS.into_iter().fold(Router::new(), |router, path| {
        let one = format!("{path}/{{code}}");
        router
            .route(path, post(create))
            .route(&one, get(read).delete(take_back))
    })
}

async fn create(State(altinn2): State<Arc<Altinn2>>, call: Call, body: Bytes) -> Response {
    let made = create_or_refuse(&altinn2, &call, &body);
    made.unwrap_or_else(|refusal| altinn2.refuse(&refusal))
}

fn create_or_refuse(altinn2: &Altinn2, call: &Call, body: &[u8]) -> Result<Response, Refusal> {
    let caller = call.enterprise(altinn2, Resource::AuthorizationWrite, WRITE)?;
    if !is_json(&call.headers) {
        return Err(refusal::MEDIA_TYPE);
    }
    let now = altinn2.clock.now();
    let consent = Consent::new(draft::read(body, &caller, now)?, false, now);
    altinn2.store(consent.clone());
    Ok((StatusCode::CREATED, shown(altinn2, call, &consent)).into_response())
}

async fn read(
    State(altinn2): State<Arc<Altinn2>>,
    Path(code): Path<String>,
    call: Call,
) -> Response {
    let found = call
        .enterprise(&altinn2, Resource::AuthorizationRead, READ)
        .and_then(|caller| own(&altinn2, &caller, &code));
    match found {
        Ok(consent) => shown(&altinn2, &call, &consent),
        Err(refusal) => altinn2.refuse(&refusal),
    }
}

async fn take_back(
    State(altinn2): State<Arc<Altinn2>>,
    Path(code): Path<String>,
    call: Call,
) -> Response {
    let found = call
        .enterprise(&altinn2, Resource::AuthorizationWrite, WRITE)
        .and_then(|caller| own(&altinn2, &caller, &code));
    match found {
        Ok(consent) if matches!(consent.status(), Status::Answered(_)) => {
            altinn2.refuse(&refusal::ANSWERED)
        }
        Ok(consent) => {
            altinn2.remove(consent.code);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refusal) => altinn2.refuse(&refusal),
    }
}

/// Returns the caller's request. Another's and a missing one get the same refusal.
fn own(altinn2: &Altinn2, caller: &Caller, code: &str) -> Result<Consent, Refusal> {
    let code = Uuid::parse_str(code).map_err(|_| refusal::UNREADABLE)?;
    let consent = altinn2.seen(code, altinn2.clock.now());
    let is_own = |consent: &Consent| {
        let Consent { draft, by_link, .. } = consent;
        let handler = draft.handled_by.as_ref();
        // A supplier sees what it made itself.
        let is_party = match &caller.supplier {
            Some(supplier) => draft.covered_by == caller.consumer && handler == Some(supplier),
            None => draft.covered_by == caller.consumer || handler == Some(&caller.consumer),
        };
        is_party && !by_link
    };
    consent.filter(is_own).ok_or(refusal::NOT_YOURS)
}

fn shown(altinn2: &Altinn2, call: &Call, consent: &Consent) -> Response {
    let document = Document::new(consent);
    let accepted = call.headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains(HAL)) {
        return Json(document).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/hal+json; charset=utf-8")];
    (kind, Json(document.linked(&altinn2.origins))).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    ["application/json", HAL].contains(&essence.trim().to_ascii_lowercase().as_str())
}
