//! Status of a direct job, by a status token, and new redirect addresses.
//!
//! Assumptions: a token is good until the same signer carries back another; a new redirect address
//! takes the place of the one before; a signer who has nothing left to do gets none, with 409.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;

use super::access::Caller;
use super::ceremony::{Token, token_status};
use super::job::{Job, Redirect};
use super::refusal::{Code, Refusal};
use super::report::Report;
use super::schema::{API, Element, SchemaViolation, parse};
use super::state::{Posten, redirect_token};

/// Path parameters of `{org}/direct/signature-jobs/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct JobPath {
    id: i64,
}

/// Path parameters of `…/signers/{signer}` under it.
#[derive(Debug, Deserialize)]
pub(super) struct SignerPath {
    id: i64,
    signer: i64,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Proof {
    #[serde(default)]
    status_query_token: String,
}

/// Handles `GET …/status?status_query_token=…`.
pub(super) async fn show(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<JobPath>,
    Query(proof): Query<Proof>,
) -> Result<Response, Refusal> {
    let now = posten.clock.now();
    let mut state = posten.state(now);
    let unknown_elements = state.switches.unknown_elements;
    let job = direct_job(state.jobs.get_mut(&asked.id), &caller)?;
    let refusal = match token_status(job, &proof.status_query_token) {
        Token::Good => {
            let report = Report {
                places: &posten.places,
                job,
                now,
                unknown_elements,
            };
            return Ok(xml(report.status(&job.state(now))));
        }
        Token::Wrong => Refusal::new(
            Code::InvalidStatusQueryToken,
            "The token is not the latest of any of the job's signers",
        ),
        Token::TooEarly => Refusal::new(
            Code::CeremonyNotCompleted,
            "No signer has come to the end of the ceremony",
        ),
    };
    Err(refusal)
}

/// `POST …/signers/{signer}`: a new redirect address. Clients send the documented body or none at
/// all, and one gives its character set as a content coding.
pub(super) async fn renew(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<SignerPath>,
    body: Bytes,
) -> Result<Response, Refusal> {
    if !body.is_empty() {
        asks_for_redirect(&body)?;
    }
    let now = posten.clock.now();
    let mut state = posten.state(now);
    let unknown_elements = state.switches.unknown_elements;
    let job = direct_job(state.jobs.get_mut(&asked.id), &caller)?;
    let position = job.position(asked.signer).ok_or_else(not_found)?;
    if job.may_act(position).is_err() {
        let message = "There is nothing left to sign";
        return Err(Refusal::new(Code::TooLate, message));
    }
    if let Some(signer) = job.signers.get_mut(position) {
        signer.redirect = Some(Redirect::new(redirect_token()));
    }
    let report = Report {
        places: &posten.places,
        job,
        now,
        unknown_elements,
    };
    report.renewed(position).map(xml).ok_or_else(not_found)
}

/// Refuses another body than `direct-signer-update-request` with an empty `redirect-url`.
fn asks_for_redirect(body: &[u8]) -> Result<(), SchemaViolation> {
    let tree = parse(body)?;
    let mut content = Element::root(&tree, API, "direct-signer-update-request")?
        .only_attributes(&[])?
        .content(API)?;
    content.one("redirect-url")?;
    content.end()
}

fn direct_job<'a>(job: Option<&'a mut Job>, caller: &Caller) -> Result<&'a mut Job, Refusal> {
    job.filter(|job| job.is_direct() && job.order.organisation == caller.organisation)
        .ok_or_else(not_found)
}

/// Refuses a job of another organisation as unknown. Assumption.
pub(super) fn not_found() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such thing")
}

pub(super) fn xml(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], document).into_response()
}
