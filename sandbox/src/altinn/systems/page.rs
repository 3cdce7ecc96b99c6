//! Page where a customer approves or rejects a request for a system user, or for a change of one,
//! and the redirect from it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::request::{Grants, Purpose, Request, Status};
use super::right::{Package, Right};
use crate::altinn::page::{HOME, found, message};
use crate::altinn::party::Party;
use crate::altinn::problem::Problem;
use crate::altinn::state::Altinn;
use crate::altinn::{register, resource};
use crate::kit::Callback;
use crate::kit::html::{self, Language};
use crate::population::{self, first_choice, person_choices, person_named};

pub(super) const OVERVIEW: &str = "/accessmanagement/ui/systemuser/overview";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    let mut routes = Router::new();
    for kind in ["request", "changerequest"] {
        routes = routes
            .route(
                &format!("/accessmanagement/ui/systemuser/{kind}"),
                get(show).post(answer),
            )
            .route(
                &format!("/accessmanagement/api/v1/systemuser/{kind}/{{id}}/logout"),
                get(log_out),
            );
    }
    routes
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    id: Uuid,
    /// Shows the overview instead of redirecting back, for any value.
    skiplogout: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    /// Handle of the person who answers.
    person: String,
    answer: Choice,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Approve,
    Reject,
}

async fn show(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Query(asked): Query<PageQuery>,
) -> Response {
    let person = altinn.sessions.persons.get(&headers);
    request_page(
        &altinn,
        Language::from_headers(&headers),
        asked.id,
        person,
        None,
    )
}

async fn answer(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Query(asked): Query<PageQuery>,
    Form(Answer { person, answer }): Form<Answer>,
) -> Response {
    let known = person_named(&person);
    let (Some(person), true) = (known, html::is_own(&headers, &altinn.origins.pages)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let now = altinn.clock.now();
    let outcome = match answer {
        Choice::Approve => altinn.approve_system_user(now, asked.id, person.number),
        Choice::Reject => altinn.reject_system_user(now, asked.id, person.number),
    };
    let language = Language::from_headers(&headers);
    if let Err(problem) = outcome {
        let person = Some(person.number);
        return request_page(&altinn, language, asked.id, person, Some(&problem));
    }
    let session = altinn.sessions.persons.open(person.number);
    let cookie = html::set_cookie(altinn.sessions.persons.cookie(), &session);
    let next = if asked.skiplogout.is_some() {
        OVERVIEW.to_owned()
    } else {
        let request = altinn.system_user_request(asked.id);
        let is_change = request.is_some_and(|(request, ..)| request.is_change());
        let kind = if is_change {
            "changerequest"
        } else {
            "request"
        };
        format!(
            "/accessmanagement/api/v1/systemuser/{kind}/{}/logout",
            asked.id
        )
    };
    ([cookie], Redirect::to(&next)).into_response()
}

/// Ends the session and stores the return address in a cookie. It is the request's, with nothing
/// added: the vendor fetches the status.
async fn log_out(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Response {
    let sessions = &altinn.sessions;
    sessions.persons.close(&headers);
    let address = altinn
        .system_user_request(id)
        .and_then(|(request, ..)| request.redirect_url)
        .filter(|address| !address.is_empty());
    let lost = altinn.switches().callback == Callback::Lost;
    match address {
        Some(address) if !lost => {
            let handle = sessions.returns.open(address);
            let cookie = html::set_cookie(sessions.returns.cookie(), &handle);
            let next = found("/accessmanagement/api/v1/logoutredirect");
            ([cookie], next).into_response()
        }
        _ => {
            let ended = html::drop_cookie(sessions.persons.cookie());
            ([ended], found(HOME)).into_response()
        }
    }
}

fn request_page(
    altinn: &Altinn,
    language: Language,
    id: Uuid,
    person: Option<&str>,
    problem: Option<&Problem>,
) -> Response {
    let Some((request, system, grants)) = altinn.system_user_request(id) else {
        return message(StatusCode::NOT_FOUND, language, "unknown");
    };
    let party = Party::Organisation(request.party.clone());
    let may_answer = |number: &str| register::may_answer(number, &party);
    let known = person.and_then(population::person);
    let selected = known.map(|person| person.handle);
    let vendor = request.system_id.split('_').next().unwrap_or_default();
    let context = json!({
        "system": system,
        "vendor": population::organisation(vendor).map_or(vendor, |vendor| vendor.name),
        "party": register::name(&party),
        "is_change": request.is_change(),
        "added": listed(&added(&request, &grants), language),
        "removed": listed(&removed(&request), language),
        "persons": person_choices(may_answer),
        "selected": selected.or_else(|| first_choice(may_answer)),
        "is_organisation": true,
        "status": request.status.name(),
        "answered": request.status != Status::New,
        "expired": request.is_timed_out(altinn.clock.now()),
        "problem": problem.map(|problem| json!({ "code": problem.code, "text": problem.text })),
    });
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    html::page(status, "system_user.html", language, "'none'", context)
}

fn added(request: &Request, granted: &Grants) -> Grants {
    match &request.purpose {
        Purpose::Create { .. } => granted.clone(),
        Purpose::Change { required, .. } => required.clone(),
    }
}

fn removed(request: &Request) -> Grants {
    match &request.purpose {
        Purpose::Create { .. } => Grants::default(),
        Purpose::Change { unwanted, .. } => unwanted.clone(),
    }
}

/// Describes rights and packages in words.
pub(super) fn listed(grants: &Grants, language: Language) -> Value {
    let english = language == Language::English;
    let rights = grants.rights.iter().flat_map(Right::resources).map(|id| {
        let found = resource::find(id).map(|found| found.title);
        let title = found.map(|title| if english { title.en } else { title.nb });
        title.unwrap_or(id).to_owned()
    });
    let packages = grants.packages.iter().map(|urn| {
        let found = Package::find(urn);
        let name = found.map(|package| if english { package.en } else { package.nb });
        name.unwrap_or(urn).to_owned()
    });
    rights.chain(packages).collect()
}
