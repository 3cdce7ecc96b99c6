//! Reading Altinn 2's refusals: a reason phrase that nobody hands on, or a list of errors.

use http::StatusCode;
use serde::Deserialize;

use super::super::{Reason, Refusal};
use crate::outbound::retry_after;
use crate::platform::Response;

/// The name is not the party's. The only code that has been seen.
const NAME: &str = "40332";

/// 403 says neither whether it is the key, the scope or the request, so it is final: a request that Altinn
/// does not have cannot be told from one that we may not see.
pub(super) fn refusal(response: &Response) -> Refusal {
    // A gateway's answer, or a reason phrase, has no such body.
    let errors: Vec<Error> = serde_json::from_slice(response.body()).unwrap_or_default();
    let codes: Vec<String> = errors
        .into_iter()
        .filter_map(|error| error.code)
        .filter(|code| is_code(code))
        .collect();
    let reason = match response.status() {
        StatusCode::UNAUTHORIZED => Reason::Token,
        StatusCode::TOO_MANY_REQUESTS => {
            Reason::TooManyCalls(retry_after(response).map(|time| time.as_secs()))
        }
        status if status.is_server_error() => Reason::Down,
        status if status.is_success() => Reason::Unreadable("an unexpected status"),
        _ if codes.iter().any(|code| code == NAME) => Reason::PartyUnknown,
        _ => Reason::Final,
    };
    Refusal {
        reason,
        status: response.status().as_u16(),
        codes,
        trace_id: None,
    }
}

pub(super) fn unreadable(response: &Response, what: &'static str) -> Refusal {
    Refusal {
        reason: Reason::Unreadable(what),
        status: response.status().as_u16(),
        codes: Vec::new(),
        trace_id: None,
    }
}

fn is_code(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// No other member: the text may hold a name.
#[derive(Deserialize)]
struct Error {
    // The interface's description and its general error model differ.
    #[serde(rename = "ErrorCode", alias = "errorCode")]
    code: Option<String>,
}
