//! The system register: vendors register, change and delete their systems.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::log::LogEntry;
use super::registered::{Registered, packages_faults, rights_faults};
use super::right::{self, Right};
use super::vendor::{REGISTER_ADMIN, REGISTER_WRITE, Vendor};
use super::{Systems, problem};
use crate::altinn::body::{self, InvalidBody};
use crate::altinn::problem::{Fault, Problem};
use crate::altinn::refused::{Refused, answer};
use crate::altinn::state::Altinn;

const REGISTER: &str = "/authentication/api/v1/systemregister/vendor";
const SCOPES: &[&str] = &[REGISTER_ADMIN, REGISTER_WRITE];

pub(super) fn routes() -> Router<Arc<Altinn>> {
    Router::new()
        .route(REGISTER, post(create).get(list))
        .route(
            &format!("{REGISTER}/{{system}}"),
            get(read).put(replace).delete(delete),
        )
        .route(&format!("{REGISTER}/{{system}}/rights"), put(set_rights))
        .route(
            &format!("{REGISTER}/{{system}}/accesspackages"),
            put(set_packages),
        )
        .route(&format!("{REGISTER}/{{system}}/changelog"), get(changes))
}

async fn create(State(altinn): State<Arc<Altinn>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&altinn, create_or_refuse(&altinn, &headers, &body))
}

fn create_or_refuse(altinn: &Altinn, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, SCOPES)?;
    let system = Registered::read(body)?;
    if !system.has_vendor_form() {
        return Err(Problem::validation(vec![problem::vendor_invalid()]).into());
    }
    let mut state = altinn.state();
    let systems = &mut state.systems;
    let mut faults = system.form_faults();
    // A deleted one still occupies its identifier.
    if systems.registered.contains_key(&system.id) {
        faults.push(problem::id_taken());
    }
    faults.extend(system.redirect_faults());
    if systems.has_client(&system.client_ids, None) {
        faults.push(problem::client_taken());
    }
    faults.extend(rights_faults(&system.rights));
    faults.extend(packages_faults(&system.packages, system.is_visible));
    if !vendor.may_write(system.vendor_number()) {
        return Err(StatusCode::FORBIDDEN.into());
    }
    valid(faults)?;
    let internal_id = system.internal_id;
    let now = altinn.clock.now();
    systems.log.push(LogEntry::new(
        &system,
        &vendor.number,
        "create",
        system.document(),
        now,
    ));
    systems.registered.insert(system.id.clone(), system);
    Ok(json!(internal_id))
}

async fn list(State(altinn): State<Arc<Altinn>>, headers: HeaderMap) -> Response {
    let listed = Vendor::authenticate(&altinn, &headers, SCOPES).map(|vendor| {
        let state = altinn.state();
        let own =
            |system: &&Registered| !system.is_deleted && system.vendor_number() == vendor.number;
        let systems = state.systems.registered.values().filter(own);
        systems.map(Registered::summary).collect::<Value>()
    });
    answer(&altinn, listed.map_err(Refused::from))
}

async fn read(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let found = Vendor::authenticate(&altinn, &headers, SCOPES)
        .map_err(Refused::from)
        .and_then(|vendor| {
            let state = altinn.state();
            let system = state.systems.registered.get(&id);
            let system = system.ok_or(StatusCode::NOT_FOUND)?;
            writable(system, &vendor)?;
            Ok(system.document())
        });
    answer(&altinn, found)
}

async fn replace(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    answer(&altinn, replace_or_refuse(&altinn, &headers, &id, &body))
}

fn replace_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    id: &str,
    body: &[u8],
) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, SCOPES)?;
    let proposed = Registered::read(body)?;
    let unknown = || {
        let text = format!("System with ID '{id}' not found.");
        Refused::Text(StatusCode::NOT_FOUND, text)
    };
    let mut state = altinn.state();
    let systems = &mut state.systems;
    let current = systems.registered.get(id).ok_or_else(unknown)?;
    // Before the vendors are compared, so that a caller never learns a system's vendor.
    writable(current, &vendor)?;
    if proposed.vendor != current.vendor {
        return Err(unknown());
    }
    if proposed.id != id {
        return Err(Problem::validation(vec![problem::id_differs()]).into());
    }
    not_deleted(current)?;
    let mut faults = rights_faults(&proposed.rights);
    faults.extend(packages_faults(&proposed.packages, proposed.is_visible));
    let mut clients: Vec<_> = proposed
        .client_ids
        .iter()
        .map(|id| id.to_lowercase())
        .collect();
    clients.sort_unstable();
    clients.dedup();
    if clients.len() < proposed.client_ids.len() {
        faults.push(problem::clients_repeated());
    }
    if systems.has_client(&proposed.client_ids, Some(id)) {
        faults.push(problem::client_taken());
    }
    valid(faults)?;
    let system = current.replaced_by(proposed);
    let now = altinn.clock.now();
    systems.log.push(LogEntry::new(
        &system,
        &vendor.number,
        "update",
        system.document(),
        now,
    ));
    systems.registered.insert(system.id.clone(), system);
    Ok(json!({ "succeeded": true }))
}

