//! Posten's refusals.

use std::fmt;

use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::{poll, read};

/// Header of the filter in front of Posten (known from its .NET client).
const FILTER: &str = "DoSFilter";

/// Refusal by Posten. Its message is dropped, since it repeats values of the request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// Meaning of the refusal.
    pub reason: Reason,
}

/// Meaning of a refusal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    /// Error code of Posten's application.
    Code(Code),
    /// 429: the queue was polled too early.
    TooEarly {
        /// Time from which it may be polled.
        next: Option<OffsetDateTime>,
    },
    /// 429 of the filter in front: more than ten calls in a second for one organisation. Posten
    /// blocks the organisation for 30 seconds.
    Blocked,
    /// Not an answer of Posten's application: no body, or not its XML.
    Unsaid,
}

/// `error-code` of Posten. The full list is not published; these are known from its documentation
/// and clients.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Code {
    /// `NOT_AUTHORIZED`: the certificate is valid, but its organisation has no access.
    NotAuthorised,
    /// `BROKER_NOT_AUTHORIZED`: the certificate's organisation may not act for the sender.
    BrokerNotAuthorised,
    /// `SCHEMA_VALIDATION_ERROR`: the request violates its schema.
    Message,
    /// `ASICE_VALIDATION_FAILED`: the package is invalid.
    Package,
    /// `SIGNING_CEREMONY_NOT_COMPLETED`: the status was requested before the signer was done.
    NotCompleted,
    /// `INVALID_STATUS_QUERY_TOKEN`: the token is outdated or does not match the job.
    StatusToken,
    /// `FEATURE_NOT_AVAILABLE`: the organisation does not have the requested feature.
    Feature,
    /// Unknown code: capital letters, digits and underscores, at most 80.
    Other(String),
}

/// Parses an answer that is not a success.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let reason = if status == StatusCode::TOO_MANY_REQUESTS {
        if headers.contains_key(FILTER) {
            Reason::Blocked
        } else {
            Reason::TooEarly {
                next: poll::next(headers),
            }
        }
    } else {
        code(body).map_or(Reason::Unsaid, Reason::Code)
    };
    Refusal { status, reason }
}

fn code(body: &[u8]) -> Option<Code> {
    let error = read::message(body, &["error"]).ok()?;
    let code = error.child("error-code")?.text();
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let is_code = (1..=80).contains(&code.len()) && code.bytes().all(allowed);
    is_code.then(|| Code::from_text(code))
}

impl Code {
    const KNOWN: [(&str, Self); 7] = [
        ("NOT_AUTHORIZED", Self::NotAuthorised),
        ("BROKER_NOT_AUTHORIZED", Self::BrokerNotAuthorised),
        ("SCHEMA_VALIDATION_ERROR", Self::Message),
        ("ASICE_VALIDATION_FAILED", Self::Package),
        ("SIGNING_CEREMONY_NOT_COMPLETED", Self::NotCompleted),
        ("INVALID_STATUS_QUERY_TOKEN", Self::StatusToken),
        ("FEATURE_NOT_AVAILABLE", Self::Feature),
    ];

    /// Returns the code as Posten writes it.
    pub fn as_str(&self) -> &str {
        if let Self::Other(code) = self {
            return code;
        }
        let mut known = Self::KNOWN.iter();
        known
            .find(|(_, known)| known == self)
            .map_or("", |(code, _)| code)
    }

    fn from_text(text: &str) -> Self {
        let mut known = Self::KNOWN.into_iter();
        known
            .find(|(code, _)| *code == text)
            .map_or_else(|| Self::Other(text.to_owned()), |(_, known)| known)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
