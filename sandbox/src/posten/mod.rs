//! Posten signering: jobs in which persons sign documents, in the direct flow and in the portal.
//!
//! Follows the vendor's schemas, documentation and clients, and answers that others have recorded:
//! each module states its sources. Without a source, the module says "assumption".

mod access;
mod address;
mod admin;
mod answer;
mod ceremony;
mod contact;
mod create;
mod end_user;
#[cfg(test)]
mod example;
mod filter;
mod job;
mod life;
mod multipart;
mod order;
mod package;
mod pades;
mod page;
mod polling;
mod portal;
mod queue;
mod rate;
mod refusal;
mod report;
mod request;
mod results;
mod rules;
mod schema;
mod sender;
mod server_certificate;
mod signature;
mod state;
mod status;
mod switches;
mod xades;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

use crate::kit::html;

pub(crate) use access::tls;
pub use contact::Contacts;
pub use sender::FJORDVIK;
pub use server_certificate::POSTEN;
pub use state::Posten;
pub use switches::{ServerCertificate, Switches, TechnicalFailure};

/// Returns the routes of the API, for machines.
pub(crate) fn router(posten: &Arc<Posten>) -> Router {
    const DIRECT: &str = "/api/{organisation}/direct/signature-jobs";
    const PORTAL: &str = "/api/{organisation}/portal/signature-jobs";
    let direct = |rest: &str| format!("{DIRECT}/{{id}}/{rest}");
    let results = |rest: &str| format!("{PORTAL}/{{results}}/{rest}");
    let router = Router::new()
        .route("/api/{organisation}", get(access::who_am_i))
        .route(DIRECT, post(create::direct).get(polling::direct))
        .route(PORTAL, post(create::portal).get(polling::portal))
        .route(&direct("status"), get(status::show))
        .route(&direct("signers/{signer}"), post(status::renew))
        .route(&results("status/complete"), post(results::confirm))
        .route(&results("cancel"), post(results::cancel))
        .route(
            &results("delete-documents"),
            delete(results::delete_documents),
        )
        .route(&results("xades/{signer}"), get(results::xades))
        .route(&results("pades"), get(results::pades))
        .fallback(async || status::not_found())
        .layer(from_fn_with_state(posten.clone(), access::known))
        .with_state(posten.clone());
    filter::layer(router, posten.clone())
}

/// Returns Posten's part of the admin API.
pub(crate) fn admin_router(posten: Arc<Posten>) -> Router {
    admin::routes().with_state(posten)
}

/// Returns the routes of the pages, for browsers.
pub fn page_router(posten: Arc<Posten>) -> Router {
    page::routes()
        .merge(portal::routes())
        .merge(html::language_route(&posten.places.page))
        .with_state(posten)
}
