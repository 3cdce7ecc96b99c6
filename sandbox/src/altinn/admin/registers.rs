//! Registers that Maskinporten consults, in the admin API: delegations, systems, system users.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::altinn::state::Altinn;
use crate::altinn::{System, SystemUserError};
use crate::interfaces::{Delegation, SystemUser};
use crate::population::is_organisation;

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route(
            "/altinn/delegations",
            get(delegations).post(delegate).delete(withdraw),
        )
        .route("/altinn/systems", get(systems).put(register))
        .route("/altinn/systemusers", get(users).post(make))
        .route("/altinn/systemusers/{id}", delete(remove))
}

async fn delegations(State(altinn): State<Arc<Altinn>>) -> Json<Vec<Delegation>> {
    Json(altinn.delegations())
}

async fn delegate(
    State(altinn): State<Arc<Altinn>>,
    Json(delegation): Json<Delegation>,
) -> Response {
    if let Some(wrong) = [&delegation.supplier_org, &delegation.consumer_org]
        .into_iter()
        .find(|number| !is_organisation(number))
    {
        return no_organisation(wrong);
    }
    if delegation.supplier_org == delegation.consumer_org {
        return refused(StatusCode::BAD_REQUEST, "nobody delegates to itself");
    }
    if altinn.delegate(delegation) {
        StatusCode::CREATED.into_response()
    } else {
        refused(StatusCode::CONFLICT, "it is delegated already")
    }
}

async fn withdraw(
    State(altinn): State<Arc<Altinn>>,
    Query(delegation): Query<Delegation>,
) -> StatusCode {
    found(altinn.withdraw_delegation(&delegation))
}

async fn systems(State(altinn): State<Arc<Altinn>>) -> Json<Vec<System>> {
    Json(altinn.systems())
}

/// Vendor's system to register.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSystem {
    id: String,
    client_ids: BTreeSet<String>,
    #[serde(default)]
    rights: BTreeSet<String>,
}

async fn register(State(altinn): State<Arc<Altinn>>, Json(system): Json<NewSystem>) -> Response {
    let named = system.id.split_once('_');
    if !named.is_some_and(|(vendor, name)| is_organisation(vendor) && !name.is_empty()) {
        let text = "id is the vendor's organisation number, an underscore and a name";
        return refused(StatusCode::BAD_REQUEST, text);
    }
    altinn.register_system(System {
        id: system.id,
        client_ids: system.client_ids,
        rights: system.rights,
    });
    StatusCode::NO_CONTENT.into_response()
}

async fn users(State(altinn): State<Arc<Altinn>>) -> Json<Vec<SystemUser>> {
    Json(altinn.system_users())
}

/// System user that a customer makes; the reference is the customer's number unless chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSystemUser {
    system_id: String,
    owner_org: String,
    external_ref: Option<String>,
}

async fn make(State(altinn): State<Arc<Altinn>>, Json(new): Json<NewSystemUser>) -> Response {
    if !is_organisation(&new.owner_org) {
        return no_organisation(&new.owner_org);
    }
    let chosen = new.external_ref.filter(|reference| !reference.is_empty());
    let user = SystemUser {
        id: Uuid::new_v4(),
        system_id: new.system_id,
        external_ref: chosen.unwrap_or_else(|| new.owner_org.clone()),
        owner_org: new.owner_org,
    };
    match altinn.make_system_user(user.clone()) {
        Ok(()) => (StatusCode::CREATED, Json(user)).into_response(),
        Err(error @ SystemUserError::NoSystem) => {
            refused(StatusCode::BAD_REQUEST, &error.to_string())
        }
        Err(error @ SystemUserError::Taken) => refused(StatusCode::CONFLICT, &error.to_string()),
    }
}

async fn remove(State(altinn): State<Arc<Altinn>>, Path(id): Path<Uuid>) -> StatusCode {
    found(altinn.delete_system_user(id))
}

fn no_organisation(number: &str) -> Response {
    let text = format!("{number} is no organisation number");
    refused(StatusCode::BAD_REQUEST, &text)
}

fn refused(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

fn found(found: bool) -> StatusCode {
    if found {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
