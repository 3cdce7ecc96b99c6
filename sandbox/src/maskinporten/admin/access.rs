//! Access of organisations to a scope, as its owner grants it.
//!
//! Assumption: what the state of a withdrawn access is called.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{get, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::Serialize;

use super::organisation;
use super::problem::Problem;
use super::scope::ScopeQuery;
use crate::maskinporten::Register;
use crate::maskinporten::register::AccessDecision;
use crate::maskinporten::state::Maskinporten;

pub(super) fn routes() -> Router<Arc<Maskinporten>> {
    Router::new()
        .route("/scopes/access", get(list))
        .route("/scopes/access/{organisation}", put(grant).delete(withdraw))
}

/// Access of an organisation to a scope.
#[derive(Debug, Serialize)]
struct Access {
    scope: String,
    state: &'static str,
    consumer_orgno: String,
    owner_orgno: String,
}

async fn list(
    State(maskinporten): State<Arc<Maskinporten>>,
    Query(named): Query<ScopeQuery>,
) -> Result<Json<Vec<Access>>, Problem> {
    let register = maskinporten.registered();
    let owner = owner(&register, &named.scope)?;
    let told = register
        .access_to(&named.scope)
        .map(|decision| Access::new(&named.scope, owner, &decision));
    Ok(Json(told.collect()))
}

async fn grant(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(consumer): Path<String>,
    Query(named): Query<ScopeQuery>,
) -> Result<Json<Access>, Problem> {
    let grant = |register: &mut Register| {
        let owner = owner(register, &named.scope)?.to_owned();
        organisation::known(register, "consumer_orgno", &consumer)?;
        register.grant(&named.scope, &consumer);
        let decision = AccessDecision {
            organisation: &consumer,
            is_granted: true,
        };
        Ok(Access::new(&named.scope, &owner, &decision))
    };
    let now = maskinporten.clock.now();
    maskinporten.administer(now, grant).map(Json)
}

async fn withdraw(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(consumer): Path<String>,
    Query(named): Query<ScopeQuery>,
) -> Result<StatusCode, Problem> {
    let withdraw = |register: &mut Register| {
        let mut known = register.access_to(&named.scope);
        if !known.any(|known| known.organisation == consumer && known.is_granted) {
            return Err(Problem::missing("the organisation has no such access"));
        }
        drop(known);
        register.withdraw(&named.scope, &consumer);
        Ok(StatusCode::NO_CONTENT)
    };
    maskinporten.administer(maskinporten.clock.now(), withdraw)
}

impl Access {
    fn new(scope: &str, owner: &str, decision: &AccessDecision<'_>) -> Self {
        Self {
            scope: scope.to_owned(),
            state: if decision.is_granted {
                "APPROVED"
            } else {
                "DENIED"
            },
            consumer_orgno: decision.organisation.to_owned(),
            owner_orgno: owner.to_owned(),
        }
    }
}

fn owner<'a>(register: &'a Register, scope: &str) -> Result<&'a str, Problem> {
    let scope = register.scope(scope).filter(|scope| scope.active);
    scope
        .map(|scope| scope.owner.as_str())
        .ok_or_else(|| Problem::missing("there is no such scope"))
}
