//! The vault's part of the admin address: what its operator would do.
//!
//! | route | |
//! |---|---|
//! | `POST /vault/seal`, `POST /vault/unseal` | it refuses all requests, or serves them again |
//! | `POST /vault/revoke` | ends every token that a login has given |
//! | `POST /vault/rotate` | makes a new version of the key |

use std::sync::Arc;

use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::state::Vault;

/// Returns the routes of the vault's admin API.
pub(crate) fn router(vault: Arc<Vault>) -> Router {
    Router::new()
        .route("/vault/seal", post(seal))
        .route("/vault/unseal", post(unseal))
        .route("/vault/revoke", post(revoke))
        .route("/vault/rotate", post(rotate))
        .with_state(vault)
}

async fn seal(State(vault): State<Arc<Vault>>) -> StatusCode {
    vault.seal(true);
    StatusCode::NO_CONTENT
}

async fn unseal(State(vault): State<Arc<Vault>>) -> StatusCode {
    vault.seal(false);
    StatusCode::NO_CONTENT
}

async fn revoke(State(vault): State<Arc<Vault>>) -> StatusCode {
    vault.revoke_tokens();
    StatusCode::NO_CONTENT
}

async fn rotate(State(vault): State<Arc<Vault>>) -> StatusCode {
    let now = vault.clock.now();
    match tokio::task::spawn_blocking(move || vault.rotate(now)).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
