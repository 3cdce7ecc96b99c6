//! Answers of a source.
//!
//! The failure's own code decides, not the status: Skatteetaten's general page and its pages per
//! API disagree about 401 and 403, and only the codes have the same meaning everywhere. The meaning
//! of a number differs between APIs, so it is configured. An API that has one code for everything,
//! such as Folkeregisteret, is configured by statuses.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::api::{Api, RetryAfter};
use super::members::Members;
use super::reason::Reason;
use innsyn_core::platform::Response;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::retry_after::{retry_after, retry_after_milliseconds};

/// Returns the data of one window, unchanged.
///
/// A 200 with `skjermet` is no data: the content is withheld. It must never look like "owes
/// nothing", so it is a refusal with its own reason.
///
/// # Errors
/// [`Refusal`] with its [`Reason`] if the answer holds no data.
pub fn read(api: &Api, response: &Response) -> Result<Bytes, Refusal> {
    if response.status() == StatusCode::OK {
        let reason = match serde_json::from_slice(response.body()) {
            Ok(members) => match without_data(api, &members) {
                Some(reason) => reason,
                None => return Ok(response.body().clone()),
            },
            Err(_) => Reason::Unreadable,
        };
        return Err(Refusal::new(reason, response, None));
    }
    // A failure without the documented form has no code, so only its status can be used.
    let failure: Option<Failure> = serde_json::from_slice(response.body()).ok();
    let code = failure.as_ref().and_then(|failure| failure.kode.as_deref());
    let throttled = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let reason = code
        .filter(|_| !throttled)
        .and_then(|code| by_code(api, code, response.status()))
        .unwrap_or_else(|| by_status(api, response));
    Err(Refusal::new(reason, response, failure))
}

/// Returns the reason why an answer with the status 200 holds no data. Members other than these two
/// are passed through.
fn without_data(api: &Api, members: &Members<'_>) -> Option<Reason> {
    match members.get("skjermet") {
        Some("true") => return Some(Reason::Shielded),
        None | Some("false" | "null") => {}
        Some(_) => return Some(Reason::Unreadable),
    }
    members
        .get(&api.member)
        .is_none()
        .then_some(Reason::Unreadable)
}

/// Refusal by a source. It holds no text of the source, which may repeat a national identity
/// number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Kind of the refusal.
    pub reason: Reason,
    status: u16,
    code: Option<String>,
    correlation_id: Option<String>,
}

impl Refusal {
    fn new(reason: Reason, response: &Response, failure: Option<Failure>) -> Self {
        let header = response.headers().get("korrelasjonsid");
        let header = header
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let (code, correlation_id) = failure.map_or((None, None), |failure| {
            (failure.kode, failure.korrelasjonsid)
        });
        Self {
            reason,
            status: response.status().as_u16(),
            code: code.filter(|code| is_code(code)),
            correlation_id: correlation_id.or(header).filter(|id| is_correlation_id(id)),
        }
    }
}

impl Refusal {
    /// Returns whether the source itself failed in a way that a retry may cure. Failures of
    /// gateways are excluded: the sender already retries those.
    pub fn may_pass(&self) -> bool {
        self.reason == Reason::Down && self.status == StatusCode::INTERNAL_SERVER_ERROR
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.reason {
            Reason::Shielded => Kind::Shielded,
            Reason::NothingFound => Kind::NothingFound,
            Reason::PartyUnknown => Kind::PartyUnknown,
            Reason::Input => Kind::RequestInvalid,
            Reason::Consent => Kind::ConsentRequired,
            Reason::TooManyCalls(_) => Kind::TooManyCalls,
            Reason::Down => Kind::SourceDown,
            Reason::Token | Reason::Configuration => Kind::SourceRefused,
            Reason::Unreadable => Kind::SourceUnreadable,
        };
        let mut problem = Self::new(kind).cause(format!("the source answered {}", refusal.status));
        if let Reason::TooManyCalls(seconds) = refusal.reason {
            problem.retry_after = seconds;
        }
        problem.source_code = refusal.code;
        problem.source_correlation_id = refusal.correlation_id;
        problem
    }
}

/// Returns the meaning of a code: the configured one, or one that Skatteetaten's APIs share
/// ("Feilhåndtering"), or that of the accompanying status.
fn by_code(api: &Api, code: &str, status: StatusCode) -> Option<Reason> {
    let configured = |key: &str| api.refusals.get(key).copied();
    configured(code)
        .or(match code {
            "DAS-001" | "DAS-003" | "DAS-004" | "DAS-005" | "DAS-006" | "DAS-007" => {
                Some(Reason::Down)
            }
            "DAS-002" | "DAS-008" => Some(Reason::Configuration),
            _ => None,
        })
        .or_else(|| configured(status.as_str()))
}

/// Returns the reason for an answer without a known code: a gateway's, or one with a future code.
fn by_status(api: &Api, response: &Response) -> Reason {
    match response.status() {
        StatusCode::UNAUTHORIZED => Reason::Token,
        StatusCode::TOO_MANY_REQUESTS => {
            let delay = match api.retry_after {
                RetryAfter::Seconds => retry_after(response),
                RetryAfter::Milliseconds => retry_after_milliseconds(response),
            };
            Reason::TooManyCalls(delay.map(|delay| delay.as_secs()))
        }
        status if status.is_server_error() => Reason::Down,
        status if status.is_success() => Reason::Unreadable,
        _ => Reason::Configuration,
    }
}

/// Returns whether a text has the form of a code, such as `KB-007`. Nothing else of the body is
/// kept.
fn is_code(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(name, number)| {
        (2..=40).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'-')
            && (1..=5).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Returns whether a text is a UUID, the documented form.
fn is_correlation_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// *Feil*: the documented form of a failure.
#[derive(Deserialize)]
struct Failure {
    kode: Option<String>,
    korrelasjonsid: Option<String>,
}

#[cfg(test)]
mod tests;
