//! Why Posten did not do as it was asked.

use std::fmt;

use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::{poll, read};

/// The header of the filter in front of Posten (its .NET client knows it).
const FILTER: &str = "DoSFilter";

/// Posten's refusal. Its message is not kept: it repeats values of what was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// What it means.
    pub reason: Reason,
}

/// What a refusal means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    /// Posten said so itself.
    Code(Code),
    /// 429: the queue was asked too early.
    TooEarly {
        /// From when on it may be asked.
        next: Option<OffsetDateTime>,
    },
    /// 429 of the filter in front: more than ten calls in a second for one organisation. It is shut out for 30 seconds.
    Blocked,
    /// Nothing that Posten's application says: no body, or one that is not its XML.
    Unsaid,
}

/// Posten's `error-code`. Its list is not published; these are known from its documentation and clients.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Code {
    /// `NOT_AUTHORIZED`: the certificate is genuine, but its organisation has no access.
    NotAuthorised,
    /// `BROKER_NOT_AUTHORIZED`: the certificate's organisation may not act for the sender.
    BrokerNotAuthorised,
    /// `SCHEMA_VALIDATION_ERROR`: the request is not as its schema says.
    Message,
    /// `ASICE_VALIDATION_FAILED`: the package is not as it must be.
    Package,
    /// `SIGNING_CEREMONY_NOT_COMPLETED`: the status was asked for before the signer was done.
    NotCompleted,
    /// `INVALID_STATUS_QUERY_TOKEN`: the token is another's, or an old one.
    StatusToken,
    /// `FEATURE_NOT_AVAILABLE`: the organisation does not have what was asked for.
    Feature,
    /// Another one: capital letters, digits and low lines, at most 80.
    Other(String),
}

/// Reads an answer that is no success.
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
    is_code.then(|| Code::of(code))
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

    /// As Posten writes it.
    pub fn as_str(&self) -> &str {
        if let Self::Other(code) = self {
            return code;
        }
        let mut known = Self::KNOWN.iter();
        known
            .find(|(_, known)| known == self)
            .map_or("", |(code, _)| code)
    }

    fn of(text: &str) -> Self {
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
