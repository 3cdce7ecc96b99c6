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

use super::authentication::authenticate;
use super::body::{self, InvalidBody};
use super::caller::Caller;
use super::draft::Draft;
use super::refused::{Refused, answer, body_of, is_json};
use super::state::{Altinn, CreateOutcome};
use super::switches::Repeat;
use super::{checks, document, feed, problem, resource};

const REQUESTS: &str = "/accessmanagement/api/v1/enterprise/consentrequests";
const EVENTS: &str = "/accessmanagement/api/v1/enterprise/consentrequests/events";

const WRITE: &[&str] = &["altinn:consentrequests.write", "altinn:consentrequests.org"];
const READ: &[&str] = &[
    "altinn:consentrequests.read",
    "altinn:consentrequests.write",
    "altinn:consentrequests.org",
];
const LOOKUP: &[&str] = &["altinn:maskinporten/consent.read"];

pub(super) fn routes() -> Router<Arc<Altinn>> {
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

async fn create(State(altinn): State<Arc<Altinn>>, headers: HeaderMap, body: Bytes) -> Response {
    create_or_refuse(&altinn, &headers, &body).unwrap_or_else(|refused| refused.response(&altinn))
}

fn create_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refused> {
    let caller = authenticate(altinn, headers, WRITE)?;
    if !is_json(headers) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into());
    }
    request(altinn, caller, Draft::read(body)?)
}

/// Creates a request without a token, as the organisation that is to receive the data.
pub(super) fn create_unasked(altinn: &Altinn, body: &[u8]) -> Response {
    let created = Draft::read(body)
        .map_err(Refused::from)
        .and_then(|draft| request(altinn, Caller::receiver(&draft.to), draft));
    created.unwrap_or_else(|refused| refused.response(altinn))
}

fn request(altinn: &Altinn, caller: Caller, draft: Draft) -> Result<Response, Refused> {
    let now = altinn.clock.now();
    let checked = checks::run(draft, &caller, now).map_err(|refusal| match refusal {
        checks::Refusal::Forbidden => StatusCode::FORBIDDEN.into(),
        checks::Refusal::Unspecific(reason) => Refused::Failed(reason),
        checks::Refusal::Problems(problems) => Refused::Problems(problems),
    })?;
    let (stored, request) = altinn.store(checked, caller.consumer, now)?;
    let switches = altinn.switches();
    let page = &altinn.origins.pages;
    Ok(match (stored, switches.repeat) {
        (CreateOutcome::New, _) => {
            let location = format!("{}{REQUESTS}/{}", altinn.origins.platform, request.draft.id);
            let contract = document::contract(&request, page, now, &switches);
            let headers = [(header::LOCATION, location)];
            (StatusCode::CREATED, headers, body_of(&contract)).into_response()
        }
        (CreateOutcome::Already, Repeat::Internal) => {
            body_of(&document::internal(&request, page, &switches)).into_response()
        }
        (CreateOutcome::Already, Repeat::Documented) => {
            body_of(&document::contract(&request, page, now, &switches)).into_response()
        }
    })
}

async fn read(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&altinn, read_or_refuse(&altinn, &headers, &id))
}

fn read_or_refuse(altinn: &Altinn, headers: &HeaderMap, id: &str) -> Result<Value, Refused> {
    let caller = authenticate(altinn, headers, READ)?;
    let id = Uuid::parse_str(id).map_err(|_| StatusCode::NOT_FOUND)?;
    let now = altinn.clock.now();
    let request = altinn.seen(id, now).ok_or(problem::NOT_FOUND)?;
    if request.draft.to != caller.consumer {
        return Err(problem::NOT_AUTHORISED.into());
    }
    let (page, switches) = (&altinn.origins.pages, altinn.switches());
    Ok(document::contract(&request, page, now, &switches))
}

async fn events(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    answer(&altinn, events_or_refuse(&altinn, &headers, &query))
}

fn events_or_refuse(altinn: &Altinn, headers: &HeaderMap, query: &str) -> Result<Value, Refused> {
    let caller = authenticate(altinn, headers, READ)?;
    let query = feed::Query::read(query).map_err(|refusal| match refusal {
        feed::Refusal::InvalidBody(unreadable) => Refused::from(unreadable),
        feed::Refusal::Problem(problem) => problem.into(),
    })?;
    let address = format!("{}{EVENTS}", altinn.origins.platform);
    let now = altinn.clock.now();
    Ok(altinn.events(&caller.consumer, &query, &address, now)?)
}

/// Answers Maskinporten's look-up of a consent that a grant names.
async fn lookup(State(altinn): State<Arc<Altinn>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&altinn, lookup_or_refuse(&altinn, &headers, &body))
}

fn lookup_or_refuse(altinn: &Altinn, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
    authenticate(altinn, headers, LOOKUP)?;
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = body::uuid(text("id")).ok_or_else(|| InvalidBody::value("$.id"))?;
    let now = altinn.clock.now();
    let consent = altinn
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

async fn resource(State(altinn): State<Arc<Altinn>>, Path(id): Path<String>) -> Response {
    let found = resource::find(&id).map(resource::Resource::document);
    answer(&altinn, found.ok_or(StatusCode::NOT_FOUND.into()))
}
