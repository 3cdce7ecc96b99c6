//! Requests to Altinn 3.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::consent::{ConsentRequest, Creation};
use innsyn_core::origin::Origin;
use innsyn_core::party::Party;
use innsyn_core::platform::Request;

pub(super) const PATH: &str = "/accessmanagement/api/v1/enterprise/consentrequests";

/// The only action of a consent right. [`RESOURCE_TYPE`] is the only type of resource.
pub(super) const ACTION: &str = "consent";
pub(super) const RESOURCE_TYPE: &str = "urn:altinn:resource";

/// Builds the request that creates a consent. The request is idempotent: its id is that of the
/// consent.
///
/// # Errors
/// [`http::Error`] if a part cannot be written in a request.
pub fn create(
    origin: &Origin,
    requested: &ConsentRequest<'_>,
    creation: Creation<'_>,
) -> Result<Request, http::Error> {
    let subject = requested.subject;
    let body = Create {
        id: requested.id,
        from: subject.party.urn(),
        to: subject.consumer.urn(),
        required_delegator: subject.required_delegator().map(Party::urn),
        valid_to: rfc3339(requested.valid_to),
        consent_rights: [ConsentRight {
            action: [ACTION],
            resource: [Resource {
                r#type: RESOURCE_TYPE,
                value: &subject.right.resource,
            }],
            metadata: &subject.right.metadata,
        }],
        redirect_url: creation.redirect_address.expose(),
    };
    // Serialising maps of strings cannot fail.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    http::Request::post(origin.join(PATH))
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
}

/// Builds the request that looks up a consent.
///
/// # Errors
/// [`http::Error`] if the id cannot be written in an address.
pub fn lookup(origin: &Origin, id: &str) -> Result<Request, http::Error> {
    http::Request::get(origin.join(&format!("{PATH}/{id}")))
        .header(header::ACCEPT, "application/json")
        .body(Bytes::new())
}

fn rfc3339(time: OffsetDateTime) -> String {
    // Only years after 9999 cannot be written, and no consent lasts that long.
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
    consent_rights: [ConsentRight<'a>; 1],
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
