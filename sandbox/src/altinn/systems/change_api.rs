//! Requests for other rights of a system user: vendors make, follow and delete them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::problem;
use super::request::ChangeDraft;
use super::request_api::{created, parameter, routes_at};
use super::vendor::{REQUEST_WRITE, Vendor, id};
use crate::altinn::refused::{Refused, body_of};
use crate::altinn::state::Altinn;

const PATH: &str = "/authentication/api/v1/systemuser/changerequest";

pub(super) fn routes() -> Router<Arc<Altinn>> {
    routes_at(PATH, true).route(&format!("{PATH}/vendor"), post(create))
}

async fn create(
    State(altinn): State<Arc<Altinn>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let answer = create_or_refuse(&altinn, &headers, &query, &body);
    answer.unwrap_or_else(|refused| refused.response(&altinn))
}

fn create_or_refuse(
    altinn: &Altinn,
    headers: &HeaderMap,
    query: &str,
    body: &[u8],
) -> Result<Response, Refused> {
    let vendor = Vendor::authenticate(altinn, headers, &[REQUEST_WRITE])?;
    let named = |name: &str| {
        let text = parameter(query, name).filter(|text| !text.is_empty());
        text.map_or(Ok(Uuid::nil()), |text| id(&text, name))
    };
    let (correlation, user) = (named("correlation-id")?, named("system-user-id")?);
    let draft = ChangeDraft::read(body)?;
    if correlation.is_nil() {
        return Err(bad(
            "Missing or invalid QueryParameter: correlation-id. Generate a unique UUID (RFC 4122) for this Change Request, and add as a Query Parameter.",
        ));
    }
    let now = altinn.clock.now();
    let systems = &mut altinn.state().systems;
    let user = systems.users.get(&user).ok_or(problem::USER_NOT_FOUND)?;
    let user = user.identity.clone();
    if correlation == user.id {
        return Err(bad(
            "The correlation-id should not be the same as the system-user-id. Generate a unique id.",
        ));
    }
    let is_own = systems.own(&user.system_id, &vendor.number).is_ok();
    if !is_own {
        return Err(StatusCode::UNAUTHORIZED.into());
    }
    if draft.required.is_empty() && draft.unwanted.is_empty() {
        let nothing = nothing_to_change(correlation, &user, draft.redirect_url.as_deref());
        return Ok(body_of(&nothing).into_response());
    }
    let asked = systems.ask_for_change(correlation, &user, draft, &vendor.number, now)?;
    Ok(created(altinn, PATH, asked))
}

/// Builds the answer to a request without a change, which is not stored.
fn nothing_to_change(
    id: Uuid,
    user: &crate::interfaces::SystemUser,
    redirect_url: Option<&str>,
) -> Value {
    let mut document = json!({
        "id": id,
        "externalRef": user.external_ref,
        "systemId": user.system_id,
        "systemUserId": user.id,
        "partyOrgNo": user.owner_org,
        "requiredRights": [],
        "unwantedRights": [],
        "requiredAccessPackages": [],
        "unwantedAccessPackages": [],
        "status": "NoChangeNeeded",
        "confirmUrl": "",
        "created": "0001-01-01T00:00:00",
        "timedOut": false,
    });
    if let (Some(address), Some(members)) = (redirect_url, document.as_object_mut()) {
        members.insert("redirectUrl".to_owned(), json!(address));
    }
    document
}

fn bad(text: &str) -> Refused {
    Refused::Text(StatusCode::BAD_REQUEST, text.to_owned())
}