async fn set_rights(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let read = |_: &Registered| {
        let rights = items(&body, Right::read)?;
        valid(rights_faults(&rights))?;
        Ok(rights)
    };
    let set = |system: &mut Registered, rights: Vec<Right>| {
        system.rights = rights;
        ("rightsupdate", right::documents(&system.rights))
    };
    answer(&altinn, change(&altinn, &headers, &id, read, set))
}

async fn set_packages(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let read = |system: &Registered| {
        let packages = items(&body, right::read_package)?;
        valid(packages_faults(&packages, system.is_visible))?;
        Ok(packages)
    };
    let set = |system: &mut Registered, packages: Vec<String>| {
        system.packages = packages;
        let documents = right::package_documents(&system.packages);
        ("accesspackageupdate", documents)
    };
    answer(&altinn, change(&altinn, &headers, &id, read, set))
}

/// Changes a part of a system. The real service fails if the system does not exist.
fn change<T>(
    altinn: &Altinn,
    headers: &HeaderMap,
    id: &str,
    read: impl FnOnce(&Registered) -> Result<T, Refused>,
    set: impl FnOnce(&mut Registered, T) -> (&'static str, Value),
) -> Result<Value, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, SCOPES)?;
    let mut state = altinn.state();
    let systems = &mut state.systems;
    let system = systems.registered.get_mut(id);
    let system = system.ok_or(Refused::Failed("there is no such system"))?;
    writable(system, &vendor)?;
    not_deleted(system)?;
    let part = read(system)?;
    let (kind, data) = set(system, part);
    let change = LogEntry::new(system, &vendor.number, kind, data, altinn.clock.now());
    systems.log.push(change);
    Ok(json!({ "succeeded": true }))
}

async fn delete(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let deleted = Vendor::authenticate(&altinn, &headers, SCOPES)
        .map_err(Refused::from)
        .and_then(|vendor| {
            let mut state = altinn.state();
            let systems = &mut state.systems;
            let unknown = InvalidBody::at("return", "System not found");
            let system = systems.registered.get_mut(&id).ok_or(unknown)?;
            writable(system, &vendor)?;
            system.is_deleted = true;
            let now = altinn.clock.now();
            let change = LogEntry::new(system, &vendor.number, "delete", Value::Null, now);
            systems.log.push(change);
            Ok(json!({ "succeeded": true }))
        });
    answer(&altinn, deleted)
}

async fn changes(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let listed = Vendor::authenticate(&altinn, &headers, SCOPES)
        .map_err(Refused::from)
        .and_then(|vendor| {
            let state = altinn.state();
            let text = format!("System with ID {id} not found.");
            let unknown = Refused::Text(StatusCode::NOT_FOUND, text);
            let system = state.systems.registered.get(&id).ok_or(unknown)?;
            writable(system, &vendor)?;
            let log = state.systems.log.iter();
            let own = log.filter(|entry| entry.system == system.internal_id);
            Ok(own.map(LogEntry::document).collect())
        });
    answer(&altinn, listed)
}

impl Systems {
    /// Returns whether one of the clients is another system's that is in use.
    fn has_client(&self, clients: &[String], except: Option<&str>) -> bool {
        let others = self
            .registered
            .values()
            .filter(|system| !system.is_deleted && except.is_none_or(|except| system.id != except));
        let mut taken = others.flat_map(|system| &system.client_ids);
        taken.any(|taken| clients.iter().any(|own| own.eq_ignore_ascii_case(taken)))
    }
}

fn items<T>(
    body: &[u8],
    read: impl Fn(&Value, &str) -> Result<T, InvalidBody>,
) -> Result<Vec<T>, Refused> {
    let value = body::value(body, "the list")?;
    let items = value.as_array().ok_or_else(|| InvalidBody::value("$"))?;
    let read = items.iter().map(|item| read(item, "$"));
    Ok(read.collect::<Result<_, _>>()?)
}

fn writable(system: &Registered, vendor: &Vendor) -> Result<(), Refused> {
    let may = vendor.may_write(system.vendor_number());
    may.then_some(()).ok_or(StatusCode::FORBIDDEN.into())
}

fn not_deleted(system: &Registered) -> Result<(), Refused> {
    if system.is_deleted {
        let text = "Cannot update a system marked as deleted.".to_owned();
        return Err(Refused::Text(StatusCode::BAD_REQUEST, text));
    }
    Ok(())
}

fn valid(faults: Vec<Fault>) -> Result<(), Refused> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Problem::validation(faults).into())
}
