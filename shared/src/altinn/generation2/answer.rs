//! Reading a request for consent. Altinn masks persons' numbers and writes local times, so what was asked for is
//! needed to read what was answered: where the two agree, the consent says what was asked.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;

use super::super::{Asked, Consent, Created, Refusal, Right, Status, Urn};
use super::local_time;
use super::refusal::{refusal, unreadable};
use crate::party::Party;
use crate::platform::Response;

pub(in crate::altinn) fn created(asked: &Asked, response: &Response) -> Result<Created, Refusal> {
    match response.status() {
        StatusCode::CREATED => {
            consent(asked, response).map(|consent| Created::New(Box::new(consent)))
        }
        _ => Err(refusal(response)),
    }
}

pub(in crate::altinn) fn found(asked: &Asked, response: &Response) -> Result<Consent, Refusal> {
    match response.status() {
        StatusCode::OK => consent(asked, response),
        _ => Err(refusal(response)),
    }
}

fn consent(asked: &Asked, response: &Response) -> Result<Consent, Refusal> {
    // What serde says may quote a value, and a value may be a number: it goes nowhere.
    let body: Body = serde_json::from_slice(response.body())
        .map_err(|_| unreadable(response, "not a consent request"))?;
    let valid_to = local_time::parse(&body.valid_to)
        .ok_or_else(|| unreadable(response, "ValidTo is not a time"))?;
    let status = status(&body.request_status)
        .ok_or_else(|| unreadable(response, "an unknown RequestStatus"))?;
    if !is_code(&body.authorization_code) {
        return Err(unreadable(response, "AuthorizationCode is not a code"));
    }
    let is_same = asked
        .handle
        .as_ref()
        .is_none_or(|handle| handle.eq_ignore_ascii_case(&body.authorization_code));
    let id = if is_same {
        asked.id.clone()
    } else {
        body.authorization_code.clone()
    };
    // Altinn lets nobody else answer, and does not tell who did.
    let approved_by = match (asked.required_delegator(), body.required_delegator) {
        (Some(required), Some(shown)) => Some(urn(required, &shown)),
        (_, shown) => shown.map(Urn),
    };
    Ok(Consent {
        id,
        handle: Some(body.authorization_code),
        from: urn(&asked.from, &body.offered_by),
        to: Urn(format!(
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

/// The party's URN, if what Altinn shows of a number is what it would show of the party's.
fn urn(party: &Party, shown: &str) -> Urn {
    let number = party.expose();
    let masked = match (party, number.get(..6)) {
        (Party::Person(_), Some(birth)) => shown == format!("{birth}*****"),
        _ => false,
    };
    if masked || shown == number {
        Urn(party.urn())
    } else {
        Urn(shown.to_owned())
    }
}

/// That a consent was withdrawn or has run out does not show here.
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

/// It becomes a part of addresses.
pub(in crate::altinn) fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

// No Debug: these hold parties' numbers.

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
