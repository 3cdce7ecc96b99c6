//! Admin API of a sandbox. Plain HTTP on the loopback; JSON in and out; unknown members are
//! refused. Requests that name another host than the loopback, or that a browser makes, are
//! refused, so that no web site can use it.
//!
//! | route | |
//! |---|---|
//! | `GET /faults`, `POST /faults`, `DELETE /faults` | faults on order: see [`crate::kit::Rule`] |
//! | `GET /clock`, `POST /clock` | `{"offset_seconds": 86400}`: the sandbox's time from the machine's |
//! | `GET /journal` | the newest requests, and why they were refused |
//! | `GET /counters` | requests per service, tokens per identity |
//!
//! Services add routes of their own: switches of behaviour, the acts of persons on their pages, and
//! registrations. The tables are in their modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::kit::controls::Controls;
use crate::kit::{ExternalService, Journal, admin};
use crate::maskinporten::{Identity, Maskinporten};

/// Returns the admin API with the routes of `services`.
pub(crate) fn router(
    controls: Controls,
    maskinporten: Arc<Maskinporten>,
    services: Router,
) -> Router {
    let counted = (controls.journal.clone(), maskinporten);
    let counters = Router::new()
        .route("/counters", get(counters))
        .with_state(counted);
    admin::guarded(admin::routes(controls).merge(counters).merge(services))
}

/// Counters since the start.
#[derive(Debug, Serialize)]
struct Counters {
    requests: BTreeMap<ExternalService, u64>,
    tokens: Vec<MintedTokens>,
}

/// Number of tokens issued for one identity.
#[derive(Debug, Serialize)]
struct MintedTokens {
    #[serde(flatten)]
    identity: Identity,
    count: u64,
}

async fn counters(
    State((journal, maskinporten)): State<(Arc<Journal>, Arc<Maskinporten>)>,
) -> Json<Counters> {
    let minted = maskinporten.minted().into_iter();
    Json(Counters {
        requests: journal.requests(),
        tokens: minted
            .map(|(identity, count)| MintedTokens { identity, count })
            .collect(),
    })
}
