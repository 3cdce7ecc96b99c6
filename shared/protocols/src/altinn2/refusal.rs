//! Parser of Altinn 2's refusals: a reason phrase, which does not reach the app, or a list of
//! errors.

use http::StatusCode;
use serde::Deserialize;

use crate::altinn::{Reason, Refusal};
use innsyn_core::platform::Response;
use innsyn_core::retry_after::retry_after;

/// Code for a name that is not the party's. No other code has been observed.
const NAME: &str = "40332";

/// Parses a refusal. 403 is permanent: Altinn does not say whether the key, the scope or the
/// request is at fault, nor whether a request is unknown or belongs to another consumer.
pub(super) fn refusal(response: &Response) -> Refusal {
    // The answer of a gateway, or one with only a reason phrase, has no such body.
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

/// Error of Altinn. The text is left out, since it may contain a name.
#[derive(Deserialize)]
struct Error {
    // The API's own description and its general error model differ.
    #[serde(rename = "ErrorCode", alias = "errorCode")]
    code: Option<String>,
}
