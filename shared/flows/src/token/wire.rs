//! Encoding of tokens and refusals between components: OAuth 2.0 (RFC 6749 §5).

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::cache::Token;
use crate::events::EndingCertificate;
use innsyn_core::log::Redacted;
use innsyn_core::platform::Response;
use innsyn_core::problem::{Audience, Kind, Problem};
use innsyn_core::secret::Secret;

/// Token in a response.
#[derive(Deserialize, Serialize)]
pub(super) struct TokenBody<'a> {
    pub(super) access_token: Cow<'a, str>,
    pub(super) token_type: Cow<'a, str>,
    pub(super) expires_in: u64,
    pub(super) scope: Cow<'a, str>,
}

impl TokenBody<'_> {
    /// Returns the token component's response: `expires_in` is the remaining lifetime.
    pub(super) fn answer(token: &Token, now: OffsetDateTime) -> Response {
        let body = TokenBody {
            access_token: token.value.expose().into(),
            token_type: "Bearer".into(),
            expires_in: token.left(now),
            scope: token.scope.as_str().into(),
        };
        json(StatusCode::OK, &body)
    }

    pub(super) fn secret(&self) -> Secret<String> {
        Secret::new(self.access_token.clone().into_owned())
    }
}

/// Result of a sweep in a response.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SweepBody {
    /// Number of rows removed.
    pub removed: usize,
    /// Certificates that end soon, for the events about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<EndingCertificate>,
}

/// Refusal in a response: OAuth's members, and the app's own for its components.
#[derive(Deserialize, Serialize)]
struct ErrorBody<'a> {
    error: Cow<'a, str>,
    error_description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_uri: Option<Cow<'a, str>>,
    /// Slug of the problem.
    problem: Cow<'a, str>,
    /// Maskinporten's own code, such as `MP-200`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace_id: Option<Cow<'a, str>>,
}

/// OAuth error: the reason why no token was issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct OAuthError {
    /// `error` of OAuth, such as `invalid_scope`.
    pub(super) error: Cow<'static, str>,
    /// HTTP status.
    pub(super) status: StatusCode,
    /// Address of the error's documentation.
    pub(super) uri: Option<String>,
    /// Failure itself.
    pub(super) problem: Box<Problem>,
}

impl OAuthError {
    /// Creates a refusal of the token component's own.
    pub(super) fn new(error: &'static str, status: StatusCode, problem: Problem) -> Self {
        Self {
            error: Cow::Borrowed(error),
            status,
            uri: None,
            problem: Box::new(problem),
        }
    }

    /// Returns the token component's response, with the problem attached for the log.
    pub(super) fn answer(self) -> Response {
        let problem = &self.problem;
        let body = ErrorBody {
            error: printable(&self.error).into(),
            error_description: printable(
                problem
                    .text_for(Audience::BackEnd)
                    .unwrap_or(problem.kind.title()),
            )
            .into(),
            error_uri: self.uri.as_deref().filter(|uri| is_uri(uri)).map(Cow::from),
            problem: problem.kind.slug().into(),
            code: problem.source_code.as_deref().map(Cow::from),
            trace_id: problem.source_correlation_id.as_deref().map(Cow::from),
        };
        let mut answer = json(self.status, &body);
        let headers = answer.headers_mut();
        if let Some(seconds) = problem.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer.extensions_mut().insert(*self.problem);
        answer
    }
}

impl From<Problem> for OAuthError {
    fn from(problem: Problem) -> Self {
        let status = problem.kind.status();
        let error = match problem.kind {
            Kind::LoginRequired | Kind::LoginExpired => "invalid_client",
            Kind::SourceDown | Kind::SourceSlow | Kind::TooManyCalls => "temporarily_unavailable",
            _ if status.is_client_error() => "invalid_request",
            _ => "server_error",
        };
        Self::new(error, status, problem)
    }
}

