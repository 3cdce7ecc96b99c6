//! Altinn 2: requests for consent by its REST interface or by a link, a code for each consent, and a token of its own
//! (*samtykkebevis*) that lives for half a minute.
//!
//! After Altinn's documentation of the time ("Be om samtykke", "Forespørsler", "Hente token", "Virksomhet"). At the interface the
//! enterprise is authenticated by Maskinporten's token, which must be meant for Altinn, or by its certificate, which
//! Altinn looks at where the address says so; and by its API key.
//!
//! Altinn chooses the code, so a request that is sent again makes another one. That does no harm: nobody is
//! sent to the page of a request whose answer we have not seen, and the portal does not list it.

mod answer;
mod api_key;
mod link;
mod local_time;
mod proof;
mod refusal;
mod settings;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

pub(super) use answer::{created, found, is_code};
pub(super) use link::{kept, opened};
pub(super) use proof::{token, verify};
pub(crate) use settings::{Former, Start};

use super::{Asked, NotAsked, Refusal, Withdrawal};
use crate::config::Origin;
use crate::party::Party;
use crate::platform::{Request, Response};

const REQUESTS: &str = "/api/consentRequests";
const TOKENS: &str = "/api/authorization/token";

/// Answers have the address of the page in this form alone.
const HAL: &str = "application/hal+json";
const JSON: &str = "application/json";
const API_KEY: &str = "ApiKey";

/// The scopes of tokens that may withdraw a request, and give up a consent.
const WITHDRAW_SCOPE: &str = super::CREATE_SCOPE;
const GIVE_UP_SCOPE: &str = "altinn:consenttokens.write";

/// Without it Altinn does not ask for the certificate ("Virksomhet").
const FORCED: &str = "?ForceEIAuthentication";

pub(super) fn create(origin: &Origin, former: &Former, asked: &Asked) -> Result<Request, NotAsked> {
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
    let request = as_enterprise(Method::POST, origin, former, asked, REQUESTS)?
        .header(header::ACCEPT, HAL)
        .header(header::CONTENT_TYPE, HAL);
    Ok(request.body(Bytes::from(body))?)
}

pub(super) fn lookup(
    origin: &Origin,
    former: &Former,
    asked: &Asked,
    handle: &str,
) -> Result<Request, NotAsked> {
    let path = format!("{REQUESTS}/{handle}");
    let request = as_enterprise(Method::GET, origin, former, asked, &path)?;
    Ok(request.header(header::ACCEPT, HAL).body(Bytes::new())?)
}

/// Asks for a consent token. The API key alone is enough, if it is the consumer's ("Leverandør").
pub(super) fn fetch(
    origin: &Origin,
    former: &Former,
    asked: &Asked,
    handle: &str,
) -> Result<Request, NotAsked> {
    let request = http::Request::get(origin.join(&format!("{TOKENS}/{handle}")))
        .header(
            API_KEY,
            former.keys.of(&asked.to).ok_or(NotAsked::NoApiKey)?,
        )
        .header(header::ACCEPT, JSON);
    Ok(request.body(Bytes::new())?)
}

/// Gives up a consent that was given, or withdraws a request that was not answered. `None` where Altinn has neither.
pub(super) fn withdrawal(
    origin: &Origin,
    former: &Former,
    asked: &Asked,
    given: bool,
) -> Result<Option<Withdrawal>, NotAsked> {
    let (root, scope) = match (given, former.start) {
        (true, _) => (TOKENS, GIVE_UP_SCOPE),
        (false, Start::Token | Start::Certificate) => (REQUESTS, WITHDRAW_SCOPE),
        (false, Start::Link) => return Ok(None),
    };
    let Some(handle) = &asked.handle else {
        return Ok(None);
    };
    let path = format!("{root}/{handle}");
    let request = as_enterprise(Method::DELETE, origin, former, asked, &path)?
        .header(header::ACCEPT, JSON)
        .body(Bytes::new())?;
    Ok(Some(Withdrawal { request, scope }))
}

/// Whether the answer to a withdrawal is that it is done. 403 is that there is nothing to withdraw, or not for us.
pub(super) fn withdrawn(response: &Response) -> Result<bool, Refusal> {
    match response.status() {
        StatusCode::NO_CONTENT | StatusCode::OK => Ok(true),
        StatusCode::FORBIDDEN => Ok(false),
        _ => Err(refusal::refusal(response)),
    }
}

/// A call of the enterprise's, with its API key; a token, where one shows who it is, is still to be added.
fn as_enterprise(
    method: Method,
    origin: &Origin,
    former: &Former,
    asked: &Asked,
    path: &str,
) -> Result<http::request::Builder, NotAsked> {
    let forced = match former.start {
        Start::Certificate => FORCED,
        Start::Token | Start::Link => "",
    };
    let request = http::Request::builder()
        .method(method)
        .uri(origin.join(&format!("{path}{forced}")));
    Ok(request.header(
        API_KEY,
        former.keys.of(&asked.to).ok_or(NotAsked::NoApiKey)?,
    ))
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
