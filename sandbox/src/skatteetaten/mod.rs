//! Skatteetaten: krav og betalinger (what a party owes, has paid and got back) here; income and tax
//! basis, each on a host of its own, in modules of their own.
//!
//! The party's consent is in Maskinporten's token, or, from Altinn 2, in a header of its own.
//!
//! Sources: Skatteetaten, "Krav og betalinger" (2024), "Sikkerhetsmekanismer", "Feilhåndtering" and
//! "Skjerming"; Altinn, "Validate consent". Data are JSON, or XML without a published schema.

mod access;
mod answer;
mod call_limit;
mod data;
mod element;
pub(crate) mod income;
mod ledger;
mod period;
mod person_api;
mod proof;
mod refusal;
mod state;
mod switches;
pub(crate) mod tax_basis;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use uuid::Uuid;

use crate::kit::bearer::bearer;
use crate::kit::document::{Format, Node};
use crate::population::{is_organisation, is_person};
use access::Package;
use period::Period;

pub use call_limit::CallPermit;
pub use data::ODD_AMOUNT;
pub use refusal::Refusal;
pub use state::Skatteetaten;
pub use switches::{MissingScope, NothingFound, ProofHeader, Shape, Switches};

const CORRELATION: HeaderName = HeaderName::from_static("korrelasjonsid");

/// Returns the routes of the API.
pub fn router(skatteetaten: Arc<Skatteetaten>) -> Router {
    Router::new()
        .route("/v1/{package}/{party}/{read}", get(read))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(skatteetaten)
}

/// Returns Skatteetaten's part of the admin API.
pub(crate) fn admin_router(skatteetaten: Arc<Skatteetaten>) -> Router {
    let read = async |State(skatteetaten): State<Arc<Skatteetaten>>| Json(skatteetaten.switches());
    let set = async |State(skatteetaten): State<Arc<Skatteetaten>>,
                     Json(switches): Json<Switches>| {
        skatteetaten.set_switches(switches);
        StatusCode::NO_CONTENT
    };
    Router::new()
        .route("/skatteetaten/switches", get(read).put(set))
        .with_state(skatteetaten)
}

/// Answers an unknown address: below the API's version the service refuses it; elsewhere there is
/// no service.
async fn unknown(uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/v1/") {
        let correlation = correlation(&headers);
        let format = Format::from_headers(&headers).unwrap_or(Format::Json);
        return named(
            Refusal::UnknownUrl.response(format, &correlation),
            &correlation,
        );
    }
    instance_unknown()
}

/// Builds the platform's answer for an address without a service.
fn instance_unknown() -> Response {
    let text = format!("Unknown instance. ID={}", Uuid::new_v4().simple());
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}

/// Dataset of the API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Read {
    OpenClaims,
    Claims(Period),
    Payments(Period),
    Refunds(Period),
}

impl Read {
    /// Parses a dataset's name; `None` for an unknown one.
    fn parse(name: &str, query: &str) -> Option<Result<Self, Refusal>> {
        match name {
            "aapnekrav" => Some(Ok(Self::OpenClaims)),
            "krav" => Some(Period::read(query).map(Self::Claims)),
            "innbetalinger" => Some(Period::read(query).map(Self::Payments)),
            "utbetalinger" => Some(Period::read(query).map(Self::Refunds)),
            _ => None,
        }
    }

    const fn period(self) -> Option<Period> {
        match self {
            Self::OpenClaims => None,
            Self::Claims(period) | Self::Payments(period) | Self::Refunds(period) => Some(period),
        }
    }
}

async fn read(
    State(skatteetaten): State<Arc<Skatteetaten>>,
    Path((package, party, name)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(read) = Read::parse(&name, query.as_deref().unwrap_or_default()) else {
        return unknown(uri, headers).await;
    };
    let correlation = correlation(&headers);
    let Some(format) = Format::from_headers(&headers) else {
        return named(
            Refusal::Format.response(Format::Json, &correlation),
            &correlation,
        );
    };
    let mut response = match answer(&skatteetaten, &headers, &package, &party, read).await {
        Ok(tree) => {
            let body = match format {
                Format::Json => tree.json(),
                Format::Xml => tree.xml(&name),
            };
            ([(header::CONTENT_TYPE, format.media_type())], body).into_response()
        }
        Err(Failure::Refused(refusal)) => refusal.response(format, &correlation),
        Err(Failure::TooMany) => {
            (StatusCode::TOO_MANY_REQUESTS, "Too many requests").into_response()
        }
    };
    response
        .extensions_mut()
        .insert(proof::note(&skatteetaten, &headers));
    named(response, &correlation)
}

/// Reason for not answering.
#[derive(Debug)]
enum Failure {
    Refused(Refusal),
    /// Answer of the gateway instead of the service.
    TooMany,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Runs the checks, in order: token, number of calls, input, permission, record. Address and format
/// are checked before. Assumption: the order, which is not documented.
async fn answer(
    skatteetaten: &Skatteetaten,
    headers: &HeaderMap,
    package: &str,
    party: &str,
    read: Result<Read, Refusal>,
) -> Result<Node, Failure> {
    let switches = skatteetaten.switches();
    let now = skatteetaten.clock.now();
    let token = bearer(headers).ok_or(Refusal::Unauthenticated)?;
    let claims = skatteetaten
        .tokens
        .verify(now, token)
        .map_err(|_| Refusal::Unauthenticated)?;
    let organisation = access::reader(&claims, switches.missing_scope.refusal())?;
    let _permit = skatteetaten
        .calls
        .acquire(&organisation)
        .ok_or(Failure::TooMany)?;
    if switches.latency_milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(switches.latency_milliseconds.into())).await;
    }
    if let Some(refusal) = switches.failing {
        return Err(refusal.into());
    }
    let package = Package::read(package)?;
    if !is_organisation(party) && !is_person(party) {
        return Err(Refusal::PartyNumber.into());
    }
    let read = read?;
    let reader = organisation.trim_start_matches("0192:");
    match proof::consents(skatteetaten, headers, reader, party, access::ANY_CLAIMS) {
        Some(consents) if package == Package::Finans => {
            consents.then_some(()).ok_or(Refusal::Consent)?;
        }
        _ => access::permission(package, &claims, party, now)?,
    }
    if package == Package::Regnskapssystem {
        access::right(&*skatteetaten.system_users, &claims, party)?;
    }
    let account = data::account(party).ok_or(Refusal::UnknownParty)?;
    if account.shielded {
        return Ok(Node::Object(answer::shielded(party, read.period())));
    }
    let today = now.date();
    let contents = match read {
        Read::OpenClaims => answer::open_claims(account, today),
        Read::Claims(period) => answer::claims(account, period, today),
        Read::Payments(period) => answer::payments(account, period, today),
        Read::Refunds(period) => answer::refunds(account, period, today),
    };
    if contents.is_empty && switches.nothing_found == NothingFound::Refused {
        return Err(Refusal::NothingFound.into());
    }
    Ok(switches.shape.apply(Node::Object(contents.members)))
}

/// Returns the caller's correlation id, or a new one.
fn correlation(headers: &HeaderMap) -> String {
    let given = headers
        .get(CORRELATION)
        .and_then(|value| value.to_str().ok());
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

fn named(mut response: Response, correlation: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(correlation) {
        response.headers_mut().insert(CORRELATION, value);
    }
    response
}
