//! The vault's part of the admin address: what its operator would do.
//!
//! | route | |
//! |---|---|
//! | `POST /vault/seal`, `POST /vault/unseal` | it answers nobody, or again |
//! | `POST /vault/revoke` | ends every token that a login has given |
//! | `POST /vault/rotate` | makes a new version of the key |

use std::sync::Arc;

use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::routing::post;

use crate::world::World;

/// The routes.
pub(crate) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/vault/seal", post(seal))
        .route("/vault/unseal", post(unseal))
        .route("/vault/revoke", post(revoke))
        .route("/vault/rotate", post(rotate))
}

async fn seal(State(world): State<Arc<World>>) -> StatusCode {
    world.vault.seal(true);
    StatusCode::NO_CONTENT
}

async fn unseal(State(world): State<Arc<World>>) -> StatusCode {
    world.vault.seal(false);
    StatusCode::NO_CONTENT
}

async fn revoke(State(world): State<Arc<World>>) -> StatusCode {
    world.vault.revoke_tokens();
    StatusCode::NO_CONTENT
}

async fn rotate(State(world): State<Arc<World>>) -> StatusCode {
    let now = world.clock.now();
    match tokio::task::spawn_blocking(move || world.vault.rotate(now)).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
