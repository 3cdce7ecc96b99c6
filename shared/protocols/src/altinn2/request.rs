//! Requests to the API of Altinn 2.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::config::{Altinn2Config, Start};
use super::refusal;
use crate::altinn::{CREATE_SCOPE, ConsentRequest, Creation, Refusal, RequestError, Withdrawal};
use innsyn_core::origin::Origin;
use innsyn_core::party::{OrganisationNumber, Party};
use innsyn_core::platform::{Request, Response};

const REQUESTS: &str = "/api/consentRequests";
const TOKENS: &str = "/api/authorization/token";

/// Media type of answers; only this form has the address of the page.
const HAL: &str = "application/hal+json";
const JSON: &str = "application/json";
const API_KEY: &str = "ApiKey";

/// OAuth scopes for withdrawing a request and for giving up a consent.
const WITHDRAW_SCOPE: &str = CREATE_SCOPE;
const GIVE_UP_SCOPE: &str = "altinn:consenttokens.write";

/// Query that makes Altinn request the client certificate ("Virksomhet").
const FORCED: &str = "?ForceEIAuthentication";

/// Builds the request that creates a consent.
///
/// # Errors
/// [`RequestError`] if the request cannot be built.
pub fn create(
    origin: &Origin,
    config: &Altinn2Config,
    requested: &ConsentRequest<'_>,
    creation: Creation<'_>,
) -> Result<Request, RequestError> {
    let name = creation.party_name.ok_or(RequestError::NoName)?;
    let subject = requested.subject;
    let (code, edition) = service(&subject.right.resource).ok_or(RequestError::NoService)?;
    let delegator = subject.required_delegator();
    let body = Create {
        covered_by: subject.consumer.as_str(),
        offered_by: subject.party.expose(),
        offered_by_name: name.expose(),
        required_delegator: delegator.map(Party::expose),
        required_delegator_name: delegator.map(|_| name.expose().as_str()),
        // The offset is written, since Altinn reads a time without one as Norwegian local time.
        valid_to: requested.valid_to.format(&Rfc3339).unwrap_or_default(),
        redirect_url: creation.redirect_address.expose(),
        request_resources: [Resource {
            service_code: code,
            service_edition_code: edition,
            metadata: &subject.right.metadata,
        }],
        portal_view_mode: "Hide",
    };
    // Serialising maps of strings cannot fail.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let request = as_enterprise(Method::POST, origin, config, subject.consumer, REQUESTS)?
        .header(header::ACCEPT, HAL)
        .header(header::CONTENT_TYPE, HAL);
    Ok(request.body(Bytes::from(body))?)
}

/// Builds the request that looks up the consent with this code.
///
/// # Errors
/// [`RequestError`] if the request cannot be built.
pub fn lookup(
    origin: &Origin,
    config: &Altinn2Config,
    consumer: &OrganisationNumber,
    handle: &str,
) -> Result<Request, RequestError> {
    let path = format!("{REQUESTS}/{handle}");
    let request = as_enterprise(Method::GET, origin, config, consumer, &path)?;
    Ok(request.header(header::ACCEPT, HAL).body(Bytes::new())?)
}

/// Builds the request for a consent token. The consumer's own API key suffices ("Leverandør").
///
/// # Errors
/// [`RequestError`] if the request cannot be built.
pub fn fetch(
    origin: &Origin,
    config: &Altinn2Config,
    consumer: &OrganisationNumber,
    handle: &str,
) -> Result<Request, RequestError> {
    let key = config
        .keys
        .header_value(consumer)
        .ok_or(RequestError::NoApiKey)?;
    let request = http::Request::get(origin.join(&format!("{TOKENS}/{handle}")))
        .header(API_KEY, key)
        .header(header::ACCEPT, JSON);
    Ok(request.body(Bytes::new())?)
}

/// Builds the request that gives up a given consent, or withdraws an unanswered request. `None` if
/// there is nothing to withdraw: the consent has no handle, or is an unanswered link.
///
/// # Errors
/// [`RequestError`] if the request cannot be built.
pub fn withdrawal(
    origin: &Origin,
    config: &Altinn2Config,
    requested: &ConsentRequest<'_>,
    given: bool,
) -> Result<Option<Withdrawal>, RequestError> {
    let (root, scope) = match (given, config.start) {
        (true, _) => (TOKENS, GIVE_UP_SCOPE),
        (false, Start::Token | Start::Certificate) => (REQUESTS, WITHDRAW_SCOPE),
        (false, Start::Link) => return Ok(None),
    };
    let Some(handle) = requested.handle else {
        return Ok(None);
    };
    let path = format!("{root}/{handle}");
    let request = as_enterprise(
        Method::DELETE,
        origin,
        config,
        requested.subject.consumer,
        &path,
    )?
    .header(header::ACCEPT, JSON)
    .body(Bytes::new())?;
    Ok(Some(Withdrawal { request, scope }))
}

/// Parses the answer to a withdrawal. `false` stands for status 403: there is nothing to withdraw,
/// or not by this consumer.
///
/// # Errors
/// [`Refusal`] for any other answer.
pub fn withdrawn(response: &Response) -> Result<bool, Refusal> {
    match response.status() {
        StatusCode::NO_CONTENT | StatusCode::OK => Ok(true),
        StatusCode::FORBIDDEN => Ok(false),
        _ => Err(refusal::refusal(response)),
    }
}

/// Begins a request of the enterprise, with its API key. The caller adds the Maskinporten token
/// where one is needed.
fn as_enterprise(
    method: Method,
    origin: &Origin,
    config: &Altinn2Config,
    consumer: &OrganisationNumber,
    path: &str,
) -> Result<http::request::Builder, RequestError> {
    let forced = match config.start {
        Start::Certificate => FORCED,
        Start::Token | Start::Link => "",
    };
    let request = http::Request::builder()
        .method(method)
        .uri(origin.join(&format!("{path}{forced}")));
    Ok(request.header(
        API_KEY,
        config
            .keys
            .header_value(consumer)
            .ok_or(RequestError::NoApiKey)?,
    ))
}

/// Parses a service such as `5928_202301` into its code and edition.
pub fn service(resource: &str) -> Option<(&str, u32)> {
    let (code, edition) = resource.split_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let edition = edition.parse().ok().filter(|_| is_number(edition))?;
    is_number(code).then_some((code, edition))
}

// `Debug` is not derived: the type holds the party's national identity number and name.
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
    request_resources: [Resource<'a>; 1],
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
