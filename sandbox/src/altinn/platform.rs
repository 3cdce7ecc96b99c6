//! The platform's HTTP interface: the consumers', Maskinporten's, and the resource registry's.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::draft::{Draft, Unreadable};
use super::problem::{self, Problem};
use super::switches::Repeat;
use super::{Stored, checks, document, feed, resource};
use crate::journal::Note;
use crate::world::World;

const REQUESTS: &str = "/accessmanagement/api/v1/enterprise/consentrequests";
const EVENTS: &str = "/accessmanagement/api/v1/enterprise/consentrequests/events";

const WRITE: &[&str] = &["altinn:consentrequests.write", "altinn:consentrequests.org"];
const READ: &[&str] = &[
    "altinn:consentrequests.read",
    "altinn:consentrequests.write",
    "altinn:consentrequests.org",
];
const LOOKUP: &[&str] = &["altinn:maskinporten/consent.read"];

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route(REQUESTS, post(create))
        .route(&format!("{REQUESTS}/"), post(create))
        .route(EVENTS, get(events))
        .route(&format!("{REQUESTS}/{{id}}"), get(read))
        .route(
            "/accessmanagement/api/v1/maskinporten/consent/lookup",
            post(lookup),
        )
        .route("/resourceregistry/api/v1/resource/{id}", get(resource))
}

async fn create(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    create_or_refuse(&world, &headers, &body).unwrap_or_else(|refusal| *refusal)
}

fn create_or_refuse(
    world: &World,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Box<Response>> {
    let caller = Caller::of(world, headers, WRITE).map_err(bare)?;
    if !is_json(headers) {
        return Err(bare(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let draft = Draft::read(body)
        .map_err(|Unreadable { path, message }| Box::new(problem::unreadable(&path, &message)))?;
    let now = world.clock.now();
    let checked = checks::run(draft, &caller, now).map_err(|refusal| match refusal {
        checks::Refusal::Forbidden => bare(StatusCode::FORBIDDEN),
        checks::Refusal::Unspecific => bare(StatusCode::INTERNAL_SERVER_ERROR),
        checks::Refusal::Problems(problems) => refuse(world, &problems),
    })?;
    let (stored, request) = world
        .altinn
        .store(checked, caller.consumer, now)
        .map_err(|problem| refuse(world, &[problem]))?;
    let switches = world.altinn.switches();
    let page = &world.addresses.altinn_page;
    let contract = || document::contract(&request, page, now, &switches);
    Ok(match (stored, switches.repeat) {
        (Stored::New, _) => {
            let location = format!("{}{REQUESTS}/{}", world.addresses.altinn, request.draft.id);
            (
                StatusCode::CREATED,
                [(header::LOCATION, location)],
                json_body(&contract()),
            )
                .into_response()
        }
        (Stored::Already, Repeat::Internal) => {
            json_body(&document::internal(&request, page, &switches)).into_response()
        }
        (Stored::Already, Repeat::Documented) => json_body(&contract()).into_response(),
    })
}

async fn read(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let caller = match Caller::of(&world, &headers, READ) {
        Ok(caller) => caller,
        Err(status) => return status.into_response(),
    };
    let Ok(id) = Uuid::parse_str(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let now = world.clock.now();
    match world.altinn.seen(id, now) {
        None => *refuse(&world, &[problem::NOT_FOUND]),
        Some(request) if request.draft.to != caller.consumer => {
            *refuse(&world, &[problem::NOT_AUTHORISED])
        }
        Some(request) => {
            let switches = world.altinn.switches();
            json_body(&document::contract(
                &request,
                &world.addresses.altinn_page,
                now,
                &switches,
            ))
            .into_response()
        }
    }
}

async fn events(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let caller = match Caller::of(&world, &headers, READ) {
        Ok(caller) => caller,
        Err(status) => return status.into_response(),
    };
    let query = match feed::Query::read(query.as_deref().unwrap_or_default()) {
        Ok(query) => query,
        Err(feed::Refusal::Unreadable(name)) => {
            return problem::unreadable(name, "The value is not valid.");
        }
        Err(feed::Refusal::Problem(problem)) => return *refuse(&world, &[problem]),
    };
    let address = format!("{}{EVENTS}", world.addresses.altinn);
    match world
        .altinn
        .events(&caller.consumer, &query, &address, world.clock.now())
    {
        Ok(page) => json_body(&page).into_response(),
        Err(problem) => *refuse(&world, &[problem]),
    }
}

/// What Maskinporten asks when a grant names a consent.
async fn lookup(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(status) = Caller::of(&world, &headers, LOOKUP) {
        return status.into_response();
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let Ok(id) = Uuid::parse_str(text("id")) else {
        return problem::unreadable("$.id", "The value is not valid.");
    };
    match world
        .altinn
        .lookup(world.clock.now(), id, text("from"), text("to"))
    {
        Err(problems) => *refuse(&world, &problems),
        Ok(consent) => json_body(&json!({
            "id": consent.id,
            "from": consent.from,
            "to": consent.to,
            "handledBy": consent.handled_by,
            "consented": document::timestamp(consent.consented),
            "validTo": document::timestamp(consent.valid_to),
            "consentRights": consent.rights,
        }))
        .into_response(),
    }
}

async fn resource(Path(id): Path<String>) -> Response {
    resource::find(&id).map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |found| json_body(&found.document()).into_response(),
    )
}

/// The answer for the problems, with their codes in the journal.
fn refuse(world: &World, problems: &[Problem]) -> Box<Response> {
    let mut response = problem::response(problems, world.altinn.switches().problem_format);
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    response.extensions_mut().insert(Note(codes.join(", ")));
    Box::new(response)
}

/// Without a body.
fn bare(status: StatusCode) -> Box<Response> {
    Box::new(status.into_response())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    kind.split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn json_body(document: &Value) -> impl IntoResponse + use<> {
    (
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        document.to_string(),
    )
}
