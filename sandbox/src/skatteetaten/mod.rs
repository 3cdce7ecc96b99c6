//! Stub.

use std::sync::Arc;

use axum::Router;

use crate::world::World;

/// Stub.
#[derive(Debug, Default)]
pub struct Skatteetaten;

impl Skatteetaten {
    /// Stub.
    pub fn new() -> Self {
        Self
    }
}

/// Stub.
pub fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
