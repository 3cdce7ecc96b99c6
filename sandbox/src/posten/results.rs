//! Results of a job, of both flows: confirming, cancelling, fetching the signed documents, and
//! deleting them.
//!
//! Assumptions: a confirmation is answered with 204, and changes nothing else; a missing document,
//! deleted or not yet available, is 404; documents that may not be deleted yet give 409. Left out:
//! the copy that must have reached the signers' digital mailboxes before, and the archive for
//! twenty years.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use time::OffsetDateTime;

use super::access::Caller;
use super::address::job_id;
use super::job::Job;
use super::life::ActionRefusal;
use super::pades;
use super::refusal::{Code, Refusal};
use super::state::Posten;
use super::status::not_found;

/// Path parameters of `{org}/portal/signature-jobs/{results}`.
#[derive(Debug, Deserialize)]
pub(super) struct ResultsPath {
    results: i64,
}

/// Path parameters of `…/xades/{signer}` under it.
#[derive(Debug, Deserialize)]
pub(super) struct SignerPath {
    results: i64,
    signer: i64,
}

/// Handles `POST …/status/complete`.
pub(super) async fn confirm(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<ResultsPath>,
) -> Result<StatusCode, Refusal> {
    with_job(&posten, &caller, asked.results, |job, _| {
        job.confirm();
        Ok(StatusCode::NO_CONTENT)
    })
}

/// Handles `POST …/cancel`.
pub(super) async fn cancel(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<ResultsPath>,
) -> Result<StatusCode, Refusal> {
    with_job(&posten, &caller, asked.results, |job, now| {
        match job.cancel(now) {
            Ok(()) => Ok(StatusCode::NO_CONTENT),
            Err(ActionRefusal::WrongFlow) => Err(not_found()),
            Err(_) => Err(Refusal::new(Code::TooLate, "The job is over")),
        }
    })
}

/// Handles `DELETE …/delete-documents`.
pub(super) async fn delete_documents(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<ResultsPath>,
) -> Result<StatusCode, Refusal> {
    with_job(&posten, &caller, asked.results, |job, now| {
        if job.is_deletable(now) {
            job.documents_deleted = true;
            return Ok(StatusCode::NO_CONTENT);
        }
        if !job.has_documents(now) {
            return Err(not_found());
        }
        let message = "The documents cannot be deleted yet";
        Err(Refusal::new(Code::NotDeletable, message))
    })
}

/// Handles `GET …/xades/{signer}`.
pub(super) async fn xades(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<SignerPath>,
) -> Result<Response, Refusal> {
    let found = with_job(&posten, &caller, asked.results, |job, now| {
        let position = job
            .position(asked.signer)
            .filter(|_| job.has_documents(now));
        let signer = position.and_then(|position| job.signers.get(position));
        let signature = signer.and_then(|signer| signer.signature.as_ref());
        signature
            .map(|signature| signature.xades.clone())
            .ok_or_else(not_found)
    })?;
    Ok(([(header::CONTENT_TYPE, "application/xml")], found).into_response())
}

/// `GET …/pades`: with the signatures made so far.
pub(super) async fn pades(
    State(posten): State<Arc<Posten>>,
    Extension(caller): Extension<Caller>,
    Path(asked): Path<ResultsPath>,
) -> Result<Response, Refusal> {
    let job = with_job(&posten, &caller, asked.results, |job, now| {
        let signed = job.has_documents(now) && job.signatures().next().is_some();
        signed.then(|| job.clone()).ok_or_else(not_found)
    })?;
    let made = tokio::task::spawn_blocking(move || pades::build(&job)).await;
    Ok(match made {
        Ok(Ok(file)) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], file).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
}

/// Runs an action on the caller's job.
fn with_job<T>(
    posten: &Posten,
    caller: &Caller,
    results: i64,
    act: impl FnOnce(&mut Job, OffsetDateTime) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let now = posten.clock.now();
    let mut state = posten.state(now);
    let job = state.jobs.get_mut(&job_id(results));
    let job = job.filter(|job| job.order.organisation == caller.organisation);
    act(job.ok_or_else(not_found)?, now)
}
