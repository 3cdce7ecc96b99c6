//! Parser of consent requests from Altinn 2. Altinn masks national identity numbers and writes
//! local times, so the requested consent is needed to interpret the answer: where the two agree,
//! the result has the requested values.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;

use super::local_time;
use super::refusal::{refusal, unreadable};
use crate::altinn::{Consent, ConsentRequest, Created, Refusal, Right, Status, Urn, is_code};
use innsyn_core::party::Party;
use innsyn_core::platform::Response;

/// Parses the answer to [`create`](super::create).
///
/// # Errors
/// [`Refusal`] if the answer holds no consent.
pub fn created(requested: &ConsentRequest<'_>, response: &Response) -> Result<Created, Refusal> {
    match response.status() {
        StatusCode::CREATED => {
            consent(requested, response).map(|consent| Created::New(Box::new(consent)))
        }
        _ => Err(refusal(response)),
    }
}

/// Parses the answer to [`lookup`](super::lookup).
///
/// # Errors
/// [`Refusal`] if the answer holds no consent.
pub fn found(requested: &ConsentRequest<'_>, response: &Response) -> Result<Consent, Refusal> {
    match response.status() {
        StatusCode::OK => consent(requested, response),
        _ => Err(refusal(response)),
    }
}

fn consent(requested: &ConsentRequest<'_>, response: &Response) -> Result<Consent, Refusal> {
    // The error of serde may quote a value, which may be a national identity number: it is
    // discarded.
    let body: Body = serde_json::from_slice(response.body())
        .map_err(|_| unreadable(response, "not a consent request"))?;
    let valid_to = local_time::parse(&body.valid_to)
        .ok_or_else(|| unreadable(response, "ValidTo is not a time"))?;
    let status = status(&body.request_status)
        .ok_or_else(|| unreadable(response, "an unknown RequestStatus"))?;
    if !is_code(&body.authorization_code) {
        return Err(unreadable(response, "AuthorizationCode is not a code"));
    }
    let is_same = requested
        .handle
        .is_none_or(|handle| handle.eq_ignore_ascii_case(&body.authorization_code));
    let id = if is_same {
        requested.id.to_owned()
    } else {
        body.authorization_code.clone()
    };
    // Altinn lets only the required person answer, and does not say who answered.
    let approved_by = match (
        requested.subject.required_delegator(),
        body.required_delegator,
    ) {
        (Some(required), Some(shown)) => Some(urn(required, &shown)),
        (_, shown) => shown.map(Urn::new),
    };
    Ok(Consent {
        id,
        handle: Some(body.authorization_code),
        from: urn(requested.subject.party, &body.offered_by),
        to: Urn::new(format!(
            "urn:altinn:organization:identifier-no:{}",
            body.covered_by
        )),
        status,
        valid_to,
        rights: Some(body.request_resources.into_iter().map(right).collect()),
        approved_by,
        page: body.links.map(|links| links.gui.href),
    })
}

/// Returns the party's URN if the number in the answer is the party's, plain or masked by Altinn.
fn urn(party: &Party, shown: &str) -> Urn {
    let number = party.expose();
    let masked = match (party, number.get(..6)) {
        (Party::Person(_), Some(birth)) => shown == format!("{birth}*****"),
        _ => false,
    };
    if masked || shown == number {
        Urn::new(party.urn())
    } else {
        Urn::new(shown.to_owned())
    }
}

/// Converts a status. The API does not show that a consent was withdrawn or has expired.
fn status(name: &str) -> Option<Status> {
    Some(match name.to_ascii_lowercase().as_str() {
        "unopened" | "opened" => Status::Created,
        "accepted" => Status::Accepted,
        "rejected" => Status::Rejected,
        _ => return None,
    })
}

fn right(resource: Resource) -> Right {
    Right {
        resource: format!(
            "{}_{}",
            resource.service_code, resource.service_edition_code
        ),
        metadata: resource.metadata.unwrap_or_default(),
    }
}

// `Debug` is not derived: these types hold the parties' national identity numbers.

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    authorization_code: String,
    request_status: String,
    covered_by: String,
    offered_by: String,
    required_delegator: Option<String>,
    valid_to: String,
    request_resources: Vec<Resource>,
    #[serde(rename = "_links")]
    links: Option<Links>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    service_code: String,
    service_edition_code: u32,
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Links {
    gui: Link,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}
