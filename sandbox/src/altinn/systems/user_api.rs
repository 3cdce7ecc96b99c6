//! System users: vendors and Maskinporten look them up.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::request_api::parameter;
use super::state::Systems;
use super::user::User;
use super::user_key::UserKey;
use super::vendor::{LOOKUP, REGISTER_ADMIN, REGISTER_WRITE, REQUEST_WRITE, Vendor, paginated};
use crate::altinn::authentication::authenticate;
use crate::altinn::refused::{Refused, answer};
use crate::altinn::state::Altinn;

const PATH: &str = "/authentication/api/v1/systemuser";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route(&format!("{PATH}/vendor/byquery"), get(by_query))
        .route(
            &format!("{PATH}/vendor/bysystem/{{system}}"),
            get(by_system),
        )
        .route(&format!("{PATH}/byExternalId"), get(by_client))
}

async fn by_query(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    answer(&altinn, by_query_or_refuse(&altinn, &headers, &query))
}

fn by_query_or_refuse(altinn: &Altinn, headers: &HeaderMap, query: &str) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REQUEST_WRITE])?;
    let named = |name: &str| parameter(query, name).filter(|text| !text.is_empty());
    let required = |name: &str| named(name).ok_or(StatusCode::BAD_REQUEST);
    let (system, owner) = (required("system-id")?, required("orgno")?);
    let reference = named("external-ref").unwrap_or_else(|| owner.clone());
    let state = altinn.state();
    let systems = &state.systems;
    let found = systems.user(UserKey {
        system: &system,
        owner: &owner,
        external_ref: &reference,
    });
    let own = found.filter(|_| systems.own(&system, &vendor.number).is_ok());
    let document = own.and_then(|user| systems.user_document(user));
    document.ok_or(StatusCode::NOT_FOUND.into())
}

async fn by_system(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(system): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    answer(
        &altinn,
        by_system_or_refuse(&altinn, &headers, &system, &query),
    )
}

fn by_system_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    system: &str,
    query: &str,
) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REGISTER_ADMIN, REGISTER_WRITE])?;
    let state = altinn.state();
    let systems = &state.systems;
    systems.own(system, &vendor.number)?;
    let users = systems.users.values();
    let own = users.filter(|user| user.identity.system_id == system);
    let items: Vec<(Uuid, Value)> = own
        .filter_map(|user| Some((user.identity.id, systems.user_document(user)?)))
        .collect();
    let address = format!("{}{PATH}/vendor/bysystem/{system}", altinn.origins.platform);
    let token = parameter(query, "token");
    Ok(paginated(items, token.as_deref(), &address))
}

async fn by_client(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    answer(&altinn, by_client_or_refuse(&altinn, &headers, &query))
}

/// Answers Maskinporten's look-up of a system user that a grant names.
fn by_client_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    query: &str,
) -> Result<Value, Refused> {
    authenticate(altinn, headers, &[LOOKUP])?;
    let named = |name: &str| parameter(query, name).filter(|text| !text.is_empty());
    let required = |name: &str| named(name).ok_or(StatusCode::BAD_REQUEST);
    let client = required("clientId")?;
    let vendor = required("systemProviderOrgNo")?;
    let owner = required("systemUserOwnerOrgNo")?;
    let reference = named("externalRef").unwrap_or_else(|| owner.clone());
    let state = altinn.state();
    let systems = &state.systems;
    let found = systems.find(&client, &vendor, &owner, &reference);
    let user = found.and_then(|found| systems.users.get(&found.id));
    let document = user.and_then(|user| systems.user_document(user));
    document.ok_or(StatusCode::NOT_FOUND.into())
}

impl Systems {
    fn user_document(&self, user: &User) -> Option<Value> {
        let system = self.registered.get(&user.identity.system_id)?;
        Some(user.document(system))
    }
}
