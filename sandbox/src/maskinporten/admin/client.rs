//! Clients, by the organisations that own them.
//!
//! Assumption: a token lives at most two hours, the limit named by an insider.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::organisation;
use super::problem::{JsonBody, Problem};
use crate::maskinporten::state::Maskinporten;
use crate::maskinporten::{Client, INTEGRATION_TYPE, Register};

/// The longest lifetime of a token, in seconds.
const LONGEST: i64 = 7200;
const GRANT_TYPES: [&str; 2] = [
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "jwt_bearer_token",
];

pub(super) fn routes() -> Router<Arc<Maskinporten>> {
    Router::new()
        .route("/clients", get(list).post(add))
        .route("/clients/{id}", get(one).put(change).delete(remove))
}

/// Client in the body of a request. Members that only answers have are accepted and ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    client_id: Option<String>,
    #[serde(default)]
    client_name: String,
    #[serde(default)]
    description: String,
    client_orgno: String,
    supplier_orgno: Option<String>,
    integration_type: Option<String>,
    application_type: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    scopes: BTreeSet<String>,
    access_token_lifetime: Option<i64>,
    /// Lifetime of sessions, which Maskinporten does not have.
    #[serde(default, rename = "authorization_lifetime")]
    _authorization_lifetime: IgnoredAny,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default, rename = "created")]
    _created: IgnoredAny,
    #[serde(default, rename = "last_updated")]
    _last_updated: IgnoredAny,
}

/// Client as the API returns it.
#[derive(Debug, Serialize)]
struct ClientDocument {
    client_id: String,
    client_name: String,
    description: String,
    client_orgno: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier_orgno: Option<String>,
    integration_type: &'static str,
    application_type: &'static str,
    token_endpoint_auth_method: &'static str,
    grant_types: [&'static str; 1],
    scopes: BTreeSet<String>,
    access_token_lifetime: Option<i64>,
    active: bool,
}

const fn yes() -> bool {
    true
}

impl Definition {
    /// Creates the client `id` without keys.
    fn checked(self, id: String, register: &Register) -> Result<Client, Problem> {
        organisation::known(register, "client_orgno", &self.client_orgno)?;
        if let Some(supplier) = &self.supplier_orgno {
            organisation::known(register, "supplier_orgno", supplier)?;
        }
        for (name, given, allowed) in [
            ("integration_type", &self.integration_type, INTEGRATION_TYPE),
            ("application_type", &self.application_type, "web"),
            (
                "token_endpoint_auth_method",
                &self.token_endpoint_auth_method,
                "private_key_jwt",
            ),
        ] {
            if given.as_ref().is_some_and(|given| given != allowed) {
                return Err(Problem::member(name, format!("{allowed} alone")));
            }
        }
        let mut grant_types = self.grant_types.iter().flatten();
        if !grant_types.all(|kind| GRANT_TYPES.contains(&kind.as_str())) {
            let text = "urn:ietf:params:oauth:grant-type:jwt-bearer alone";
            return Err(Problem::member("grant_types", text));
        }
        let lifetime = self.access_token_lifetime;
        if lifetime.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds)) {
            let text = format!("1–{LONGEST} seconds");
            return Err(Problem::member("access_token_lifetime", text));
        }
        for name in &self.scopes {
            let scope = register.scope(name).filter(|scope| scope.active);
            let scope = scope
                .ok_or_else(|| Problem::member("scopes", format!("there is no scope {name}")))?;
            if self.supplier_orgno.is_some() && scope.delegation_source.is_some() {
                let text = format!("{name} is delegated: its supplier needs a client of its own");
                return Err(Problem::member("scopes", text));
            }
        }
        Ok(Client {
            id,
            name: self.client_name,
            description: self.description,
            organisation: self.client_orgno,
            supplier: self.supplier_orgno,
            scopes: self.scopes,
            keys: vec![],
            token_lifetime_s: lifetime,
            active: self.active,
        })
    }
}

impl ClientDocument {
    fn new(client: &Client) -> Self {
        Self {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            description: client.description.clone(),
            client_orgno: client.organisation.clone(),
            supplier_orgno: client.supplier.clone(),
            integration_type: INTEGRATION_TYPE,
            application_type: "web",
            token_endpoint_auth_method: "private_key_jwt",
            grant_types: ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
            scopes: client.scopes.clone(),
            access_token_lifetime: client.token_lifetime_s,
            active: client.active,
        }
    }
}

pub(super) fn missing() -> Problem {
    Problem::missing("there is no such client")
}

async fn list(State(maskinporten): State<Arc<Maskinporten>>) -> Json<Vec<ClientDocument>> {
    let register = maskinporten.registered();
    Json(register.clients().map(ClientDocument::new).collect())
}

async fn one(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(id): Path<String>,
) -> Result<Json<ClientDocument>, Problem> {
    let register = maskinporten.registered();
    let client = register.client(&id).ok_or_else(missing)?;
    Ok(Json(ClientDocument::new(client)))
}

async fn add(
    State(maskinporten): State<Arc<Maskinporten>>,
    JsonBody(new): JsonBody<Definition>,
) -> Result<(StatusCode, Json<ClientDocument>), Problem> {
    let add = |register: &mut Register| {
        let given = new.client_id.clone().filter(|id| !id.is_empty());
        let id = given.unwrap_or_else(|| Uuid::new_v4().to_string());
        if register.client(&id).is_some() {
            return Err(Problem::taken("there is such a client already"));
        }
        let client = new.checked(id, register)?;
        let told = ClientDocument::new(&client);
        register.add_client(client);
        Ok(told)
    };
    let told = maskinporten.administer(maskinporten.clock.now(), add)?;
    Ok((StatusCode::CREATED, Json(told)))
}

async fn change(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(id): Path<String>,
    JsonBody(new): JsonBody<Definition>,
) -> Result<Json<ClientDocument>, Problem> {
    let change = |register: &mut Register| {
        let former = register.client(&id).ok_or_else(missing)?;
        if new.client_id.as_ref().is_some_and(|given| *given != id) {
            return Err(Problem::member("client_id", "a client keeps its own"));
        }
        if new.client_orgno != former.organisation {
            let text = "a client stays with its organisation";
            return Err(Problem::member("client_orgno", text));
        }
        let keys = former.keys.clone();
        let client = Client {
            keys,
            ..new.checked(id, register)?
        };
        let told = ClientDocument::new(&client);
        register.add_client(client);
        Ok(told)
    };
    let now = maskinporten.clock.now();
    maskinporten.administer(now, change).map(Json)
}

async fn remove(
    State(maskinporten): State<Arc<Maskinporten>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let remove = |register: &mut Register| {
        register.client_mut(&id).ok_or_else(missing)?.active = false;
        Ok(StatusCode::NO_CONTENT)
    };
    maskinporten.administer(maskinporten.clock.now(), remove)
}
