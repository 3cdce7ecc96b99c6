//! System register, requests for system users and the system users of customers (Altinn,
//! "Systembruker for systemleverandører").
//!
//! Source: the public code of Altinn's authentication (2026): the checks, their order and their
//! codes. A system user has the rights that its customer approved; those of its system are the
//! requestable ones. Left out: agent systems, whose client administration is Altinn's alone,
//! escalation to another person, and the routes of the portal.

mod answers;
mod change_api;
mod log;
mod page;
mod portal;
mod problem;
mod register_api;
mod registered;
mod request;
mod request_api;
mod requests;
mod right;
mod state;
#[cfg(test)]
mod tests;
mod user;
mod user_api;
mod user_key;
mod vendor;

use std::sync::Arc;

use axum::Router;

use crate::altinn::state::Altinn;

pub(in crate::altinn) use registered::Registered;
pub(in crate::altinn) use request::Grants;
pub(in crate::altinn) use right::Right;
pub(in crate::altinn) use state::Systems;
pub use state::{DEMO_SYSTEM, DEMO_SYSTEM_USER, System, SystemUserError};

pub(super) use answers::routes as admin_routes;

/// Returns the routes for vendors, and for Maskinporten.
pub(super) fn routes() -> Router<Arc<Altinn>> {
    register_api::routes()
        .merge(request_api::routes())
        .merge(change_api::routes())
        .merge(user_api::routes())
}

/// The pages for customers.
pub(super) fn page_routes() -> Router<Arc<Altinn>> {
    page::routes().merge(portal::routes())
}