/// Transliterates `text` to the characters of `error` and `error_description`: printable ASCII
/// without quotation mark and backslash (RFC 6749 §5.2). The app's and Maskinporten's texts have
/// others, which are replaced by the nearest ones.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    // Compatibility form (NFKC), so that `å` is one letter, and `…` and the like are ASCII.
    for character in ComposingNormalizerBorrowed::new_nfkc()
        .normalize(text)
        .chars()
    {
        match character {
            '"' | '‘'..='‟' | '«' | '»' | '′' | '″' => printable.push('\''),
            '\\' => printable.push('/'),
            ' '..='~' => printable.push(character),
            'æ' => printable.push_str("ae"),
            'ø' => printable.push('o'),
            'å' => printable.push('a'),
            'Æ' => printable.push_str("Ae"),
            'Ø' => printable.push('O'),
            'Å' => printable.push('A'),
            '‐'..='―' | '−' => printable.push('-'),
            '§' => printable.push_str("section "),
            _ if character.is_whitespace() || character.is_control() => printable.push(' '),
            _ => printable.push('?'),
        }
    }
    printable
}

/// Returns whether `text` has only the characters of `error_uri` (RFC 6749 §5.2).
fn is_uri(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

/// Converts a refusal of the token component to a problem of the calling component.
pub(super) fn read_refusal(answer: &Response) -> Problem {
    let body: Option<ErrorBody<'_>> = serde_json::from_slice(answer.body()).ok();
    let kind = body
        .as_ref()
        .and_then(|body| Kind::from_slug(&body.problem));
    let (Some(body), Some(kind)) = (body, kind) else {
        return innsyn_runtime::outbound::unexpected(super::COMPONENT, answer);
    };
    // A refusal of the calling component's own request is the app's fault, not its caller's.
    let status = kind.status();
    let passed_on =
        status.is_server_error() || matches!(kind, Kind::ConsentRequired | Kind::TooManyCalls);
    let kind = if passed_on { kind } else { Kind::Internal };
    let mut problem = Problem::new(kind).cause(format_args!(
        "{}: {} ({})",
        super::COMPONENT,
        body.error,
        Redacted::new(&body.error_description).as_str()
    ));
    problem.source_code = body.code.map(Cow::into_owned);
    problem.source_correlation_id = body.trace_id.map(Cow::into_owned);
    problem.retry_after = innsyn_core::retry_after::retry_after(answer).map(|time| time.as_secs());
    problem
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut answer = Response::new(Bytes::from(serde_json::to_vec(body).unwrap_or_default()));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_characters_of_the_standard() {
        for (text, written) in [
            ("plain, 1 ~!#[]^", "plain, 1 ~!#[]^"),
            ("\"a\\b\"", "'a/b'"),
            ("Tøv på «æ» – ÆØÅ…", "Tov pa 'ae' - AeOA..."),
            // The decomposed form of å is the same letter.
            ("pa\u{30a}", "pa"),
            ("a\r\nb\tc\u{a0}d\u{7f}\0", "a  b c d  "),
            ("日本", "??"),
        ] {
            assert_eq!(printable(text), written);
        }
        for character in (0..0x3000).filter_map(char::from_u32) {
            let written = printable(&character.to_string());
            let is_allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(written.bytes().all(is_allowed), "{character:?}");
        }
        assert!(is_uri("https://docs.digdir.no/a?b=c#d"));
        for text in ["a b", "a\"b", "a\\b", "å", "a\nb"] {
            assert!(!is_uri(text), "{text}");
        }
    }

    #[test]
    fn every_kind_of_refusal_is_in_the_form_of_oauth() {
        for kind in Kind::ALL {
            let problem = Problem::new(*kind).detail("\"å\"").advice("\"å\\\n\"");
            let answer = OAuthError::from(problem).answer();
            assert_eq!(answer.status(), kind.status());
            let body: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
            let description = body["error_description"].as_str().expect("text");
            assert!(description.is_ascii() && !description.contains(['"', '\\', '\n']));
            assert_eq!(body["problem"], kind.slug());
            assert!(
                body["error"]
                    .as_str()
                    .is_some_and(|error| !error.is_empty())
            );
        }
    }
}
