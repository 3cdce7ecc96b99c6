//! The portal: where signers find what waits for them, and open what a notice has led them to.
//!
//! No notices are sent. Who was addressed by contact information alone finds the link of the notice here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ceremony::Ceremony;
use super::job::Job;
use super::order::Who;
use super::page::{enter_ceremony, message};
use super::sender::sender;
use crate::altinn::register::{self, PERSONS};
use crate::html::{self, Language};
use crate::world::World;

const HOME: &str = "/";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route(HOME, get(show))
        .route("/innlogging", post(log_in))
        .route("/utlogging", post(log_out))
        .route("/oppdrag", post(open))
}

async fn show(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let person = world.posten.persons.of(&headers);
    let state = world.posten.state(world.clock.now());
    let jobs = || state.jobs.values().filter(|job| !job.is_direct());
    let is_own = |who: &Who| matches!(who, Who::Number(number) if Some(number.as_str()) == person);
    let waiting = jobs().flat_map(|job| entries(job, Some(&job.order.title), is_own));
    // A notice says no more than what its title for that purpose says.
    let is_told = |who: &Who| matches!(who, Who::Contact { .. });
    let links = jobs().flat_map(|job| entries(job, job.order.nonsensitive_title.as_ref(), is_told));
    let persons = PERSONS
        .iter()
        .map(|person| json!({ "handle": person.handle, "name": person.name }));
    let context = json!({
        "persons": persons.collect::<Value>(),
        "person": person.and_then(register::person).map(|person| person.name),
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

/// What waits in a job for signers of a kind.
fn entries(job: &Job, title: Option<&String>, concerns: impl Fn(&Who) -> bool) -> Vec<Value> {
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

#[derive(Debug, Deserialize)]
struct LogIn {
    person: String,
}

async fn log_in(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    let known = PERSONS.iter().find(|person| person.handle == form.person);
    let (Some(person), true) = (known, html::is_own(&headers, &world.addresses.posten_page)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let sessions = &world.posten.persons;
    let cookie = html::set_cookie(sessions.cookie(), &sessions.open(person.number));
    ([cookie], Redirect::to(HOME)).into_response()
}

async fn log_out(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let sessions = &world.posten.persons;
    sessions.close(&headers);
    ([html::drop_cookie(sessions.cookie())], Redirect::to(HOME)).into_response()
}

#[derive(Debug, Deserialize)]
struct Opened {
    job: i64,
    position: usize,
}

async fn open(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(Opened { job, position }): Form<Opened>,
) -> Response {
    if !html::is_own(&headers, &world.addresses.posten_page) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let person = world.posten.persons.of(&headers);
    let state = world.posten.state(world.clock.now());
    let found = state.jobs.get(&job).filter(|job| !job.is_direct());
    let signer = found.and_then(|job| job.order.signers.get(position));
    let may = signer.is_some_and(|signer| match &signer.who {
        Who::Number(number) => person == Some(number.as_str()),
        Who::Contact { .. } => true,
        Who::Own(_) => false,
    });
    if may {
        enter_ceremony(&world, Ceremony { job, position })
    } else {
        message(StatusCode::FORBIDDEN, Language::of(&headers), "used")
    }
}
