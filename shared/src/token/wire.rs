//! How tokens and refusals are written between components: OAuth 2.0 (RFC 6749 §5).

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::kept::Token;
use crate::log::Text;
use crate::platform::Response;
use crate::problem::{Audience, Kind, Problem};
use crate::secret::Secret;

/// A token on its way.
#[derive(Deserialize, Serialize)]
pub(super) struct TokenBody<'a> {
    pub(super) access_token: Cow<'a, str>,
    pub(super) token_type: Cow<'a, str>,
    pub(super) expires_in: u64,
    pub(super) scope: Cow<'a, str>,
}

impl TokenBody<'_> {
    /// What the token component answers: `expires_in` is what is left.
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

/// A refusal on its way: OAuth's members, and ours for the components of the app.
#[derive(Deserialize, Serialize)]
struct ErrorBody<'a> {
    error: Cow<'a, str>,
    error_description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_uri: Option<Cow<'a, str>>,
    /// The slug of a problem.
    problem: Cow<'a, str>,
    /// Maskinporten's own code, such as `MP-200`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace_id: Option<Cow<'a, str>>,
}

/// Why no token was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct OAuthError {
    /// The `error` of OAuth, such as `invalid_scope`.
    pub(super) error: Cow<'static, str>,
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// Where the code is described.
    pub(super) uri: Option<String>,
    /// The failure itself.
    pub(super) problem: Box<Problem>,
}

impl OAuthError {
    /// A refusal of our own making.
    pub(super) fn new(error: &'static str, status: StatusCode, problem: Problem) -> Self {
        Self {
            error: Cow::Borrowed(error),
            status,
            uri: None,
            problem: Box::new(problem),
        }
    }

    /// What the token component answers. The problem goes along for the log.
    pub(super) fn answer(self) -> Response {
        let problem = &self.problem;
        let body = ErrorBody {
            error: self.error.as_ref().into(),
            error_description: problem
                .text_for(Audience::BackEnd)
                .unwrap_or(problem.kind.title())
                .into(),
            error_uri: self.uri.as_deref().map(Cow::from),
            problem: problem.kind.slug().into(),
            code: problem.source_code.as_deref().map(Cow::from),
            trace_id: problem.source_correlation_id.as_deref().map(Cow::from),
        };
        let mut answer = json(self.status, &body);
        let headers = answer.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
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

/// What a component makes of a refusal of the token component.
pub(super) fn read_refusal(answer: &Response) -> Problem {
    let body: Option<ErrorBody<'_>> = serde_json::from_slice(answer.body()).ok();
    let kind = body
        .as_ref()
        .and_then(|body| Kind::from_slug(&body.problem));
    let (Some(body), Some(kind)) = (body, kind) else {
        return crate::outbound::unexpected(super::COMPONENT, answer);
    };
    // What the token component holds against the calling component is our fault, not our caller's.
    let status = kind.status();
    let passed_on =
        status.is_server_error() || matches!(kind, Kind::ConsentRequired | Kind::TooManyCalls);
    let kind = if passed_on { kind } else { Kind::Internal };
    let mut problem = Problem::new(kind).cause(format_args!(
        "{}: {} ({})",
        super::COMPONENT,
        body.error,
        Text::new(&body.error_description).as_str()
    ));
    problem.source_code = body.code.map(Cow::into_owned);
    problem.source_correlation_id = body.trace_id.map(Cow::into_owned);
    problem.retry_after = crate::outbound::retry_after(answer).map(|time| time.as_secs());
    problem
}

pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut answer = Response::new(Bytes::from(serde_json::to_vec(body).unwrap_or_default()));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}
