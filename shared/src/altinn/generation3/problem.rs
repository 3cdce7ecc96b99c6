//! Reading Altinn's problems: of version 4 of its problem library and of version 6, which differ in
//! everything but `code`.

use http::StatusCode;
use serde::Deserialize;

use super::super::{Reason, Refusal};
use crate::outbound::retry_after;
use crate::platform::Response;

/// Several problems at once come as one, with status 500 though none of them is Altinn's fault.
const SEVERAL: &str = "STD-00001";
/// Wraps the errors of validation.
const VALIDATION: &str = "STD-00000";

pub(super) fn refusal(response: &Response) -> Refusal {
    // A gateway's answer, or a 401, has no such body.
    let body: Body = serde_json::from_slice(response.body()).unwrap_or_default();
    let codes = body.codes();
    let reason = reason(response, &body, &codes);
    Refusal {
        reason,
        status: response.status().as_u16(),
        trace_id: body
            .trace_id
            .filter(|id| (16..=64).contains(&id.len()) && id.bytes().all(is_trace_byte)),
        codes,
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

fn reason(response: &Response, body: &Body, codes: &[String]) -> Reason {
    let has = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(&code.as_str()));
    let several = body.is_several();
    match response.status() {
        StatusCode::UNAUTHORIZED => Reason::Token,
        StatusCode::TOO_MANY_REQUESTS => {
            Reason::TooManyCalls(retry_after(response).map(|time| time.as_secs()))
        }
        status if status.is_server_error() && !several => Reason::Down,
        _ if several
            && body
                .problems
                .iter()
                .any(|problem| problem.status.is_some_and(|status| status >= 500)) =>
        {
            Reason::Down
        }
        _ if has(&["AM-00003", "AM-00004"]) => Reason::PartyUnknown,
        _ if has(&["AM-00001"]) => Reason::Unknown,
        status if status.is_success() => Reason::Unreadable("an unexpected status"),
        _ => Reason::Final,
    }
}

/// `AM-00006`, `AM.VLD-00027`, `STD-00001`.
fn is_code(text: &str) -> bool {
    text.split_once('-').is_some_and(|(name, number)| {
        (2..=12).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'.')
            && (1..=5).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_trace_byte(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b'-'
}

/// No Debug and no other member: they hold parties' numbers.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    code: Option<String>,
    status: Option<u16>,
    trace_id: Option<String>,
    problems: Vec<Body>,
    validation_errors: Vec<ValidationError>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ValidationError {
    code: Option<String>,
}

impl Body {
    fn is_several(&self) -> bool {
        self.code.as_deref() == Some(SEVERAL) && !self.problems.is_empty()
    }

    /// The codes that say what is wrong: wrappers only where they wrap nothing.
    fn codes(&self) -> Vec<String> {
        let inner = self.problems.iter().flat_map(Self::codes);
        let errors = self
            .validation_errors
            .iter()
            .filter_map(|error| error.code.clone());
        let mut codes: Vec<String> = inner.chain(errors).filter(|code| is_code(code)).collect();
        let own = self.code.clone().filter(|code| is_code(code));
        if codes.is_empty() || !matches!(own.as_deref(), Some(SEVERAL | VALIDATION)) {
            codes.splice(0..0, own);
        }
        codes
    }
}
