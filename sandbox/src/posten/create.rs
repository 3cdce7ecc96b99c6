//! Creation of a job: from the request's two parts to an order that satisfies all rules.
//!
//! Assumptions: 200 is the success; the request is checked before the package; a manifest whose
//! sender is not the organisation in the path is answered with `ASICE_VALIDATION_FAILED`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use time::Duration;

use super::access::{Caller, may_act};
use super::multipart::{self, MultipartError, Parts};
use super::order::{Flow, Order};
use super::package::{Availability, Invalid, Measure, Package};
use super::refusal::{Code, Refusal};
use super::request::{self, Direct, Request};
use super::schema::SchemaViolation;
use super::state::Posten;
use super::{rules, sender};
use crate::kit::journal::JournalNote;

/// Default availability of a portal job, in seconds.
const THIRTY_DAYS: i64 = 2_592_000;

/// Handles `POST {root}/{org}/direct/signature-jobs`.
pub(super) async fn direct(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, MultipartError> {
    let parts = multipart::read(&headers, body).await?;
    create(&posten, caller, &parts, request::direct(&parts.request))
}

/// Handles `POST {root}/{org}/portal/signature-jobs`.
pub(super) async fn portal(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, MultipartError> {
    let parts = multipart::read(&headers, body).await?;
    create(&posten, caller, &parts, request::portal(&parts.request))
}

fn create(
    posten: &Posten,
    caller: Caller,
    parts: &Parts,
    request: Result<Request, SchemaViolation>,
) -> Result<Response, MultipartError> {
    let (order, remark) = ordered(posten, caller, parts, request)?;
    let answer = posten.accept(order, posten.clock.now());
    let headers = [(header::CONTENT_TYPE, "application/xml")];
    let mut response = (headers, answer).into_response();
    if let Some(remark) = remark {
        response
            .extensions_mut()
            .insert(JournalNote(remark.to_owned()));
    }
    Ok(response)
}

/// Returns the order, and a remark about its package, if any.
fn ordered(
    posten: &Posten,
    caller: Caller,
    parts: &Parts,
    request: Result<Request, SchemaViolation>,
) -> Result<(Order, Option<&'static str>), Refusal> {
    let request = request?;
    let switches = posten.switches();
    let package = Package::open(
        &parts.package,
        Measure {
            portal: request.direct.is_none(),
            authority: &posten.enterprise,
            now: posten.clock.now(),
            tolerance: Duration::seconds(switches.signing_time_tolerance_seconds.into()),
        },
    )?;
    let Package {
        manifest,
        documents,
        signed_by,
        remark,
    } = package;
    if manifest.sender != caller.organisation {
        return Err(Invalid::new("the manifest is of another sender").into());
    }
    if signed_by != caller.organisation
        && !may_act(&switches.brokers, &signed_by, &caller.organisation)
    {
        return Err(Invalid::new("another organisation has signed the package").into());
    }
    let order = Order {
        flow: flow(request.direct, manifest.availability),
        organisation: caller.organisation,
        broker: caller.broker,
        reference: request.reference,
        queue: request.queue,
        title: manifest.title,
        nonsensitive_title: manifest.nonsensitive_title,
        description: manifest.description,
        documents,
        signers: manifest.signers,
        authentication: manifest.authentication,
        identifier_in_signed_documents: manifest.identifier,
    };
    rules::check(
        &order,
        sender::is_public(&order.organisation),
        posten.clock.now(),
    )?;
    Ok((order, remark))
}

fn flow(direct: Option<Direct>, availability: Availability) -> Flow {
    match direct {
        Some(Direct { exit, polling }) => Flow::Direct { exit, polling },
        None => Flow::Portal {
            activation: availability.activation,
            available_seconds: availability.seconds.unwrap_or(THIRTY_DAYS),
        },
    }
}

impl From<SchemaViolation> for Refusal {
    fn from(broken: SchemaViolation) -> Self {
        Self::new(Code::SchemaValidation, broken.to_string())
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::new(Code::AsiceValidation, invalid.to_string())
    }
}

impl From<Refusal> for MultipartError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
