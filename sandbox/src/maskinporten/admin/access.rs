//! Which organisations have access to a scope, by its owner.
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
use super::scope::Named;
use crate::maskinporten::Register;
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/scopes/access", get(list))
        .route("/scopes/access/{organisation}", put(grant).delete(withdraw))
}

/// What is known of one organisation's access.
#[derive(Debug, Serialize)]
struct Access {
    scope: String,
    state: &'static str,
    consumer_orgno: String,
    owner_orgno: String,
}

async fn list(
    State(world): State<Arc<World>>,
    Query(named): Query<Named>,
) -> Result<Json<Vec<Access>>, Problem> {
    let register = world.maskinporten.registered();
    let owner = owner(&register, &named.scope)?;
    let told = register
        .access_to(&named.scope)
        .map(|(consumer, granted)| Access::of(&named.scope, owner, consumer, granted));
    Ok(Json(told.collect()))
}

async fn grant(
    State(world): State<Arc<World>>,
    Path(consumer): Path<String>,
    Query(named): Query<Named>,
) -> Result<Json<Access>, Problem> {
    let grant = |register: &mut Register| {
        let owner = owner(register, &named.scope)?.to_owned();
        organisation::known(register, "consumer_orgno", &consumer)?;
        register.grant(&named.scope, &consumer);
        Ok(Access::of(&named.scope, &owner, &consumer, true))
    };
    let now = world.clock.now();
    world.maskinporten.administer(now, grant).map(Json)
}

async fn withdraw(
    State(world): State<Arc<World>>,
    Path(consumer): Path<String>,
    Query(named): Query<Named>,
) -> Result<StatusCode, Problem> {
    let withdraw = |register: &mut Register| {
        let mut known = register.access_to(&named.scope);
        if !known.any(|(organisation, granted)| organisation == consumer && granted) {
            return Err(Problem::missing("the organisation has no such access"));
        }
        drop(known);
        register.withdraw(&named.scope, &consumer);
        Ok(StatusCode::NO_CONTENT)
    };
    world.maskinporten.administer(world.clock.now(), withdraw)
}

impl Access {
    fn of(scope: &str, owner: &str, consumer: &str, granted: bool) -> Self {
        Self {
            scope: scope.to_owned(),
            state: if granted { "APPROVED" } else { "DENIED" },
            consumer_orgno: consumer.to_owned(),
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
