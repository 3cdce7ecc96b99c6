//! The demo bank's pages. What happens between the pages and the app is in `pages/bank.js` and
//! `pages/bank_sign.js`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::customer::{CUSTOMERS, Customer};
use super::token::Overrides;
use crate::html::{self, Language};
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(front))
        .route("/signering", get(sign))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/login-token", get(login_token))
        .route(
            "/assets/{name}",
            get(async |Path(name): Path<String>| html::asset(&name)),
        )
}

async fn front(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    match world.bank.sessions.of(&headers) {
        Some(customer) => overview(&world, customer, language),
        None => html::page(
            StatusCode::OK,
            "login.html",
            language,
            "'none'",
            json!({ "customers": customers() }),
        ),
    }
}

fn customers() -> Value {
    let entry = |customer: &Customer| {
        let organisations: Vec<_> = customer
            .acts_for()
            .map(|organisation| organisation.name)
            .collect();
        json!({
            "handle": customer.handle,
            "name": customer.name,
            "bank": customer.bank_name(),
            "organisations": organisations,
        })
    };
    CUSTOMERS.iter().map(entry).collect()
}

fn overview(world: &World, customer: &Customer, language: Language) -> Response {
    let organisations = customer
        .acts_for()
        .map(|organisation| json!({ "number": organisation.number, "name": organisation.name }));
    let today = world.clock.now().date();
    let context = json!({
        "name": customer.name,
        "bank": customer.bank_name(),
        "pid": customer.pid,
        "surname": customer.surname(),
        "organisations": organisations.collect::<Value>(),
        "app": world.app,
        "altinn": world.bank.portal(&world.addresses),
        "from": today.replace_day(1).and_then(|date| date.replace_year(date.year().saturating_sub(1))).unwrap_or(today).to_string(),
        "to": today.to_string(),
    });
    html::page(
        StatusCode::OK,
        "bank.html",
        language,
        &connect(world),
        context,
    )
}

/// Where a customer signs an agreement with the bank.
async fn sign(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let Some(customer) = world.bank.sessions.of(&headers) else {
        return Redirect::to("/").into_response();
    };
    let context = json!({
        "name": customer.name,
        "bank": customer.bank_name(),
        "app": world.app,
    });
    html::page(
        StatusCode::OK,
        "bank_sign.html",
        language,
        &connect(&world),
        context,
    )
}

/// Whom the scripts call: the app, and this site.
fn connect(world: &World) -> String {
    let app = world.app.as_deref().unwrap_or_default();
    format!("'self' {app}").trim_end().to_owned()
}

#[derive(Debug, Deserialize)]
struct LogIn {
    customer: String,
}

async fn log_in(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    let (Some(customer), true) = (Customer::named(&form.customer), is_own(&world, &headers)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let sessions = &world.bank.sessions;
    (
        [html::set_cookie(
            sessions.cookie(),
            &sessions.open(customer),
        )],
        Redirect::to("/"),
    )
        .into_response()
}

async fn log_out(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    world.bank.sessions.close(&headers);
    (
        [html::drop_cookie(world.bank.sessions.cookie())],
        Redirect::to("/"),
    )
        .into_response()
}

/// A fresh token for the page's own calls to the app.
async fn login_token(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let Some(customer) = world.bank.sessions.of(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    match world
        .bank
        .login_token(world.clock.now(), customer, &Overrides::default())
    {
        Ok(token) => (
            [(header::CACHE_CONTROL, "no-store")],
            Json(json!({ "token": token })),
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn is_own(world: &World, headers: &HeaderMap) -> bool {
    html::is_own(headers, &world.addresses.bank_page)
}
