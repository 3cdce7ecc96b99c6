//! Folkeregisteret: for producers, two-way TLS without any report; for consumers, [`lookup`] on
//! another origin.
//!
//! The published documentation asks producers for an enterprise certificate for authentication,
//! whose organisation number is that of the party to the agreement. A certificate that is not good
//! ends the handshake, with the alert for its fault; one of an organisation without an agreement is
//! refused by an answer. No message format is simulated: there is one route of the sandbox's own,
//! [`TRANSPORT`], which says that the transport works. Everything else is 404.
//!
//! Assumptions: that an organisation without an agreement is answered, not cut off, and with 403;
//! the codes, which follow the pattern of Skatteetaten's other interfaces (-003 for an unknown
//! address, -005 for what one may not); the texts; that the client sends the issuing authority's
//! certificate; that key usage must be there; and that a revoked certificate is refused at once.
//! TLS sessions are never resumed, so that the certificate is looked at each time.

pub mod lookup;

use std::sync::Arc;

use axum::extract::{Extension, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use rustls::ServerConfig;
use serde_json::json;

use crate::kit::Clock;
use crate::kit::journal::JournalNote;
use crate::kit::server::PeerCertificate;
use crate::pki::{EnterpriseAuthority, EnterpriseClientVerifier, WebAuthority, organisation};
use crate::population::FJORDBANKEN;

/// Single route: `GET` confirms that the transport works. It is the sandbox's own.
pub const TRANSPORT: &str = "/sandbox/transport";

/// Organisations with an agreement.
const PARTIES: [&str; 1] = [FJORDBANKEN];

/// Returns the TLS configuration: a certificate of `web`, and clients certified by `enterprise`.
pub(crate) fn tls(
    web: &WebAuthority,
    enterprise: &EnterpriseAuthority,
    clock: &Clock,
) -> anyhow::Result<Arc<ServerConfig>> {
    let verifier = EnterpriseClientVerifier::of_roots(enterprise)?;
    web.server_with_clients(clock, Arc::new(verifier))
}

/// Returns the routes for organisations with an agreement.
pub(crate) fn router() -> Router {
    Router::new()
        .route(TRANSPORT, get(works))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .layer(from_fn(only_parties))
}

async fn works() -> Response {
    Json(json!({ "melding": "Transporten virker" })).into_response()
}

async fn nowhere() -> Response {
    refusal(StatusCode::NOT_FOUND, "FREG-003", "Ukjent adresse")
}

async fn only_parties(
    Extension(PeerCertificate(certificate)): Extension<PeerCertificate>,
    request: Request,
    next: Next,
) -> Response {
    let text = match organisation(&certificate) {
        Some(number) if PARTIES.contains(&number.as_str()) => return next.run(request).await,
        Some(number) => format!("Organisasjonen {number} har ingen avtale"),
        None => "Sertifikatet har ikke ett organisasjonsnummer".to_owned(),
    };
    refusal(StatusCode::FORBIDDEN, "FREG-005", &text)
}

/// Builds a refusal in Folkeregisteret's format.
fn refusal(status: StatusCode, code: &str, text: &str) -> Response {
    let note = Extension(JournalNote(format!("{code}: {text}")));
    let body = Json(json!({ "kode": code, "melding": text }));
    (status, note, body).into_response()
}
