//! Folkeregisteret: for those who report into it, two-way TLS and nothing of what is reported; for those who look
//! persons up, [`lookup`] on another origin.
//!
//! The published documentation asks producers for an enterprise certificate for authentication, whose
//! organisation number is that of the party to the agreement. A certificate that is not good ends the
//! handshake, with the alert for its fault; one of an organisation without an agreement is refused by
//! an answer. No message format is simulated: there is one route of the sandbox's own, [`TRANSPORT`],
//! which says that the transport works. Everything else is 404.
//!
//! Assumptions: that an organisation without an agreement is answered, not cut off, and with 403; the
//! codes, which follow the pattern of Skatteetaten's other interfaces (-003 for an unknown address,
//! -005 for what one may not); the texts; that the client sends the issuing authority's certificate;
//! that key usage must be there; and that a revoked certificate is refused at once. TLS sessions are never resumed, so that the certificate is looked
//! at each time.

mod door;
pub mod lookup;
mod refusal;

use axum::extract::{Extension, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::consumer::FJORDBANKEN;
use crate::journal::Note;
use crate::server::Peer;

pub(crate) use door::{door, tls};
pub(crate) use refusal::reason;

/// The one route: `GET` says that the transport works. It is the sandbox's own.
pub const TRANSPORT: &str = "/sandbox/transport";

/// Those who have an agreement.
const PARTIES: [&str; 1] = [FJORDBANKEN];

const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

/// What is behind the door.
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
    Extension(Peer(certificate)): Extension<Peer>,
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

/// A refusal in Folkeregisteret's form.
fn refusal(status: StatusCode, code: &str, text: &str) -> Response {
    let note = Extension(Note(format!("{code}: {text}")));
    let body = Json(json!({ "kode": code, "melding": text }));
    (status, note, body).into_response()
}

/// The number where SEID 1 and SEID 2 have it. Where both are there, they are to be the same.
pub(crate) fn organisation(certificate: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let mut numbers = Vec::new();
    for attribute in certificate.subject().iter_attributes() {
        let kind = attribute.attr_type().to_id_string();
        match (kind.as_str(), attribute.as_str().ok()?) {
            (SERIAL_NUMBER, number) => numbers.push(number),
            (ORGANISATION_IDENTIFIER, text) => numbers.push(text.strip_prefix("NTRNO-")?),
            _ => {}
        }
    }
    numbers.dedup();
    match numbers.as_slice() {
        [number] => Some((*number).to_owned()),
        _ => None,
    }
}
