//! The interface for requests: make one, read it, take it back.
//!
//! Sources: Altinn, "Be om samtykke" and the interface's description. Links come with HAL alone, and
//! are the real ones' but for their host.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use super::api_key::Resource;
use super::caller::{Call, Caller};
use super::consent::Consent;
use super::document::Document;
use super::draft;
use super::refusal::{self, Refusal};
use super::status::Status;
use crate::world::World;

const READ: &[&str] = &[
    "altinn:consentrequests.read",
    "altinn:enduser/consentrequest.read",
];
const WRITE: &[&str] = &[
    "altinn:consentrequests.write",
    "altinn:enduser/consentrequest.write",
];

const HAL: &str = "application/hal+json";

/// As documentation and clients spell it. The real server reads any letter case.
const SPELLINGS: [&str; 6] = [
    "/api/consentRequests",
    "/api/ConsentRequests",
    "/api/consentrequests",
    "/api/consentRequest",
    "/api/ConsentRequest",
    "/api/consentrequest",
];

pub(super) fn routes() -> Router<Arc<World>> {
    SPELLINGS.into_iter().fold(Router::new(), |router, path| {
        let one = format!("{path}/{{code}}");
        router
            .route(path, post(create))
            .route(&one, get(read).delete(take_back))
    })
}

async fn create(State(world): State<Arc<World>>, call: Call, body: Bytes) -> Response {
    let made = create_or_refuse(&world, &call, &body);
    made.unwrap_or_else(|refusal| world.altinn2.refuse(&refusal))
}

fn create_or_refuse(world: &World, call: &Call, body: &[u8]) -> Result<Response, Refusal> {
    let caller = call.enterprise(world, Resource::AuthorizationWrite, WRITE)?;
    if !is_json(&call.headers) {
        return Err(refusal::MEDIA_TYPE);
    }
    let now = world.clock.now();
    let consent = Consent::new(draft::read(body, &caller, now)?, false, now);
    world.altinn2.store(consent.clone());
    Ok((StatusCode::CREATED, shown(world, call, &consent)).into_response())
}

async fn read(State(world): State<Arc<World>>, Path(code): Path<String>, call: Call) -> Response {
    let found = call
        .enterprise(&world, Resource::AuthorizationRead, READ)
        .and_then(|caller| own(&world, &caller, &code));
    match found {
        Ok(consent) => shown(&world, &call, &consent),
        Err(refusal) => world.altinn2.refuse(&refusal),
    }
}

async fn take_back(
    State(world): State<Arc<World>>,
    Path(code): Path<String>,
    call: Call,
) -> Response {
    let found = call
        .enterprise(&world, Resource::AuthorizationWrite, WRITE)
        .and_then(|caller| own(&world, &caller, &code));
    match found {
        Ok(consent) if matches!(consent.status(), Status::Answered(_)) => {
            world.altinn2.refuse(&refusal::ANSWERED)
        }
        Ok(consent) => {
            world.altinn2.remove(consent.code);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refusal) => world.altinn2.refuse(&refusal),
    }
}

/// The caller's request. One that is another's and one that does not exist are refused alike.
fn own(world: &World, caller: &Caller, code: &str) -> Result<Consent, Refusal> {
    let code = Uuid::parse_str(code).map_err(|_| refusal::UNREADABLE)?;
    let consent = world.altinn2.seen(code, world.clock.now());
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

fn shown(world: &World, call: &Call, consent: &Consent) -> Response {
    let document = Document::of(consent);
    let accepted = call.headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains(HAL)) {
        return Json(document).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/hal+json; charset=utf-8")];
    (kind, Json(document.linked(&world.addresses))).into_response()
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
