//! The bank: the login service that issues customers' tokens, pages to walk the journey, and a back
//! end with templates, an archive and an event log.
//!
//! The login service imitates no particular one: a token is a JWT signed with RS256, its keys are
//! published as a JWKS, and the claims have the customer and the parties that the customer may act
//! for.

mod back_end;
mod customer;
mod keys;
mod login;
mod page;
mod staff_page;
mod state;
mod token;

use std::sync::Arc;

use axum::Router;

use crate::kit::html;
use crate::population::{FJORDBANKEN, INNLANDSBANKEN};

pub(crate) use back_end::DEMO_BANK;
pub use customer::{CUSTOMERS, Customer};
pub use state::{Bank, Origins};
pub use token::{AUDIENCE, BACK_END, Overrides, Signature};

/// Organisation numbers of the banks that the demo bank plays: those of its customers.
pub(crate) const BANKS: [&str; 2] = [FJORDBANKEN, INNLANDSBANKEN];

/// Returns the login service's routes, for machines.
pub fn router(bank: Arc<Bank>) -> Router {
    login::routes().with_state(bank)
}

/// Returns the login service's part of the admin API.
pub(crate) fn admin_router(bank: Arc<Bank>) -> Router {
    login::admin_routes().with_state(bank)
}

/// Returns the bank's pages, for browsers.
pub fn page_router(bank: Arc<Bank>) -> Router {
    page::routes()
        .merge(staff_page::routes())
        .merge(html::language_route(&bank.origins.pages))
        .with_state(bank)
}
