//! Parser of Altinn's problem documents. Versions 4 and 6 of its problem library differ in
//! everything but `code`.

use http::StatusCode;
use serde::Deserialize;

use super::refusal::{Reason, Refusal};
use innsyn_core::platform::Response;
use innsyn_core::retry_after::retry_after;

/// Code of a problem that wraps several others; its status is 500 although none of them is Altinn's
/// fault.
const SEVERAL: &str = "STD-00001";
/// Code of a problem that wraps validation errors.
const VALIDATION: &str = "STD-00000";

pub(super) fn refusal(response: &Response) -> Refusal {
    // The answer of a gateway, or a 401, has no such body.
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

/// Returns whether a text has the form of a code: `AM-00006`, `AM.VLD-00027`, `STD-00001`.
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

/// Problem document. `Debug` and the other members are left out: they hold the parties' national
/// identity numbers.
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

    /// Returns the codes of the actual errors; the code of a wrapper only if it wraps nothing.
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
