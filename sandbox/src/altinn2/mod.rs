//! Altinn 2's consent, as it was until it closed on 19 June 2026: a request by the interface or by
//! a link, the page where persons answer it, and a code that gives a consent token (samtykkebevis)
//! for half a minute, repeatedly.
//!
//! Follows Altinn's documentation of the time (its repository `docs`, 2016–2026). Where it is
//! silent or contradicts itself, a comment says "assumption".

mod admin;
mod api_key;
mod call;
mod caller;
mod consent;
mod defective_token;
mod document;
mod draft;
mod enterprise_user;
mod key;
mod link;
mod local_time;
mod login;
mod members;
mod metadata;
mod page;
mod party;
mod profile;
mod proof;
mod redirect;
mod refusal;
mod requested_service;
mod requests;
mod service;
mod signing;
mod state;
mod status;
mod switches;
mod tls;
mod tokens;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::kit::html;

pub use api_key::{ApiKey, Resource};
pub use enterprise_user::EnterpriseUser;
pub use proof::ProofError;
pub use state::{Altinn2, Origins};
pub use switches::{Encoding, ErrorMembers, ErrorsIn, Links, Proofs, Switches};
pub(crate) use tls::tls;

/// Returns the interfaces' routes, for machines.
pub(crate) fn router(altinn2: Arc<Altinn2>) -> Router {
    requests::routes()
        .merge(tokens::routes())
        .merge(login::routes())
        .merge(metadata::routes())
        .layer(from_fn_with_state(altinn2.clone(), while_open))
        .with_state(altinn2)
}

/// Returns the routes of the pages, for browsers.
pub(crate) fn page_router(altinn2: Arc<Altinn2>) -> Router {
    page::routes()
        .merge(link::routes())
        .merge(profile::routes())
        .layer(from_fn_with_state(altinn2.clone(), page::while_open))
        .merge(page::assets())
        .merge(html::language_route(&altinn2.origins.pages))
        .with_state(altinn2)
}

/// Returns Altinn 2's part of the admin API.
pub(crate) fn admin_router(altinn2: Arc<Altinn2>) -> Router {
    admin::routes().with_state(altinn2)
}

async fn while_open(
    Shared(altinn2): Shared<Arc<Altinn2>>,
    request: Request,
    next: Next,
) -> Response {
    if altinn2.switches().closed {
        return altinn2.refuse(&refusal::CLOSED);
    }
    next.run(request).await
}
