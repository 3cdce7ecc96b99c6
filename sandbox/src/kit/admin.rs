//! Part of the admin API that is common to all services: faults, clock and journal.

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::controls::Controls;
use super::{Entry, Rule};

/// Returns the admin API's routes for `controls`.
pub(crate) fn routes(controls: Controls) -> Router {
    Router::new()
        .route(
            "/faults",
            get(faults).post(order_fault).delete(clear_faults),
        )
        .route("/clock", get(clock).post(set_clock))
        .route("/journal", get(journal))
        .with_state(controls)
}

/// Refuses requests that name another host than the loopback or come from a browser, so that no web
/// site can use the admin API.
pub(crate) fn guarded(router: Router) -> Router {
    router.layer(from_fn(only_local_programs))
}

async fn only_local_programs(request: Request, next: Next) -> Response {
    if !loopback::is_program_of_this_machine(request.headers()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    next.run(request).await
}

async fn faults(State(controls): State<Controls>) -> Json<Vec<Rule>> {
    Json(controls.faults.ordered())
}

async fn order_fault(State(controls): State<Controls>, Json(rule): Json<Rule>) -> StatusCode {
    controls.faults.order(rule);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(controls): State<Controls>) -> StatusCode {
    controls.faults.clear();
    StatusCode::NO_CONTENT
}

/// Offset of the sandbox's clock from the machine's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    offset_seconds: i64,
}

async fn clock(State(controls): State<Controls>) -> Json<Offset> {
    Json(Offset {
        offset_seconds: controls.clock.offset(),
    })
}

async fn set_clock(State(controls): State<Controls>, Json(offset): Json<Offset>) -> StatusCode {
    controls.clock.set_offset(offset.offset_seconds);
    StatusCode::NO_CONTENT
}

async fn journal(State(controls): State<Controls>) -> Json<Vec<Entry>> {
    Json(controls.journal.entries())
}
