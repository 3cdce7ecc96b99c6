//! Folkeregisteret for consumers: the lookup of one person, *hent person*, on an origin of its own
//! and with a Maskinporten token alone.
//!
//! Sources: Skatteetaten's public documentation of Folkeregisteret's API, the pages "Maskinporten",
//! "Endepunkter", "Dataminimering", "Returkoder" and "Ytelse og responstider". Search, bulk
//! lookups, extracts and events are not simulated, nor are the scopes that end in
//! `.segmentansvarlig`, whose names alone are documented.
//!
//! Assumptions: the order of the checks; the code, for `FREG-001` is the only one published, so
//! that each refusal has it and only the status tells them apart; the texts; that a part which the
//! package does not open is 403 and one that does not exist 400; that refusals are JSON whatever
//! was asked for; that the test environment's 1 200 calls a minute count from the first call on.

mod package;
mod person;
mod refusal;
mod state;
mod switches;
mod throttle;

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use url::form_urlencoded;

use crate::kit::bearer::{bearer, consumer, has_scope};
use crate::kit::document::{Format, Node};
use crate::population::is_person;
use package::Package;
use refusal::Refusal;

pub use state::Lookup;
pub use switches::Switches;

/// Returns the lookup's routes. One package has another form of address than the others.
pub(crate) fn router(lookup: Arc<Lookup>) -> Router {
    let by_law = async |state: State<Arc<Lookup>>,
                        Path(person): Path<String>,
                        query: RawQuery,
                        headers: HeaderMap| {
        read(state, "offentlig-med-hjemmel", &person, query, &headers)
    };
    let others =
        async |state: State<Arc<Lookup>>,
               Path((package, person)): Path<(String, String)>,
               query: RawQuery,
               headers: HeaderMap| { read(state, &package, &person, query, &headers) };
    Router::new()
        .route(
            "/folkeregisteret/offentlig-med-hjemmel/api/v1/personer/{person}",
            get(by_law),
        )
        .route(
            "/folkeregisteret/api/{package}/v1/personer/{person}",
            get(others),
        )
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(lookup)
}

/// Returns the lookup's part of the admin API.
pub(crate) fn admin_router(lookup: Arc<Lookup>) -> Router {
    let read = async |State(lookup): State<Arc<Lookup>>| Json(lookup.switches());
    let set = async |State(lookup): State<Arc<Lookup>>, Json(switches): Json<Switches>| {
        lookup.set_switches(switches);
        StatusCode::NO_CONTENT
    };
    Router::new()
        .route("/folkeregisteret/switches", get(read).put(set))
        .with_state(lookup)
}

async fn nowhere() -> Response {
    Refusal::NotFound.response()
}

fn read(
    State(lookup): State<Arc<Lookup>>,
    package: &str,
    person: &str,
    RawQuery(query): RawQuery,
    headers: &HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    match look_up(&lookup, package, person, &query, headers) {
        Ok((Format::Json, tree)) => (
            [(header::CONTENT_TYPE, Format::Json.media_type())],
            tree.json(),
        )
            .into_response(),
        Ok((Format::Xml, tree)) => (
            [(header::CONTENT_TYPE, Format::Xml.media_type())],
            tree.xml("folkeregisterperson"),
        )
            .into_response(),
        Err(refusal) => refusal.response(),
    }
}

fn look_up(
    lookup: &Lookup,
    package: &str,
    person: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<(Format, Node), Refusal> {
    let now = lookup.clock.now();
    let most = lookup.switches().calls_per_minute;
    lookup.throttle.pass(now, most).map_err(Refusal::TooMany)?;
    let package = Package::at(package).ok_or(Refusal::NotFound)?;
    let token = bearer(headers).ok_or(Refusal::Unauthenticated)?;
    let claims = lookup
        .tokens
        .verify(now, token)
        .map_err(|_| Refusal::Unauthenticated)?;
    consumer(&claims).ok_or(Refusal::Unauthenticated)?;
    if !package.looks_up || !has_scope(&claims, &[package.scope]) {
        return Err(Refusal::NotAuthorised);
    }
    let format = Format::from_headers(headers).ok_or(Refusal::Format)?;
    if !is_person(person) {
        return Err(Refusal::Input("Ugyldig personidentifikator"));
    }
    let mut parts = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != "part" {
            return Err(Refusal::Input("Ukjent parameter"));
        }
        parts.push(value.into_owned());
    }
    let selection = package.select(&parts)?;
    let person = person::document(person, &selection).ok_or(Refusal::NotFound)?;
    Ok((format, person))
}
