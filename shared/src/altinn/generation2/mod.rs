//! Altinn 2: requests for consent by its REST interface, a code for each consent, and a token of its own
//! (*samtykkebevis*) that lives for half a minute.
//!
//! After Altinn's documentation of the time ("Be om samtykke", "Forespørsler", "Hente token"). The enterprise is
//! authenticated by Maskinporten's token, which must be meant for Altinn, and by its API key.
//!
//! Altinn chooses the code, so a request that is sent again makes another one. That does no harm: nobody is
//! sent to the page of a request whose answer we have not seen, and the portal does not list it.

mod answer;
mod local_time;
mod proof;
mod refusal;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

pub(super) use answer::{created, found};
pub(super) use proof::{confirmed, proof};

use super::{ApiKeys, Asked, NotAsked};
use crate::config::Origin;
use crate::party::{OrganisationNumber, Party};
use crate::platform::Request;

const REQUESTS: &str = "/api/consentRequests";
const TOKENS: &str = "/api/authorization/token";

/// Answers have the address of the page in this form alone.
const HAL: &str = "application/hal+json";
const API_KEY: &str = "ApiKey";

pub(super) fn create(origin: &Origin, keys: &ApiKeys, asked: &Asked) -> Result<Request, NotAsked> {
    let name = asked.party_name.as_ref().ok_or(NotAsked::NoName)?;
    let resources = asked.rights.iter().map(|right| {
        let (code, edition) = service(&right.resource).ok_or(NotAsked::NoService)?;
        Ok(Resource {
            service_code: code,
            service_edition_code: edition,
            metadata: &right.metadata,
        })
    });
    let delegator = asked.required_delegator();
    let body = Create {
        covered_by: asked.to.as_str(),
        offered_by: asked.from.expose(),
        offered_by_name: name.expose(),
        required_delegator: delegator.map(Party::expose),
        required_delegator_name: delegator.map(|_| name.expose().as_str()),
        // With an offset: without one it would be Norwegian local time.
        valid_to: asked.valid_to.format(&Rfc3339).unwrap_or_default(),
        redirect_url: asked.redirect_address.expose(),
        request_resources: resources.collect::<Result<_, NotAsked>>()?,
        portal_view_mode: "Hide",
    };
    // Strings in maps of strings always serialise.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let request = http::Request::post(origin.join(REQUESTS))
        .header(API_KEY, keys.of(&asked.to).ok_or(NotAsked::NoApiKey)?)
        .header(header::ACCEPT, HAL)
        .header(header::CONTENT_TYPE, HAL);
    Ok(request.body(Bytes::from(body))?)
}

pub(super) fn lookup(
    origin: &Origin,
    keys: &ApiKeys,
    asked: &Asked,
) -> Result<Option<Request>, NotAsked> {
    let Some(handle) = &asked.handle else {
        return Ok(None);
    };
    let request = http::Request::get(origin.join(&format!("{REQUESTS}/{handle}")))
        .header(API_KEY, keys.of(&asked.to).ok_or(NotAsked::NoApiKey)?)
        .header(header::ACCEPT, HAL);
    Ok(Some(request.body(Bytes::new())?))
}

/// Asks for a consent token; the API key alone is enough.
pub(super) fn token(
    origin: &Origin,
    keys: &ApiKeys,
    consumer: &OrganisationNumber,
    handle: &str,
) -> Result<Request, NotAsked> {
    let request = http::Request::get(origin.join(&format!("{TOKENS}/{handle}")))
        .header(API_KEY, keys.of(consumer).ok_or(NotAsked::NoApiKey)?)
        .header(header::ACCEPT, "application/json");
    Ok(request.body(Bytes::new())?)
}

/// `5928_202301`: the service's code and edition.
pub(super) fn service(resource: &str) -> Option<(&str, u32)> {
    let (code, edition) = resource.split_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let edition = edition.parse().ok().filter(|_| is_number(edition))?;
    is_number(code).then_some((code, edition))
}

// No Debug: it holds the party's number and name.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Create<'a> {
    covered_by: &'a str,
    offered_by: &'a str,
    offered_by_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_delegator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_delegator_name: Option<&'a str>,
    valid_to: String,
    redirect_url: &'a str,
    request_resources: Vec<Resource<'a>>,
    portal_view_mode: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<'a> {
    service_code: &'a str,
    service_edition_code: u32,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

#[cfg(test)]
mod tests;
