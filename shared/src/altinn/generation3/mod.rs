//! Altinn 3: consent requests of the access-management service, for enterprises.
//!
//! After Digdir's public documentation (docs.altinn.studio, consent for system vendors) and the
//! published source of the service, where the two differ.

mod answer;
mod problem;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) use answer::{created, found};

use super::Asked;
use crate::config::Origin;
use crate::party::Party;
use crate::platform::Request;

const PATH: &str = "/accessmanagement/api/v1/enterprise/consentrequests";

/// The only action there is, and the type of everything that is consented to.
const ACTION: &str = "consent";
const RESOURCE_TYPE: &str = "urn:altinn:resource";

/// The type of `authorization_details`, as Maskinporten knows it.
const DETAILS_TYPE: &str = "urn:altinn:consent";

pub(super) fn create(origin: &Origin, asked: &Asked) -> Result<Request, http::Error> {
    let rights = asked.rights.iter().map(|right| ConsentRight {
        action: [ACTION],
        resource: [Resource {
            r#type: RESOURCE_TYPE,
            value: &right.resource,
        }],
        metadata: &right.metadata,
    });
    let body = Create {
        id: &asked.id,
        from: asked.from.urn(),
        to: asked.to.urn(),
        required_delegator: asked.required_delegator().map(Party::urn),
        valid_to: rfc3339(asked.valid_to),
        consent_rights: rights.collect(),
        redirect_url: asked.redirect_address.expose(),
    };
    // Strings in maps of strings always serialise.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    http::Request::post(origin.join(PATH))
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
}

pub(super) fn lookup(origin: &Origin, id: &str) -> Result<Request, http::Error> {
    http::Request::get(origin.join(&format!("{PATH}/{id}")))
        .header(header::ACCEPT, "application/json")
        .body(Bytes::new())
}

pub(super) fn token_details(id: &str, from: &Party) -> serde_json::Value {
    serde_json::json!([{ "type": DETAILS_TYPE, "id": id, "from": from.urn() }])
}

fn rfc3339(time: OffsetDateTime) -> String {
    // Only years beyond 9999 cannot be written, and no consent lasts so long.
    time.format(&Rfc3339).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'a> {
    id: &'a str,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_delegator: Option<String>,
    valid_to: String,
    consent_rights: Vec<ConsentRight<'a>>,
    redirect_url: &'a str,
}

#[derive(Serialize)]
struct ConsentRight<'a> {
    action: [&'static str; 1],
    resource: [Resource<'a>; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Resource<'a> {
    r#type: &'static str,
    value: &'a str,
}

#[cfg(test)]
mod tests;
