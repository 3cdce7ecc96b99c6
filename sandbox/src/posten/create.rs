//! A job is created: from the request's two parts to an order that keeps every rule.
//!
//! Assumptions: 200 is the success; the request is looked at before the package; a manifest whose sender is not
//! the organisation in the path is answered with `ASICE_VALIDATION_FAILED`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use time::Duration;

use super::door::{Caller, may_act};
use super::multipart::{self, Parts, Unread};
use super::order::{Flow, Order};
use super::package::{Availability, Invalid, Measure, Package};
use super::refusal::{Code, Refusal};
use super::request::{self, Direct, Request};
use super::schema::Broken;
use super::{rules, sender};
use crate::journal::Note;
use crate::world::World;

/// How long a portal job is available where nothing is said.
const THIRTY_DAYS: i64 = 2_592_000;

/// `POST {root}/{org}/direct/signature-jobs`.
pub(super) async fn direct(
    State(world): State<Arc<World>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Unread> {
    let parts = multipart::read(&headers, body).await?;
    create(&world, caller, &parts, request::direct(&parts.request))
}

/// `POST {root}/{org}/portal/signature-jobs`.
pub(super) async fn portal(
    State(world): State<Arc<World>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Unread> {
    let parts = multipart::read(&headers, body).await?;
    create(&world, caller, &parts, request::portal(&parts.request))
}

fn create(
    world: &World,
    caller: Caller,
    parts: &Parts,
    request: Result<Request, Broken>,
) -> Result<Response, Unread> {
    let (order, remark) = ordered(world, caller, parts, request)?;
    let answer = world.posten.accept(order, world.clock.now());
    let headers = [(header::CONTENT_TYPE, "application/xml")];
    let mut response = (headers, answer).into_response();
    if let Some(remark) = remark {
        response.extensions_mut().insert(Note(remark.to_owned()));
    }
    Ok(response)
}

/// The order, and something worth noting about its package.
fn ordered(
    world: &World,
    caller: Caller,
    parts: &Parts,
    request: Result<Request, Broken>,
) -> Result<(Order, Option<&'static str>), Refusal> {
    let request = request?;
    let switches = world.posten.switches();
    let package = Package::open(
        &parts.package,
        Measure {
            portal: request.direct.is_none(),
            authority: &world.enterprise,
            now: world.clock.now(),
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
        world.clock.now(),
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

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::new(Code::SchemaValidation, broken.to_string())
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::new(Code::AsiceValidation, invalid.to_string())
    }
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
