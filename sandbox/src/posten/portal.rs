//! Portal: signers find their open tasks there, and open the links of notices.
//!
//! No notices are sent. A signer addressed by contact information alone finds the notice's link
//! here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::job::{Ceremony, Job};
use super::order::SignerIdentifier;
use super::page::{enter_ceremony, message};
use super::sender::sender;
use super::state::Posten;
use crate::kit::html::{self, Language};
use crate::population::login::{self, LogIn};
use crate::population::{self, person_choices};

const HOME: &str = "/";

pub(super) fn routes() -> Router<Arc<Posten>> {
    Router::new()
        .route(HOME, get(show))
        .route("/innlogging", post(log_in))
        .route("/utlogging", post(log_out))
        .route("/oppdrag", post(open))
}

async fn show(State(posten): State<Arc<Posten>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let person = posten.persons.get(&headers);
    let state = posten.state(posten.clock.now());
    let jobs = || state.jobs.values().filter(|job| !job.is_direct());
    let is_own = |who: &SignerIdentifier| matches!(who, SignerIdentifier::Number(number) if Some(number.as_str()) == person);
    let waiting = jobs().flat_map(|job| entries(job, Some(&job.order.title), is_own));
    // A notice has no more than its title for that purpose.
    let is_told = |who: &SignerIdentifier| matches!(who, SignerIdentifier::Contact { .. });
    let links = jobs().flat_map(|job| entries(job, job.order.nonsensitive_title.as_ref(), is_told));
    let context = json!({
        "persons": person_choices(|_| true),
        "person": person.and_then(population::person).map(|person| person.name),
        "waiting": waiting.collect::<Value>(),
        "links": links.collect::<Value>(),
    });
    html::page(
        StatusCode::OK,
        "posten_portal.html",
        language,
        "'none'",
        context,
    )
}

/// Lists the job's open tasks for signers of a kind.
fn entries(
    job: &Job,
    title: Option<&String>,
    concerns: impl Fn(&SignerIdentifier) -> bool,
) -> Vec<Value> {
    let signers = job.order.signers.iter().enumerate();
    signers
        .filter(|(position, signer)| concerns(&signer.who) && job.may_act(*position).is_ok())
        .map(|(position, _)| {
            json!({
                "job": job.id,
                "position": position,
                "title": title,
                "sender": sender(&job.order.organisation).map(|sender| sender.name),
            })
        })
        .collect()
}

async fn log_in(
    State(posten): State<Arc<Posten>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    form.open(&posten.persons, &headers, &posten.places.page, HOME)
}

async fn log_out(State(posten): State<Arc<Posten>>, headers: HeaderMap) -> Response {
    login::log_out(&posten.persons, &headers, HOME)
}

#[derive(Debug, Deserialize)]
struct CeremonyForm {
    job: i64,
    position: usize,
}

async fn open(
    State(posten): State<Arc<Posten>>,
    headers: HeaderMap,
    Form(CeremonyForm { job, position }): Form<CeremonyForm>,
) -> Response {
    if !html::is_own(&headers, &posten.places.page) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let person = posten.persons.get(&headers);
    let state = posten.state(posten.clock.now());
    let found = state.jobs.get(&job).filter(|job| !job.is_direct());
    let signer = found.and_then(|job| job.order.signers.get(position));
    let may = signer.is_some_and(|signer| match &signer.who {
        SignerIdentifier::Number(number) => person == Some(number.as_str()),
        SignerIdentifier::Contact { .. } => true,
        SignerIdentifier::Own(_) => false,
    });
    if may {
        enter_ceremony(&posten, Ceremony { job, position })
    } else {
        message(
            StatusCode::FORBIDDEN,
            Language::from_headers(&headers),
            "used",
        )
    }
}
