//! Requests for system users: vendors make, follow and delete them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use super::problem;
use super::request::{Draft, Request};
use super::requests::CreatedRequest;
use super::user_key::UserKey;
use super::vendor::{REQUEST_READ, REQUEST_WRITE, Vendor, id, paginated};
use crate::altinn::refused::{Refused, answer, body_of};
use crate::altinn::state::Altinn;

const PATH: &str = "/authentication/api/v1/systemuser/request";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    routes_at(PATH, false).route(&format!("{PATH}/vendor"), post(create))
}

/// The routes of one kind of request that follow and delete.
pub(super) fn routes_at(path: &'static str, is_change: bool) -> Router<Arc<Altinn>> {
    let read = async move |State(altinn): State<Arc<Altinn>>,
                           headers: HeaderMap,
                           Path(text): Path<String>| {
        let found = read_or_refuse(&altinn, &headers, &text, is_change);
        answer(&altinn, found)
    };
    let delete = async move |State(altinn): State<Arc<Altinn>>,
                             headers: HeaderMap,
                             Path(text): Path<String>| {
        let deleted = delete_or_refuse(&altinn, &headers, &text, is_change);
        deleted.unwrap_or_else(|refused| refused.response(&altinn))
    };
    let by_reference =
        async move |State(altinn): State<Arc<Altinn>>,
                    headers: HeaderMap,
                    Path(named): Path<(String, String, String)>| {
            let (system, owner, external_ref) = &named;
            let key = UserKey {
                system,
                owner,
                external_ref,
            };
            let found = find_or_refuse(&altinn, &headers, key, is_change);
            answer(&altinn, found)
        };
    let list = async move |State(altinn): State<Arc<Altinn>>,
                           headers: HeaderMap,
                           Path(system): Path<String>,
                           RawQuery(query): RawQuery| {
        let query = query.unwrap_or_default();
        let address = format!("{}{path}/vendor/bysystem/{system}", altinn.origins.platform);
        let listed = list_or_refuse(&altinn, &headers, &system, &query, &address, is_change);
        answer(&altinn, listed)
    };
    Router::new()
        .route(
            &format!("{path}/vendor/{{request}}"),
            get(read).delete(delete),
        )
        .route(
            &format!("{path}/vendor/byexternalref/{{system}}/{{party}}/{{reference}}"),
            get(by_reference),
        )
        .route(&format!("{path}/vendor/bysystem/{{system}}"), get(list))
}

async fn create(State(altinn): State<Arc<Altinn>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked = create_or_refuse(&altinn, &headers, &body);
    asked.map_or_else(
        |refused| refused.response(&altinn),
        |asked| created(&altinn, PATH, asked),
    )
}

fn create_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<CreatedRequest, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REQUEST_WRITE])?;
    let draft = Draft::read(body)?;
    let systems = &mut altinn.state().systems;
    Ok(systems.ask(draft, &vendor.number, altinn.clock.now())?)
}

/// Answers 201 for a new request, 200 for an existing one.
pub(super) fn created(altinn: &Altinn, path: &str, asked: CreatedRequest) -> Response {
    let now = altinn.clock.now();
    let page = &altinn.origins.pages;
    match asked {
        CreatedRequest::New(request) => {
            let location = format!("{}{path}/{}", altinn.origins.platform, request.id);
            let body = body_of(&request.document(page, now, true));
            (StatusCode::CREATED, [(header::LOCATION, location)], body).into_response()
        }
        CreatedRequest::Already(request) => {
            body_of(&request.document(page, now, false)).into_response()
        }
    }
}

fn document(altinn: &Altinn, request: &Request) -> Value {
    request.document(&altinn.origins.pages, altinn.clock.now(), false)
}

fn read_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    text: &str,
    is_change: bool,
) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REQUEST_READ])?;
    let id = id(text, "requestId")?;
    let state = altinn.state();
    let request = state.systems.request(id, is_change, &vendor.number)?;
    Ok(document(altinn, request))
}

/// Ignores the owner of the request, as the real service does.
fn delete_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    text: &str,
    is_change: bool,
) -> Result<Response, Refused> {
    Vendor::authenticate(altinn, headers, &[REQUEST_WRITE])?;
    let id = id(text, "requestId")?;
    let requests = &mut altinn.state().systems.requests;
    let is_there = requests
        .get(&id)
        .is_some_and(|request| request.is_change() == is_change);
    if !is_there {
        return Err(problem::REQUEST_NOT_FOUND.into());
    }
    requests.remove(&id);
    Ok(StatusCode::ACCEPTED.into_response())
}

fn find_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    key: UserKey<'_>,
    is_change: bool,
) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REQUEST_READ])?;
    let state = altinn.state();
    let found = state.systems.newest_request(key, is_change);
    let request = found.ok_or(problem::REQUEST_NOT_FOUND)?;
    state.systems.own(key.system, &vendor.number)?;
    Ok(document(altinn, request))
}

fn list_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    system: &str,
    query: &str,
    address: &str,
    is_change: bool,
) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REQUEST_READ])?;
    let state = altinn.state();
    state.systems.own(system, &vendor.number)?;
    let requests = state
        .systems
        .requests
        .values()
        .filter(|request| request.is_change() == is_change && request.system_id == system);
    let items: Vec<(Uuid, Value)> = requests
        .map(|request| (request.id, document(altinn, request)))
        .collect();
    Ok(paginated(
        items,
        parameter(query, "token").as_deref(),
        address,
    ))
}

/// Returns the value of a query parameter.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
}
