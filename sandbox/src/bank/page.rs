//! Pages of the demo bank. The exchange between the pages and the app is in `pages/bank.js` and
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
use super::state::Bank;
use super::token::Overrides;
use crate::kit::html::{self, Language};

pub(super) fn routes() -> Router<Arc<Bank>> {
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

async fn front(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    match bank.sessions.get(&headers) {
        Some(customer) => overview(&bank, customer, language),
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

fn overview(bank: &Bank, customer: &Customer, language: Language) -> Response {
    let organisations = customer
        .acts_for()
        .map(|organisation| json!({ "number": organisation.number, "name": organisation.name }));
    let today = bank.clock.now().date();
    let context = json!({
        "name": customer.name,
        "bank": customer.bank_name(),
        "pid": customer.pid,
        "surname": customer.surname(),
        "organisations": organisations.collect::<Value>(),
        "app": bank.origins.app,
        "altinn": bank.portal(),
        "from": today.replace_day(1).and_then(|date| date.replace_year(date.year().saturating_sub(1))).unwrap_or(today).to_string(),
        "to": today.to_string(),
    });
    html::page(
        StatusCode::OK,
        "bank.html",
        language,
        &connect(bank),
        context,
    )
}

/// Serves the page where a customer signs an agreement with the bank.
async fn sign(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let Some(customer) = bank.sessions.get(&headers) else {
        return Redirect::to("/").into_response();
    };
    // The page is shown without a template too, and says that nothing can be ordered.
    let template = bank.back_end.offer(customer.bank).await;
    let context = json!({
        "name": customer.name,
        "bank": customer.bank_name(),
        "app": bank.origins.app,
        "template": template.as_ref().ok(),
        "trouble": template.err().map(|error| format!("{error:#}")),
    });
    html::page(
        StatusCode::OK,
        "bank_sign.html",
        language,
        &connect(&bank),
        context,
    )
}

/// Returns the origins that the scripts call: the app, and this site.
fn connect(bank: &Bank) -> String {
    let app = bank.origins.app.as_deref().unwrap_or_default();
    format!("'self' {app}").trim_end().to_owned()
}

#[derive(Debug, Deserialize)]
struct LogIn {
    customer: String,
}

async fn log_in(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    Form(form): Form<LogIn>,
) -> Response {
    let (Some(customer), true) = (Customer::named(&form.customer), is_own(&bank, &headers)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let sessions = &bank.sessions;
    (
        [html::set_cookie(
            sessions.cookie(),
            &sessions.open(customer),
        )],
        Redirect::to("/"),
    )
        .into_response()
}

async fn log_out(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Response {
    bank.sessions.close(&headers);
    (
        [html::drop_cookie(bank.sessions.cookie())],
        Redirect::to("/"),
    )
        .into_response()
}

/// Returns a fresh token for the page's own calls to the app.
async fn login_token(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Response {
    let Some(customer) = bank.sessions.get(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    match bank.login_token(bank.clock.now(), customer, &Overrides::default()) {
        Ok(token) => (
            [(header::CACHE_CONTROL, "no-store")],
            Json(json!({ "token": token })),
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn is_own(bank: &Bank, headers: &HeaderMap) -> bool {
    html::is_own(headers, &bank.origins.pages)
}
