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

/// Why a call is refused.
enum Refused {
    /// With a status and an empty body.
    Bare(StatusCode),
    /// By the framework, which could not read it.
    Unreadable(Unreadable),
    /// With codes.
    Problems(Vec<Problem>),
}

impl From<StatusCode> for Refused {
    fn from(status: StatusCode) -> Self {
        Self::Bare(status)
    }
}

impl From<Unreadable> for Refused {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl Refused {
    /// The answer, with the codes in the journal.
    fn response(self, world: &World) -> Response {
        match self {
            Self::Bare(status) => status.into_response(),
            Self::Unreadable(Unreadable { path, message }) => problem::unreadable(&path, &message),
            Self::Problems(problems) => {
                let format = world.altinn.switches().problem_format;
                let mut response = problem::response(&problems, format);
                let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
                response.extensions_mut().insert(Note(codes.join(", ")));
                response
            }
        }
    }
}

async fn create(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    create_or_refuse(&world, &headers, &body).unwrap_or_else(|refused| refused.response(&world))
}

fn create_or_refuse(world: &World, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refused> {
    let caller = Caller::of(world, headers, WRITE)?;
    if !is_json(headers) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into());
    }
    request(world, caller, Draft::read(body)?)
}

/// Creates a request without a token, as the organisation that is to receive the data.
pub(super) fn create_unasked(world: &World, body: &[u8]) -> Response {
    let created = Draft::read(body)
        .map_err(Refused::from)
        .and_then(|draft| request(world, Caller::receiver(&draft.to), draft));
    created.unwrap_or_else(|refused| refused.response(world))
}

fn request(world: &World, caller: Caller, draft: Draft) -> Result<Response, Refused> {
    let now = world.clock.now();
    let checked = checks::run(draft, &caller, now).map_err(|refusal| match refusal {
        checks::Refusal::Forbidden => StatusCode::FORBIDDEN.into(),
        checks::Refusal::Unspecific => StatusCode::INTERNAL_SERVER_ERROR.into(),
        checks::Refusal::Problems(problems) => Refused::Problems(problems),
    })?;
    let (stored, request) = world.altinn.store(checked, caller.consumer, now)?;
    let switches = world.altinn.switches();
    let page = &world.addresses.altinn_page;
    Ok(match (stored, switches.repeat) {
        (Stored::New, _) => {
            let location = format!("{}{REQUESTS}/{}", world.addresses.altinn, request.draft.id);
            let contract = document::contract(&request, page, now, &switches);
            let headers = [(header::LOCATION, location)];
            (StatusCode::CREATED, headers, body_of(&contract)).into_response()
        }
        (Stored::Already, Repeat::Internal) => {
            body_of(&document::internal(&request, page, &switches)).into_response()
        }
        (Stored::Already, Repeat::Documented) => {
            body_of(&document::contract(&request, page, now, &switches)).into_response()
        }
    })
}

async fn read(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&world, read_or_refuse(&world, &headers, &id))
}

fn read_or_refuse(world: &World, headers: &HeaderMap, id: &str) -> Result<Value, Refused> {
    let caller = Caller::of(world, headers, READ)?;
    let id = Uuid::parse_str(id).map_err(|_| StatusCode::NOT_FOUND)?;
    let now = world.clock.now();
    let request = world.altinn.seen(id, now).ok_or(problem::NOT_FOUND)?;
    if request.draft.to != caller.consumer {
        return Err(problem::NOT_AUTHORISED.into());
    }
    let (page, switches) = (&world.addresses.altinn_page, world.altinn.switches());
    Ok(document::contract(&request, page, now, &switches))
}

async fn events(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    answer(&world, events_or_refuse(&world, &headers, &query))
}

fn events_or_refuse(world: &World, headers: &HeaderMap, query: &str) -> Result<Value, Refused> {
    let caller = Caller::of(world, headers, READ)?;
    let query = feed::Query::read(query).map_err(|refusal| match refusal {
        feed::Refusal::Unreadable(unreadable) => Refused::from(unreadable),
        feed::Refusal::Problem(problem) => problem.into(),
    })?;
    let address = format!("{}{EVENTS}", world.addresses.altinn);
    let now = world.clock.now();
    Ok(world
        .altinn
        .events(&caller.consumer, &query, &address, now)?)
}

/// What Maskinporten asks when a grant names a consent.
async fn lookup(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&world, lookup_or_refuse(&world, &headers, &body))
}

fn lookup_or_refuse(world: &World, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
    Caller::of(world, headers, LOOKUP)?;
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = Uuid::parse_str(text("id")).map_err(|_| Unreadable::value("$.id"))?;
    let now = world.clock.now();
    let consent = world
        .altinn
        .lookup(now, id, text("from"), text("to"))
        .map_err(Refused::Problems)?;
    Ok(json!({
        "id": consent.id,
        "from": consent.from,
        "to": consent.to,
        "handledBy": consent.handled_by,
        "consented": document::timestamp(consent.consented),
        "validTo": document::timestamp(consent.valid_to),
        "consentRights": consent.rights,
    }))
}

async fn resource(State(world): State<Arc<World>>, Path(id): Path<String>) -> Response {
    let found = resource::find(&id).map(resource::Resource::document);
    answer(&world, found.ok_or(StatusCode::NOT_FOUND.into()))
}

fn answer(world: &World, outcome: Result<Value, Refused>) -> Response {
    match outcome {
        Ok(document) => body_of(&document).into_response(),
        Err(refused) => refused.response(world),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn body_of(document: &Value) -> impl IntoResponse + use<> {
    let kind = (header::CONTENT_TYPE, "application/json; charset=utf-8");
    ([kind], document.to_string())
}
