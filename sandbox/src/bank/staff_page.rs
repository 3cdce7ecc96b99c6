//! Pages for the bank's staff: the archive and the events, and the receiver of events.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::back_end::{ArchivedJob, Contents, Outcome, ReceivedEvent, Refusal};
use super::state::Bank;
use crate::kit::html::{self, Language};
use crate::population;

pub(super) fn routes() -> Router<Arc<Bank>> {
    Router::new()
        .route("/arkiv", get(archive))
        .route("/arkiv/{job}/avtale.pdf", get(document))
        .route("/arkiv/{job}/signatur/{signer}", get(signature))
        .route("/hendelser", get(events))
        .route("/events/{bank}", post(receive))
}

async fn archive(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let jobs = bank.back_end.jobs();
    let jobs = jobs.iter().map(archived);
    let context = json!({ "page": "archive", "jobs": jobs.collect::<Value>() });
    html::page(
        StatusCode::OK,
        "bank_archive.html",
        language,
        "'none'",
        context,
    )
}

fn archived(job: &ArchivedJob) -> Value {
    json!({
        "id": job.id,
        "bank": bank_name(&job.bank),
        "template": job.template,
        "reference": job.reference,
        "archived_at": moment(job.archived_at),
        "acknowledged_at": job.acknowledged_at.map(moment),
        "signatures": job.signatures.keys().copied().collect::<Value>(),
    })
}

async fn events(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let events = bank.back_end.events();
    let events = events.iter().map(received);
    let context = json!({ "page": "events", "events": events.collect::<Value>() });
    html::page(
        StatusCode::OK,
        "bank_events.html",
        language,
        "'none'",
        context,
    )
}

fn received(event: &ReceivedEvent) -> Value {
    let mut shown = match &event.contents {
        Ok(Contents {
            id,
            kind,
            outcome,
            repeats,
            ..
        }) => {
            let (result, reason) = match outcome {
                Outcome::Waiting => ("waiting", None),
                Outcome::Archived => ("archived", None),
                Outcome::Nothing => ("nothing", None),
                Outcome::Failed(reason) => ("failed", Some(reason)),
            };
            json!({ "id": id, "kind": kind, "repeats": repeats, "result": result, "reason": reason })
        }
        Err(refusal) => {
            let refusal = match refusal {
                Refusal::Malformed => "malformed",
                Refusal::Untimely => "untimely",
                Refusal::Signature => "signature",
            };
            json!({ "refusal": refusal })
        }
    };
    if let Some(members) = shown.as_object_mut() {
        members.insert("at".to_owned(), moment(event.at).into());
        members.insert("bank".to_owned(), bank_name(&event.bank).into());
    }
    shown
}

async fn document(State(bank): State<Arc<Bank>>, Path(job): Path<String>) -> Response {
    let job = bank.back_end.job(&job);
    download(job.map(|job| job.document), "application/pdf", "avtale.pdf")
}

async fn signature(
    State(bank): State<Arc<Bank>>,
    Path((job, signer)): Path<(String, u64)>,
) -> Response {
    let job = bank.back_end.job(&job);
    let signature = job.and_then(|job| job.signatures.get(&signer).cloned());
    download(signature, "application/xml", "signatur.xml")
}

fn download(content: Option<Bytes>, media_type: &'static str, name: &'static str) -> Response {
    let Some(content) = content else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, content).into_response()
}

/// Receives an event of the bank with this organisation number, from the app.
async fn receive(
    State(bank): State<Arc<Bank>>,
    Path(consumer): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    bank.back_end.receive(&consumer, &headers, &body)
}

fn bank_name(number: &str) -> &'static str {
    population::organisation(number).map_or("", |bank| bank.name)
}

/// Formats a moment in UTC, as HTML's `time` reads it.
fn moment(at: OffsetDateTime) -> String {
    let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
    format!("{date} {hour:02}:{minute:02}:{second:02}")
}
