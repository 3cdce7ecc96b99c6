//! What the source answered.
//!
//! The failure's own code decides, not the status: Skatteetaten's general page and its pages per
//! API disagree about 401 and 403, and only the codes mean the same everywhere. Which number means what differs from
//! API to API, so that it is configured; an API that has one code for everything, as Folkeregisteret, is
//! configured by statuses.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::api::{Api, RetryAfter};
use super::members::Members;
use crate::outbound::retry_after;
use crate::platform::Response;
use crate::problem::{Kind, Problem};

/// The data of one window, as sent.
///
/// A 200 with `skjermet` is no data: the content is withheld, which must never look like "owes
/// nothing", so that it is a refusal with a reason of its own.
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
    // A failure without the documented form has no code; its status is all there is to go by.
    let failure: Option<Failure> = serde_json::from_slice(response.body()).ok();
    let code = failure.as_ref().and_then(|failure| failure.kode.as_deref());
    let throttled = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let reason = code
        .filter(|_| !throttled)
        .and_then(|code| by_code(api, code, response.status()))
        .unwrap_or_else(|| by_status(api, response));
    Err(Refusal::new(reason, response, failure))
}

/// Why an answer with the status 200 holds no data. All members but two pass through unseen.
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

/// Why there is no data. It holds no text of the source's: that may repeat a number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub reason: Reason,
    status: u16,
    code: Option<String>,
    correlation_id: Option<String>,
}

/// What kind of refusal it is, by who has to act. Those that an API has codes for are configured by these names;
/// the examples are those of krav og betalinger.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// `skjermet`: the content is withheld.
    #[serde(skip_deserializing)]
    Shielded,
    /// KB-007: no claims or payments for this party and period.
    NothingFound,
    /// KB-009: no such party.
    PartyUnknown,
    /// KB-006: the input was not accepted.
    Input,
    /// KB-005: the consent in the token was not accepted.
    Consent,
    /// KB-004: the token was not accepted.
    Token,
    /// 429, with the seconds to wait where the source says.
    #[serde(skip_deserializing)]
    TooManyCalls(Option<u64>),
    /// KB-001, KB-002, DAS-003 and other failures of the source, which may pass.
    Down,
    /// KB-003, KB-008, DAS-002, DAS-008, a bare 404: we are set up wrongly.
    Configuration,
    /// Not an answer as documented.
    #[serde(skip_deserializing)]
    Unreadable,
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
    /// Whether the source itself failed in a way that may be gone at the next attempt. Gateways' failures are not
    /// among them: whoever sends repeats those.
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

/// What the API's own code means, or else one that all of Skatteetaten's APIs have in common ("Feilhåndtering"), or
/// the status that comes with a code.
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

/// For answers without a code that we know: gateways, and codes to come.
fn by_status(api: &Api, response: &Response) -> Reason {
    match response.status() {
        StatusCode::UNAUTHORIZED => Reason::Token,
        StatusCode::TOO_MANY_REQUESTS => {
            let number = retry_after(response).map(|time| time.as_secs());
            Reason::TooManyCalls(number.map(|number| match api.retry_after {
                RetryAfter::Seconds => number,
                RetryAfter::Milliseconds => number.div_ceil(1000),
            }))
        }
        status if status.is_server_error() => Reason::Down,
        status if status.is_success() => Reason::Unreadable,
        _ => Reason::Configuration,
    }
}

/// `KB-007` and the like; nothing else of the body goes further.
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

/// A UUID, as documented.
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
