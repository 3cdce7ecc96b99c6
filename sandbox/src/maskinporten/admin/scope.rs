//! Scopes, by those who own APIs.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::organisation;
use super::problem::{JsonBody, Problem};
use crate::interfaces::DELEGATION_SOURCE;
use crate::maskinporten::state::Maskinporten;
use crate::maskinporten::{INTEGRATION_TYPE, Register, Scope, TokenType, Visibility};

pub(super) fn routes() -> Router<Arc<Maskinporten>> {
    Router::new()
        .route("/scopes", get(list).post(add).put(change).delete(remove))
        .route("/scopes/all", get(public))
        .route("/delegationsources", get(delegation_sources))
}

/// Scope in the query: its name has colons and may have slashes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScopeQuery {
    pub(super) scope: String,
}

/// Scope in the body of a request. Members that only answers have are accepted and ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    prefix: String,
    subscope: String,
    owner_orgno: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    visibility: Visibility,
    #[serde(default)]
    token_type: TokenType,
    at_max_age: Option<i64>,
    authorization_max_age: Option<i64>,
    #[serde(default)]
    accessible_for_all: bool,
    allowed_integration_types: Option<Vec<String>>,
    delegation_source: Option<String>,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default, rename = "name")]
    _name: IgnoredAny,
    #[serde(default, rename = "created")]
    _created: IgnoredAny,
    #[serde(default, rename = "last_updated")]
    _last_updated: IgnoredAny,
}

/// Scope as the API returns it.
#[derive(Debug, Serialize)]
struct ScopeDocument {
    name: String,
    prefix: String,
    subscope: String,
    owner_orgno: String,
    description: String,
    visibility: Visibility,
    token_type: TokenType,
    at_max_age: i64,
    accessible_for_all: bool,
    allowed_integration_types: Vec<String>,
    delegation_source: Option<String>,
    active: bool,
}

const fn yes() -> bool {
    true
}

impl Definition {
    fn checked(self, register: &Register) -> Result<(String, Scope), Problem> {
        organisation::known(register, "owner_orgno", &self.owner_orgno)?;
        if !is_prefix(&self.prefix) {
            return Err(Problem::member("prefix", "letters, digits and ._- alone"));
        }
        if !is_subscope(&self.subscope) {
            let text = "visible characters but quotation marks and backslashes";
            return Err(Problem::member("subscope", text));
        }
        if self.at_max_age.is_some_and(|age| age < 0) {
            return Err(Problem::member("at_max_age", "seconds, not below 0"));
        }
        if self.authorization_max_age.is_some_and(|age| age < 0) {
            let text = "seconds, not below 0";
            return Err(Problem::member("authorization_max_age", text));
        }
        if let Some(source) = &self.delegation_source
            && source != DELEGATION_SOURCE
        {
            let text = format!("{source} is none; GET /maskinporten/delegationsources");
            return Err(Problem::member("delegation_source", text));
        }
        let integration_types = self
            .allowed_integration_types
            .unwrap_or_else(|| vec![INTEGRATION_TYPE.to_owned()]);
        let scope = Scope {
            description: self.description,
            owner: self.owner_orgno,
            visibility: self.visibility,
            token_type: self.token_type,
            at_max_age_s: self.at_max_age,
            accessible_for_all: self.accessible_for_all,
            integration_types,
            delegation_source: self.delegation_source,
            active: self.active,
        };
        Ok((format!("{}:{}", self.prefix, self.subscope), scope))
    }
}

impl ScopeDocument {
    fn new(name: &str, scope: &Scope) -> Self {
        let (prefix, subscope) = name.split_once(':').unwrap_or_default();
        Self {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            subscope: subscope.to_owned(),
            owner_orgno: scope.owner.clone(),
            description: scope.description.clone(),
            visibility: scope.visibility,
            token_type: scope.token_type,
            at_max_age: scope.at_max_age_s.unwrap_or_default(),
            accessible_for_all: scope.accessible_for_all,
            allowed_integration_types: scope.integration_types.clone(),
            delegation_source: scope.delegation_source.clone(),
            active: scope.active,
        }
    }
}

fn is_prefix(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.bytes().all(good)
}

/// Returns whether RFC 6749 allows the text in a scope.
fn is_subscope(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.bytes().all(good)
}

async fn list(State(maskinporten): State<Arc<Maskinporten>>) -> Json<Vec<ScopeDocument>> {
    let register = maskinporten.registered();
    let all = register.scopes().iter();
    Json(
        all.map(|(name, scope)| ScopeDocument::new(name, scope))
            .collect(),
    )
}

async fn public(State(maskinporten): State<Arc<Maskinporten>>) -> Json<Vec<ScopeDocument>> {
    let register = maskinporten.registered();
    let seen = register
        .scopes()
        .iter()
        .filter(|(_, scope)| scope.active && scope.visibility == Visibility::Public);
    Json(
        seen.map(|(name, scope)| ScopeDocument::new(name, scope))
            .collect(),
    )
}

async fn add(
    State(maskinporten): State<Arc<Maskinporten>>,
    JsonBody(new): JsonBody<Definition>,
) -> Result<(StatusCode, Json<ScopeDocument>), Problem> {
    let told = maskinporten.administer(maskinporten.clock.now(), |register| {
        let (name, scope) = new.checked(register)?;
        if register.scope(&name).is_some() {
            return Err(Problem::taken("there is such a scope already"));
        }
        let told = ScopeDocument::new(&name, &scope);
        register.add_scope(&name, scope);
        Ok(told)
    })?;
    Ok((StatusCode::CREATED, Json(told)))
}

async fn change(
    State(maskinporten): State<Arc<Maskinporten>>,
    Query(named): Query<ScopeQuery>,
    JsonBody(new): JsonBody<Definition>,
) -> Result<Json<ScopeDocument>, Problem> {
    let change = |register: &mut Register| {
        let (name, scope) = new.checked(register)?;
        if register.scope(&named.scope).is_none() {
            return Err(Problem::missing("there is no such scope"));
        }
        if name != named.scope {
            return Err(Problem::bad("a scope keeps its prefix and subscope"));
        }
        let told = ScopeDocument::new(&name, &scope);
        register.add_scope(&name, scope);
        Ok(told)
    };
    let now = maskinporten.clock.now();
    maskinporten.administer(now, change).map(Json)
}

async fn remove(
    State(maskinporten): State<Arc<Maskinporten>>,
    Query(named): Query<ScopeQuery>,
) -> Result<StatusCode, Problem> {
    let remove = |register: &mut Register| {
        let scope = register.scope_mut(&named.scope);
        let scope = scope.ok_or_else(|| Problem::missing("there is no such scope"))?;
        scope.active = false;
        Ok(StatusCode::NO_CONTENT)
    };
    maskinporten.administer(maskinporten.clock.now(), remove)
}

async fn delegation_sources() -> Json<Value> {
    Json(json!([{ "name": "Altinn", "issuer": DELEGATION_SOURCE }]))
}
