//! Stub.

use std::sync::Arc;

use axum::Router;

use crate::world::World;

/// Stub.
#[derive(Debug)]
pub struct Bank;

impl Bank {
    /// Stub.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self)
    }
}

/// Stub.
pub fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}

/// Stub.
pub fn page_router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
