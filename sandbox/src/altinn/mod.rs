//! Altinn 3: requests for consent, the page where persons answer them, and the look-ups of other
//! services.
//!
//! Follows the public code and documentation of Altinn's access management (2026): the checks,
//! their order, their codes, and the oddities. If neither has an answer, a comment says
//! "assumption".

mod admin;
mod authentication;
mod body;
mod caller;
mod canonical_url;
mod checks;
mod consent;
mod delegation;
mod document;
mod draft;
mod exchange;
mod feed;
mod moment;
mod page;
mod party;
mod platform;
mod portal;
mod problem;
mod redirect;
mod refused;
mod register;
mod registers;
mod resource;
mod session;
mod state;
mod switches;
mod systems;

use std::sync::Arc;

use axum::Router;

use crate::kit::html;

pub use document::timestamp;
pub use party::Party;
pub use problem::{Format, Problem};
pub use state::{Altinn, Origins};
pub use switches::{LetterCase, Repeat, Switches, Timestamps};
pub use systems::{DEMO_SYSTEM, DEMO_SYSTEM_USER, System, SystemUserError};

/// Returns the platform's routes, for machines.
pub fn router(altinn: Arc<Altinn>) -> Router {
    platform::routes()
        .merge(exchange::routes())
        .merge(systems::routes())
        .with_state(altinn)
}

/// Returns Altinn's part of the admin API.
pub(crate) fn admin_router(altinn: Arc<Altinn>) -> Router {
    admin::routes().with_state(altinn)
}

/// Returns the routes of the pages, for browsers.
pub fn page_router(altinn: Arc<Altinn>) -> Router {
    page::routes()
        .merge(portal::routes())
        .merge(systems::page_routes())
        .merge(html::language_route(&altinn.origins.pages))
        .with_state(altinn)
}
