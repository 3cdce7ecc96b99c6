//! What the source answered.
//!
//! The failure's own code decides, not the status: Skatteetaten's general page and its pages per
//! API disagree about 401 and 403, and only the codes mean the same everywhere.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::outbound::retry_after;
use crate::platform::Response;
use crate::problem::{Kind, Problem};

/// The data of one window, as sent.
///
/// A 200 with `skjermet` is no data: the content is withheld, which must never look like "owes
/// nothing", so that it is a refusal with a reason of its own.
pub fn read(response: &Response) -> Result<Bytes, Refusal> {
    if response.status() == StatusCode::OK {
        let reason = match serde_json::from_slice(response.body()) {
            Ok(Envelope {
                skjermet: Some(true),
                ..
            }) => Reason::Shielded,
            Ok(Envelope { .. }) => return Ok(response.body().clone()),
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
        .and_then(by_code)
        .unwrap_or_else(|| by_status(response));
    Err(Refusal::new(reason, response, failure))
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

/// What kind of refusal it is, by who has to act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// `skjermet`: the content is withheld.
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
    TooManyCalls(Option<u64>),
    /// KB-001, KB-002, DAS-003 and other failures of the source, which may pass.
    Down,
    /// KB-003, KB-008, DAS-002, DAS-008, a bare 404: we are set up wrongly.
    Configuration,
    /// Not an answer as documented.
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
        let mut problem =
            Self::new(kind).cause(format!("Skatteetaten answered {}", refusal.status));
        if let Reason::TooManyCalls(seconds) = refusal.reason {
            problem.retry_after = seconds;
        }
        problem.source_code = refusal.code;
        problem.source_correlation_id = refusal.correlation_id;
        problem
    }
}

fn by_code(code: &str) -> Option<Reason> {
    Some(match code {
        "KB-001" | "KB-002" | "DAS-001" | "DAS-003" | "DAS-004" | "DAS-005" | "DAS-006"
        | "DAS-007" => Reason::Down,
        "KB-003" | "KB-008" | "DAS-002" | "DAS-008" => Reason::Configuration,
        "KB-004" => Reason::Token,
        "KB-005" => Reason::Consent,
        "KB-006" => Reason::Input,
        "KB-007" => Reason::NothingFound,
        "KB-009" => Reason::PartyUnknown,
        _ => return None,
    })
}

/// For answers without a code that we know: gateways, and codes to come.
fn by_status(response: &Response) -> Reason {
    match response.status() {
        StatusCode::UNAUTHORIZED => Reason::Token,
        StatusCode::TOO_MANY_REQUESTS => {
            Reason::TooManyCalls(retry_after(response).map(|time| time.as_secs()))
        }
        status if status.is_server_error() => Reason::Down,
        status if status.is_success() => Reason::Unreadable,
        _ => Reason::Configuration,
    }
}

/// `KB-007` and the like; nothing else of the body goes further.
fn is_code(text: &str) -> bool {
    text.split_once('-').is_some_and(|(name, number)| {
        (2..=10).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_uppercase())
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

/// The two members that every answer must have been read for; all others pass through unseen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(rename = "partIdentifikator")]
    _part: IgnoredAny,
    skjermet: Option<bool>,
}

/// *Feil*: the documented form of a failure.
#[derive(Deserialize)]
struct Failure {
    kode: Option<String>,
    korrelasjonsid: Option<String>,
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    const ID: &str = "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55";

    fn answer(status: u16, body: &str) -> Response {
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        response
    }

    fn failure(status: u16, code: &str) -> Response {
        answer(
            status,
            &format!(
                r#"{{"kode":"{code}","melding":"02829090123","korrelasjonsid":"{ID}","nytt":1}}"#
            ),
        )
    }

    fn problem(response: &Response) -> Problem {
        read(response).expect_err("a refusal").into()
    }

    #[test]
    fn data_is_handed_on_as_sent() {
        let body = r#"{ "ukjent" : 0.10, "partIdentifikator":"313367002","skjermet":false }"#;
        assert_eq!(
            read(&answer(200, body)),
            Ok(Bytes::from_static(body.as_bytes()))
        );
        let without_lists = r#"{"partIdentifikator":"313367002"}"#;
        assert!(read(&answer(200, without_lists)).is_ok());
    }

    #[test]
    fn every_code_has_its_own_problem() {
        for (status, code, kind) in [
            (500, "KB-001", Kind::SourceDown),
            (500, "KB-002", Kind::SourceDown),
            (404, "KB-003", Kind::SourceRefused),
            (401, "KB-004", Kind::SourceRefused),
            (403, "KB-005", Kind::ConsentRequired),
            (400, "KB-006", Kind::RequestInvalid),
            (404, "KB-007", Kind::NothingFound),
            (406, "KB-008", Kind::SourceRefused),
            (404, "KB-009", Kind::PartyUnknown),
            (500, "DAS-001", Kind::SourceDown),
            (404, "DAS-002", Kind::SourceRefused),
            (500, "DAS-003", Kind::SourceDown),
            (500, "DAS-006", Kind::SourceDown),
            (403, "DAS-008", Kind::SourceRefused),
            // The code decides, whatever the status.
            (401, "KB-005", Kind::ConsentRequired),
        ] {
            let problem = problem(&failure(status, code));
            assert_eq!(problem.kind, kind, "{code}");
            assert_eq!(problem.source_code.as_deref(), Some(code));
            assert_eq!(problem.source_correlation_id.as_deref(), Some(ID));
            assert!(!format!("{problem:?}").contains("0282"));
        }
    }

    #[test]
    fn answers_without_a_known_code_go_by_their_status() {
        for (response, kind) in [
            (answer(404, "<html>Not found</html>"), Kind::SourceRefused),
            (answer(404, "Unknown instance. ID=17"), Kind::SourceRefused),
            (answer(404, "{}"), Kind::SourceRefused),
            (failure(404, "KB-099"), Kind::SourceRefused),
            (answer(403, ""), Kind::SourceRefused),
            (answer(302, ""), Kind::SourceRefused),
            (answer(204, ""), Kind::SourceUnreadable),
            (answer(502, "<html>"), Kind::SourceDown),
            (answer(503, ""), Kind::SourceDown),
            (failure(500, "KB-077"), Kind::SourceDown),
        ] {
            assert_eq!(problem(&response).kind, kind, "{response:?}");
        }
        assert_eq!(
            read(&answer(401, "")).expect_err("a refusal").reason,
            Reason::Token
        );
    }

    #[test]
    fn shielded_is_never_data() {
        for body in [
            r#"{"partIdentifikator":"313367002","skjermet":true}"#,
            r#"{"skjermet":true,"partIdentifikator":"313367002","krav":[]}"#,
        ] {
            assert_eq!(problem(&answer(200, body)).kind, Kind::Shielded);
        }
    }

    #[test]
    fn nonsense_is_unreadable() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "<html>",
            r#"{"partIdentifikator":"313367002","krav":[{"kravid"#,
            r#"{"partIdentifikator":"313367002","skjermet":false,"skjermet":true}"#,
            r#"{"partIdentifikator":"313367002","skjermet":"ja"}"#,
        ] {
            assert_eq!(
                problem(&answer(200, body)).kind,
                Kind::SourceUnreadable,
                "{body}"
            );
        }
    }

    #[test]
    fn too_many_calls_says_how_long_to_wait() {
        let mut response = answer(429, "slow down");
        assert_eq!(problem(&response).retry_after, None);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, "7".parse().expect("a value"));
        let problem = problem(&response);
        assert_eq!(
            (problem.kind, problem.retry_after),
            (Kind::TooManyCalls, Some(7))
        );
    }

    #[test]
    fn only_well_formed_codes_and_ids_go_further() {
        let mut response = answer(
            400,
            r#"{"kode":"02829090123","korrelasjonsid":"02829090123"}"#,
        );
        let hostile = problem(&response);
        assert_eq!(
            (hostile.source_code, hostile.source_correlation_id),
            (None, None)
        );
        *response.body_mut() = Bytes::from_static(b"{}");
        response
            .headers_mut()
            .insert("korrelasjonsid", ID.parse().expect("a value"));
        assert_eq!(
            problem(&response).source_correlation_id.as_deref(),
            Some(ID)
        );
    }
}
