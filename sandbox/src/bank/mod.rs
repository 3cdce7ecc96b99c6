//! The bank: the login service that issues customers' tokens, and a page to walk the journey.
//!
//! The login service imitates no particular one: a token is a JWT signed with RS256, its keys are
//! published as a JWKS, and the claims have the customer and the parties that the customer may act
//! for.

mod customer;
mod keys;
mod login;
mod page;
mod state;
mod token;

use std::sync::Arc;

use axum::Router;

use crate::kit::html;

pub use customer::{CUSTOMERS, Customer};
pub use state::{Bank, Origins};
pub use token::{AUDIENCE, BACK_END, Overrides, Signature};

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
        .merge(html::language_route(&bank.origins.pages))
        .with_state(bank)
}
