//! Parser of consent requests from Altinn. The parser is tolerant: it ignores unknown members,
//! compares enumerations without regard to case, and accepts timestamps with any number of
//! decimals.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::consent::{Consent, Right, Status, Urn};
use super::prepared_call::Created;
use super::problem::{refusal, unreadable};
use super::refusal::Refusal;
use super::request::{ACTION, RESOURCE_TYPE};
use innsyn_core::json;
use innsyn_core::platform::Response;

/// Parses the answer to [`create`](super::create).
///
/// # Errors
/// [`Refusal`] if the answer holds no consent.
pub fn created(response: &Response) -> Result<Created, Refusal> {
    match response.status() {
        StatusCode::CREATED => consent(response).map(|consent| Created::New(Box::new(consent))),
        StatusCode::OK => Ok(Created::Known),
        _ => Err(refusal(response)),
    }
}

/// Parses the answer to [`lookup`](super::lookup).
///
/// # Errors
/// [`Refusal`] if the answer holds no consent.
pub fn found(response: &Response) -> Result<Consent, Refusal> {
    match response.status() {
        StatusCode::OK => consent(response),
        _ => Err(refusal(response)),
    }
}

fn consent(response: &Response) -> Result<Consent, Refusal> {
    // The error of serde may quote a value, which may be a national identity number: it is
    // discarded.
    let body: Body =
        json::read(response.body()).map_err(|_| unreadable(response, "not a consent request"))?;
    // Times at the ends of the calendar cannot be converted to every offset.
    let valid_to = OffsetDateTime::parse(&body.valid_to, &Rfc3339).ok();
    let valid_to = valid_to
        .and_then(|time| time.checked_to_offset(UtcOffset::UTC))
        .ok_or_else(|| unreadable(response, "validTo is not a time"))?;
    let status = status(&body).ok_or_else(|| unreadable(response, "an unknown status"))?;
    let approval = body.consent_request_events.iter().flatten().rev();
    let approval = approval.into_iter().find(|event| event.is("accepted"));
    Ok(Consent {
        approved_by: approval
            .and_then(|event| event.performed_by.clone())
            .map(Urn::new),
        rights: body.consent_rights.into_iter().map(right).collect(),
        id: body.id,
        handle: None,
        from: Urn::new(body.from),
        to: Urn::new(body.to),
        status,
        valid_to,
        page: body.view_uri,
    })
}

/// Returns the consent's status: the member `status`, or, in older answers without one, the status
/// that follows from the events. The synthetic event "expired" and the event "used" change nothing.
fn status(body: &Body) -> Option<Status> {
    if let Some(status) = &body.status {
        return by_name(status);
    }
    let mut status = Status::Created;
    for event in body.consent_request_events.iter().flatten() {
        let name = &event.event_type;
        if ["accepted", "rejected", "revoked", "deleted"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            status = by_name(name)?;
        }
    }
    Some(status)
}

/// Returns the status with this name, in any case; `None` for a name that is no status.
pub(super) fn by_name(name: &str) -> Option<Status> {
    Some(match name.to_ascii_lowercase().as_str() {
        "created" => Status::Created,
        "accepted" => Status::Accepted,
        "rejected" => Status::Rejected,
        "revoked" | "deleted" => Status::Revoked,
        "expired" => Status::Expired,
        _ => return None,
    })
}

/// Converts a right; `None` for a kind of right that this app never requests.
fn right(right: ConsentRight) -> Option<Right> {
    let [action] = right.action.as_slice() else {
        return None;
    };
    let [resource] = right.resource.as_slice() else {
        return None;
    };
    let ours =
        action.eq_ignore_ascii_case(ACTION) && resource.r#type.eq_ignore_ascii_case(RESOURCE_TYPE);
    ours.then(|| Right {
        resource: resource.value.clone(),
        metadata: right.metadata.unwrap_or_default(),
    })
}

// `Debug` is not derived: these types hold the parties' national identity numbers.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    id: String,
    from: String,
    to: String,
    valid_to: String,
    consent_rights: Vec<ConsentRight>,
    status: Option<String>,
    consent_request_events: Option<Vec<Event>>,
    view_uri: Option<String>,
}

#[derive(Deserialize)]
struct ConsentRight {
    action: Vec<String>,
    resource: Vec<Resource>,
    // The documentation spells it metaData, the service metadata.
    #[serde(alias = "metaData")]
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Resource {
    r#type: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_type: String,
    performed_by: Option<String>,
}

impl Event {
    fn is(&self, name: &str) -> bool {
        self.event_type.eq_ignore_ascii_case(name)
    }
}
