//! Posten signering: jobs in which persons sign documents, in the direct flow and in the portal.

mod answer;
mod order;
mod refusal;

use std::sync::Arc;

use axum::Router;
use rustls::ServerConfig;

use crate::authority::WebAuthority;
use crate::world::{Addresses, World};

/// Posten's state.
#[derive(Debug)]
pub struct Posten {
    /// What addresses of the machine API begin with.
    root: String,
    page: String,
}

impl Posten {
    /// A new one, without jobs.
    pub fn new(addresses: &Addresses) -> Self {
        Self {
            root: format!("{}/api", addresses.posten),
            page: addresses.posten_page.clone(),
        }
    }
}

/// The API, for machines.
pub fn router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}

/// What the API's server needs.
pub(crate) fn tls(web: &WebAuthority, world: &World) -> anyhow::Result<Arc<ServerConfig>> {
    crate::folkeregisteret::tls(web, &world.enterprise, &world.clock)
}

/// The pages, for browsers.
pub fn page_router(world: Arc<World>) -> Router {
    Router::new().with_state(world)
}
