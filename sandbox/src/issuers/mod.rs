//! Publications of the issuers of enterprise certificates, over plain HTTP as the real ones:
//! revocation lists, OCSP answers, and the authorities' own certificates.
//!
//! | route, under `/{vendor}/{profile}/test` | |
//! |---|---|
//! | `GET /issuing.crl`, `GET /root.crl` | the lists, built for each request, at the sandbox's time
//! |
//! | `POST /ocsp`, `GET /ocsp/{request}` | RFC 6960 appendix A |
//! | `GET /issuing.cer`, `GET /root.cer` | DER |
//!
//! Faults ordered for `issuers` apply to them, and they are stale when the sandbox's clock is
//! turned back. Assumptions: a list and an answer are valid for a day; the authority answers
//! itself, not a responder that it has certified; a request for several certificates, or for one of
//! another authority, is unauthorized.

mod answer;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::kit::Clock;
use crate::kit::journal::JournalNote;
use crate::pki::{EnterpriseAuthority, Hierarchy, Profile, Vendor};

type PathSegments = (String, String, String);

/// Publication of the revocations by the issuers of `enterprise`.
#[derive(Debug)]
pub(crate) struct Issuers {
    clock: Clock,
    enterprise: Arc<EnterpriseAuthority>,
}

impl Issuers {
    pub(crate) fn new(clock: Clock, enterprise: Arc<EnterpriseAuthority>) -> Self {
        Self { clock, enterprise }
    }
}

pub(crate) fn router(issuers: Arc<Issuers>) -> Router {
    Router::new()
        .route("/{vendor}/{profile}/test/{file}", get(file))
        .route("/{vendor}/{profile}/test/ocsp", post(asked))
        .route(
            "/{vendor}/{profile}/test/ocsp/{*request}",
            get(asked_in_path),
        )
        .with_state(issuers)
}

async fn file(
    State(issuers): State<Arc<Issuers>>,
    Path((vendor, profile, file)): Path<PathSegments>,
) -> Response {
    let Some(hierarchy) = hierarchy(&issuers, &vendor, &profile) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let now = issuers.clock.now();
    let (kind, made) = match file.as_str() {
        "issuing.crl" => ("application/pkix-crl", hierarchy.list(now)),
        "root.crl" => ("application/pkix-crl", hierarchy.roots_list(now)),
        "issuing.cer" => ("application/pkix-cert", Ok(hierarchy.issuing().to_vec())),
        "root.cer" => ("application/pkix-cert", Ok(hierarchy.root().to_vec())),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    sent(kind, made)
}

async fn asked(
    State(issuers): State<Arc<Issuers>>,
    Path((vendor, profile)): Path<(String, String)>,
    request: Bytes,
) -> Response {
    let Some(hierarchy) = hierarchy(&issuers, &vendor, &profile) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    answered(hierarchy, &request, &issuers)
}

async fn asked_in_path(
    State(issuers): State<Arc<Issuers>>,
    Path((vendor, profile, request)): Path<PathSegments>,
) -> Response {
    let Some(hierarchy) = hierarchy(&issuers, &vendor, &profile) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    answered(
        hierarchy,
        &STANDARD.decode(request).unwrap_or_default(),
        &issuers,
    )
}

fn answered(hierarchy: &Hierarchy, request: &[u8], issuers: &Issuers) -> Response {
    let answer = answer::to(request, hierarchy, issuers.clock.now());
    sent("application/ocsp-response", answer)
}

fn sent(kind: &'static str, made: anyhow::Result<Vec<u8>>) -> Response {
    match made {
        Ok(bytes) => ([(CONTENT_TYPE, kind)], bytes).into_response(),
        Err(error) => {
            let note = axum::Extension(JournalNote(format!("{error:#}")));
            (StatusCode::INTERNAL_SERVER_ERROR, note).into_response()
        }
    }
}

fn hierarchy<'a>(issuers: &'a Issuers, vendor: &str, profile: &str) -> Option<&'a Hierarchy> {
    let vendor = match vendor {
        "buypass" => Vendor::Buypass,
        "commfides" => Vendor::Commfides,
        _ => return None,
    };
    let profile = match profile {
        "seid1" => Profile::Seid1,
        "seid2" => Profile::Seid2,
        _ => return None,
    };
    Some(issuers.enterprise.hierarchy(vendor, profile))
}
