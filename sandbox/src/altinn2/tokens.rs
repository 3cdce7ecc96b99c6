//! Token endpoint: a code for a consent token, repeatedly while the consent lasts, and the other
//! uses of the code.
//!
//! Sources: Altinn, "Hente token", "Logge bruk", "Leverandør". All faults get the same answer.
//! Assumptions: giving up a consent requires the organisation itself, and a supplier's delegated
//! token names the supplier too.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::Deserialize;
use time::PrimitiveDateTime;
use time::macros::format_description;
use uuid::Uuid;

use super::api_key::{ApiKey, Resource};
use super::call::Call;
use super::caller::Caller;
use super::consent::Consent;
use super::proof;
use super::refusal::{self, Refusal};
use super::state::Altinn2;
use crate::kit::bearer::bearer;

const TOKENS_READ: &[&str] = &["altinn:consenttokens.read", "altinn:consenttokens"];
const TOKENS_WRITE: &[&str] = &["altinn:consenttokens.write", "altinn:consenttokens"];

pub(super) fn routes() -> Router<Arc<Altinn2>> {
    Router::new()
        .route("/api/authorization/token", get(fetch_by_query))
        .route(
            "/api/authorization/token/{code}",
            get(fetch).delete(give_up),
        )
        .route("/api/authorization/token/{code}/loguse", post(log_use))
}

async fn fetch_by_query(state: State<Arc<Altinn2>>, call: Call) -> Response {
    let code = call.parameter("authcode").unwrap_or_default();
    fetch(state, Path(code), call).await
}

async fn fetch(
    State(altinn2): State<Arc<Altinn2>>,
    Path(code): Path<String>,
    call: Call,
) -> Response {
    let holder = holder(
        &altinn2,
        &call,
        Resource::AuthorizationRead,
        TOKENS_READ,
        &code,
    );
    let (consent, handler) = match holder {
        Ok(found) => found,
        Err(refusal) => return altinn2.refuse(&refusal),
    };
    let claims = proof::claims(&consent, handler.as_deref(), altinn2.clock.now());
    let signing = altinn2.clone();
    let signed = tokio::task::spawn_blocking(move || signing.proof(&claims)).await;
    let Ok(Ok(token)) = signed else {
        return altinn2.refuse(&refusal::BROKEN);
    };
    let accepted = call
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.starts_with("application/xml")) {
        let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
        return (kind, format!("<string>{token}</string>")).into_response();
    }
    Json(token).into_response()
}

async fn give_up(
    State(altinn2): State<Arc<Altinn2>>,
    Path(code): Path<String>,
    call: Call,
) -> Response {
    let caller = call.enterprise(&altinn2, Resource::AuthorizationWrite, TOKENS_WRITE);
    let given_up = caller.and_then(|caller| {
        let is_consumer = |consent: &Consent| consent.draft.covered_by == caller.consumer;
        let code = in_force(&altinn2, &code)?;
        let code = Some(code).filter(is_consumer).ok_or(refusal::CODE)?.code;
        let now = altinn2.clock.now();
        let changed = altinn2.change(code, |consent| consent.give_up(now));
        changed.filter(|given_up| *given_up).ok_or(refusal::CODE)
    });
    match given_up {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => altinn2.refuse(&refusal),
    }
}

/// Reported use of a consent, with a precision of a second.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConsentUse {
    service_code: String,
    service_edition_code: u64,
    usage_date_time: String,
}

async fn log_use(
    State(altinn2): State<Arc<Altinn2>>,
    Path(code): Path<String>,
    call: Call,
    body: Bytes,
) -> Response {
    let holder = holder(
        &altinn2,
        &call,
        Resource::AuthorizationRead,
        TOKENS_READ,
        &code,
    );
    let logged = holder.and_then(|(consent, _)| {
        let used: ConsentUse = serde_json::from_slice(&body).map_err(|_| refusal::UNREADABLE)?;
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        PrimitiveDateTime::parse(&used.usage_date_time, form).map_err(|_| refusal::UNREADABLE)?;
        let now = altinn2.clock.now();
        let change = |consent: &mut Consent| {
            consent.log_use(&used.service_code, used.service_edition_code, now)
        };
        let logged = altinn2.change(consent.code, change);
        logged.filter(|logged| *logged).ok_or(refusal::CODE)
    });
    match logged {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => altinn2.refuse(&refusal),
    }
}

/// Returns the consent in force that the caller may use. Returns the caller too, if it is not the
/// consumer.
///
/// The consumer needs its API key alone, and so does a supplier that the owner of each service has
/// registered; another supplier needs a delegated token too.
fn holder(
    altinn2: &Altinn2,
    call: &Call,
    resource: Resource,
    scopes: &[&str],
    code: &str,
) -> Result<(Consent, Option<String>), Refusal> {
    let key = altinn2.keys.shown(&call.headers)?;
    let key = key
        .filter(|key| key.is_for(resource))
        .ok_or(refusal::CODE)?;
    let consent = in_force(altinn2, code)?;
    let consumer = &consent.draft.covered_by;
    if key.organisation == *consumer {
        return Ok((consent, None));
    }
    let delegated = || {
        bearer(&call.headers)?;
        let caller = call.organisation(altinn2).ok()?.with_one_of(scopes).ok()?;
        Some(is_delegated(&caller, consumer, &key))
    };
    let is_registered = consent.draft.parts.iter().all(|part| {
        let registered = part.service.registered(consumer);
        registered.is_some_and(|one| one.handled_by == Some(key.organisation.as_str()))
    });
    if is_registered || delegated() == Some(true) {
        return Ok((consent, Some(key.organisation)));
    }
    Err(refusal::CODE)
}

fn is_delegated(caller: &Caller, consumer: &str, key: &ApiKey) -> bool {
    caller.consumer == consumer && caller.supplier.as_ref() == Some(&key.organisation)
}

fn in_force(altinn2: &Altinn2, code: &str) -> Result<Consent, Refusal> {
    let code = Uuid::parse_str(code).map_err(|_| refusal::CODE)?;
    let now = altinn2.clock.now();
    let consent = altinn2.seen(code, now);
    consent
        .filter(|consent| consent.is_in_force(now))
        .ok_or(refusal::CODE)
}
