//! The sandbox's own address, which no counterparty has. Plain HTTP on the loopback; JSON in and out;
//! unknown members are refused. So is a request that names another host than the loopback, or that a
//! page in a browser makes: no web site shall reach it.
//!
//! | route | |
//! |---|---|
//! | `GET /faults`, `POST /faults`, `DELETE /faults` | what is ordered to go wrong: see [`Rule`] |
//! | `GET /clock`, `POST /clock` | `{"offset_seconds": 86400}`: the counterparties' time from the machine's |
//! | `GET /journal` | the newest requests, and why they were refused |
//! | `GET /counters` | requests per counterparty, tokens per identity |
//!
//! Each counterparty adds its own: its switches, what its people would do on a page, and what is
//! registered with it. Their modules have the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::{HOST, ORIGIN};
use serde::{Deserialize, Serialize};

use crate::fault::Rule;
use crate::journal::Entry;
use crate::maskinporten::{self, Identity};
use crate::world::{Counterparty, World};
use crate::{altinn, altinn2, bank, folkeregisteret, posten, skatteetaten, vault};

/// The admin routes.
pub(crate) fn router(world: Arc<World>) -> Router {
    let all = common()
        .merge(altinn2::admin_router())
        .merge(skatteetaten::admin_router())
        .merge(posten::admin_router())
        .merge(folkeregisteret::lookup::admin_router())
        .merge(bank::admin_router())
        .merge(vault::admin_router());
    guarded(all, world)
}

/// Those of a Maskinporten that runs alone, with the registers of Altinn that it asks.
pub(crate) fn maskinporten_router(world: Arc<World>) -> Router {
    guarded(common(), world)
}

fn common() -> Router<Arc<World>> {
    Router::new()
        .route(
            "/faults",
            get(faults).post(order_fault).delete(clear_faults),
        )
        .route("/clock", get(clock).post(set_clock))
        .route("/journal", get(journal))
        .route("/counters", get(counters))
        .merge(maskinporten::admin_router())
        .merge(altinn::admin_router())
}

fn guarded(router: Router<Arc<World>>, world: Arc<World>) -> Router {
    router.layer(from_fn(only_local_programs)).with_state(world)
}

async fn only_local_programs(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    let here = matches!(name, Some("localhost" | "127.0.0.1" | "[::1]"));
    if !here || headers.contains_key(ORIGIN) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    next.run(request).await
}

async fn faults(State(world): State<Arc<World>>) -> Json<Vec<Rule>> {
    Json(world.faults.ordered())
}

async fn order_fault(State(world): State<Arc<World>>, Json(rule): Json<Rule>) -> StatusCode {
    world.faults.order(rule);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

/// The clock's offset from the machine's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    offset_seconds: i64,
}

async fn clock(State(world): State<Arc<World>>) -> Json<Offset> {
    Json(Offset {
        offset_seconds: world.clock.offset(),
    })
}

async fn set_clock(State(world): State<Arc<World>>, Json(offset): Json<Offset>) -> StatusCode {
    world.clock.set_offset(offset.offset_seconds);
    StatusCode::NO_CONTENT
}

/// What was counted since the start.
#[derive(Debug, Serialize)]
struct Counters {
    requests: BTreeMap<Counterparty, u64>,
    tokens: Vec<Minted>,
}

/// How many tokens were issued for one identity.
#[derive(Debug, Serialize)]
struct Minted {
    #[serde(flatten)]
    identity: Identity,
    count: u64,
}

async fn counters(State(world): State<Arc<World>>) -> Json<Counters> {
    let minted = world.maskinporten.minted().into_iter();
    Json(Counters {
        requests: world.journal.requests(),
        tokens: minted
            .map(|(identity, count)| Minted { identity, count })
            .collect(),
    })
}

async fn journal(State(world): State<Arc<World>>) -> Json<Vec<Entry>> {
    Json(world.journal.entries())
}
