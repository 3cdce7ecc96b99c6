//! Stub.

use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::world::World;

/// Stub.
#[derive(Debug, Default)]
pub struct Altinn;

/// Stub.
#[derive(Debug)]
pub struct Consent {
    /// Stub.
    pub id: Uuid,
    /// Stub.
    pub from: String,
    /// Stub.
    pub to: String,
    /// Stub.
    pub handled_by: Option<String>,
    /// Stub.
    pub consented: OffsetDateTime,
    /// Stub.
    pub valid_to: OffsetDateTime,
    /// Stub.
    pub rights: Value,
}

/// Stub.
#[derive(Debug)]
pub struct Problem {
    /// Stub.
    pub code: &'static str,
}

impl Altinn {
    /// Stub.
    pub fn new() -> Self {
        Self
    }

    /// Stub.
    pub fn lookup(
        &self,
        _now: OffsetDateTime,
        _id: Uuid,
        _from: &str,
        _to: &str,
    ) -> Result<Consent, Vec<Problem>> {
        Err(vec![])
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
