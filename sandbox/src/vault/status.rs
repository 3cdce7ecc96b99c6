//! Status of the vault, which needs no token.

use std::sync::Arc;

use ::http::StatusCode;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::state::Vault;

/// Vault version whose answers are imitated.
const VERSION: &str = "1.18.5";
const CLUSTER: &str = "vault-cluster-sandbox";
const CLUSTER_ID: &str = "5a6db0a4-2b8e-4c1d-9a52-0f6f5f4f2b10";

/// `/v1/sys/health`, without the parameters that change its statuses.
pub(super) async fn health(State(vault): State<Arc<Vault>>) -> (StatusCode, Json<Value>) {
    let sealed = vault.state().sealed;
    let status = if sealed {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    let mut health = json!({
        "initialized": true,
        "sealed": sealed,
        "standby": false,
        "performance_standby": false,
        "replication_performance_mode": if sealed { "unknown" } else { "disabled" },
        "replication_dr_mode": if sealed { "unknown" } else { "disabled" },
        "server_time_utc": vault.clock.now().unix_timestamp(),
        "version": VERSION,
    });
    named(&mut health, sealed);
    (status, Json(health))
}

/// Handles `/v1/sys/seal-status`.
pub(super) async fn seal(State(vault): State<Arc<Vault>>) -> Json<Value> {
    let sealed = vault.state().sealed;
    let mut status = json!({
        "type": "shamir",
        "initialized": true,
        "sealed": sealed,
        "t": 1,
        "n": 1,
        "progress": 0,
        "nonce": "",
        "version": VERSION,
        "build_date": "2025-02-24T09:40:28Z",
        "migration": false,
        "recovery_seal": false,
        "storage_type": "inmem",
    });
    named(&mut status, sealed);
    Json(status)
}

/// Returns which cluster it is: a sealed vault does not know.
fn named(status: &mut Value, sealed: bool) {
    if let (Some(status), false) = (status.as_object_mut(), sealed) {
        status.insert("cluster_name".to_owned(), CLUSTER.into());
        status.insert("cluster_id".to_owned(), CLUSTER_ID.into());
    }
}
