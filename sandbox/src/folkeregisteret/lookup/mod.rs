//! Folkeregisteret for consumers: the lookup of one person, *hent person*, on an origin of its own and with a
//! Maskinporten token alone.
//!
//! Sources: Skatteetaten's public documentation of Folkeregisteret's API, the pages "Maskinporten", "Endepunkter",
//! "Dataminimering", "Returkoder" and "Ytelse og responstider". Search, bulk lookups, extracts and events are not
//! simulated, nor are the scopes that end in `.segmentansvarlig`, of which nothing is said but their names.
//!
//! Assumptions: the order of the checks; the code, for `FREG-001` is the only one published, so that each refusal has
//! it and only the status tells them apart; the texts; that a part which the package does not open is 403 and one that
//! does not exist 400; that refusals are JSON whatever was asked for; that the test environment's 1 200 calls a minute
//! count from the first call on.

mod package;
mod person;
mod switches;
mod throttle;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use url::form_urlencoded;

use crate::bearer::{bearer, consumer, has_scope};
use crate::journal::Note;
use crate::skatteetaten::format::Format;
use crate::skatteetaten::node::Node;
use crate::skatteetaten::party;
use crate::world::World;
use package::Package;
use throttle::Throttle;

pub use switches::Switches;

/// The lookup's state.
#[derive(Debug, Default)]
pub struct Lookup {
    switches: Mutex<Switches>,
    throttle: Throttle,
}

impl Lookup {
    /// How it behaves now.
    pub fn switches(&self) -> Switches {
        self.lock().clone()
    }

    /// Makes it behave differently from now on.
    pub fn set_switches(&self, switches: Switches) {
        *self.lock() = switches;
    }

    fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lookup's routes. One package has another form of address than the others.
pub(crate) fn router(world: Arc<World>) -> Router {
    let by_law = async |state: State<Arc<World>>,
                        Path(person): Path<String>,
                        query: RawQuery,
                        headers: HeaderMap| {
        read(state, "offentlig-med-hjemmel", &person, query, &headers)
    };
    let others =
        async |state: State<Arc<World>>,
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
        .with_state(world)
}

/// The lookup's part of the admin address.
pub(crate) fn admin_router() -> Router<Arc<World>> {
    let read = async |State(world): State<Arc<World>>| Json(world.lookup.switches());
    let set = async |State(world): State<Arc<World>>, Json(switches): Json<Switches>| {
        world.lookup.set_switches(switches);
        StatusCode::NO_CONTENT
    };
    Router::new().route("/folkeregisteret/switches", get(read).put(set))
}

async fn nowhere() -> Response {
    Refusal::NotFound.response()
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    Input(&'static str),
    Unauthenticated,
    NotAuthorised,
    /// A wrong address or an unknown person: the documentation has one row for both.
    NotFound,
    Format,
    /// With the milliseconds to wait.
    TooMany(u64),
}

impl Refusal {
    fn response(self) -> Response {
        let (status, text) = match self {
            Self::Input(text) => (StatusCode::BAD_REQUEST, text),
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "Autentiseringsinformasjon mangler",
            ),
            Self::NotAuthorised => (
                StatusCode::FORBIDDEN,
                "Virksomheten mangler autorisasjon for tjenesten",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "Fant ikke ressursen"),
            Self::Format => (StatusCode::NOT_ACCEPTABLE, "Formatet støttes ikke"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "For mange kall"),
        };
        let note = Extension(Note(format!("{}: {text}", status.as_u16())));
        let body = Json(json!({ "kode": "FREG-001", "melding": text }));
        let mut response = (status, note, body).into_response();
        if let Self::TooMany(milliseconds) = self {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, milliseconds.into());
        }
        response
    }
}

fn read(
    State(world): State<Arc<World>>,
    package: &str,
    person: &str,
    RawQuery(query): RawQuery,
    headers: &HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    match look_up(&world, package, person, &query, headers) {
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
    world: &World,
    package: &str,
    person: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<(Format, Node), Refusal> {
    let now = world.clock.now();
    let most = world.lookup.switches().calls_per_minute;
    world
        .lookup
        .throttle
        .pass(now, most)
        .map_err(Refusal::TooMany)?;
    let package = Package::at(package).ok_or(Refusal::NotFound)?;
    let token = bearer(headers).ok_or(Refusal::Unauthenticated)?;
    let claims = world
        .maskinporten
        .verify(now, token)
        .map_err(|_| Refusal::Unauthenticated)?;
    consumer(&claims).ok_or(Refusal::Unauthenticated)?;
    if !package.looks_up || !has_scope(&claims, &[package.scope]) {
        return Err(Refusal::NotAuthorised);
    }
    let format = Format::of(headers).ok_or(Refusal::Format)?;
    if !party::is_person(person) {
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
