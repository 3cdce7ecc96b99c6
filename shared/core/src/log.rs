//! Structured log: one JSON line per event on standard error.
//!
//! A field is a number, a name fixed at compile time, a random id, a keyed hash, or a [`Redacted`],
//! which redacts national identity numbers and credentials. Never logged: parties, tokens, keys,
//! states, bodies, queries.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::audit::Audit;
use crate::identifier::CorrelationId;
use crate::problem::{Kind, Problem};
use crate::trace::{CallerTrace, Span};

/// Severity of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Normal operation.
    Info,
    /// Fault of another system, or one that recovers by itself.
    Warn,
    /// Fault that an operator has to investigate.
    Error,
}

/// Log event. [`Event::new`] creates one; the other fields are set where they are known.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Severity.
    pub level: Level,
    /// Name of the event, such as `request` or `outbound`.
    pub event: &'static str,
    /// Outcome, such as `ok` or the slug of a problem.
    pub outcome: &'static str,
    /// Pattern of the route, never the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'static str>,
    /// External service of an outgoing call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<&'static str>,
    /// HTTP method: see [`method`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Duration of the operation, in milliseconds on the line.
    #[serde(
        rename = "duration_ms",
        skip_serializing_if = "Option::is_none",
        serialize_with = "milliseconds"
    )]
    pub duration: Option<Duration>,
    /// Number of the attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Number of counted items, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Internal cause of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Redacted>,
    /// Recommended remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Redacted>,
    /// Error code of the external service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_code: Option<Redacted>,
    /// Correlation or trace id of the external service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_correlation_id: Option<Redacted>,
    /// Trace id of the caller, hashed, if its trace is not continued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_trace: Option<CallerTrace>,
    /// Pseudonyms of caller and parties, on an audit line.
    #[serde(flatten)]
    pub audit: Option<Audit>,
}

impl Event {
    /// Creates an event with only its name and outcome.
    pub const fn new(level: Level, event: &'static str, outcome: &'static str) -> Self {
        Self {
            level,
            event,
            outcome,
            route: None,
            counterparty: None,
            method: None,
            status: None,
            duration: None,
            attempt: None,
            count: None,
            cause: None,
            advice: None,
            source_code: None,
            source_correlation_id: None,
            caller_trace: None,
            audit: None,
        }
    }

    /// Creates the event for an operation that ended in `problem`.
    pub fn from_problem(event: &'static str, problem: &Problem) -> Self {
        let level = match problem.kind {
            Kind::Internal | Kind::ConfigurationMissing | Kind::StoreDown | Kind::SourceRefused => {
                Level::Error
            }
            kind if kind.status().is_server_error() => Level::Warn,
            _ => Level::Info,
        };
        Self {
            cause: problem.cause.as_ref().map(Redacted::new),
            advice: problem.advice.as_ref().map(Redacted::new),
            source_code: problem.source_code.as_ref().map(Redacted::new),
            source_correlation_id: problem.source_correlation_id.as_ref().map(Redacted::new),
            ..Self::new(level, event, problem.kind.slug())
        }
    }

    /// Returns the audit line that belongs to `request`, the event of the same request.
    #[must_use]
    pub fn audit(request: &Self, audit: Audit) -> Self {
        Self {
            route: request.route,
            method: request.method,
            status: request.status,
            audit: Some(audit),
            ..Self::new(Level::Info, "audit", request.outcome)
        }
    }

    /// Adds the internal cause.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(Redacted::new(cause));
        self
    }
}

/// Returns the name of a standard method, and `other` for any other, which a caller may invent.
pub fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Formats one line of the log, without the line break.
pub fn line(
    now: OffsetDateTime,
    component: &str,
    correlation_id: &CorrelationId,
    span: &Span,
    event: &Event,
) -> String {
    let line = Line {
        time: now.format(&Rfc3339).unwrap_or_default(),
        component,
        correlation_id: correlation_id.as_str(),
        trace_id: span.trace(),
        span_id: span.id(),
        parent_id: span.parent(),
        event,
    };
    serde_json::to_string(&line).unwrap_or_default()
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    component: &'a str,
    correlation_id: &'a str,
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    #[serde(flatten)]
    event: &'a Event,
}

/// Redacted text for the log: short, on one line, and without anything that looks like a national
/// identity number or a credential ([`redaction`]).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Redacted(String);

impl Redacted {
    /// Maximum length, in characters.
    const LONGEST: usize = 500;

    /// Redacts `text` and then truncates it: a number cut in two would not be recognised.
    pub fn new(text: impl fmt::Display) -> Self {
        let clean = redaction::redacted(&text.to_string());
        let characters = clean.chars().take(Self::LONGEST);
        Self(
            characters
                .map(|character| {
                    if character.is_control() {
                        ' '
                    } else {
                        character
                    }
                })
                .collect(),
        )
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[expect(clippy::ref_option, reason = "the form that serde calls")]
fn milliseconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let milliseconds =
        duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    milliseconds.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;
    use crate::platform::memory::Memory;

    #[test]
    fn a_line_is_one_json_object() {
        let platform = Memory::new();
        let mut event =
            Event::from_problem("request", &Problem::new(Kind::SourceDown).cause("no\nluck"));
        event.route = Some("/claims/krav");
        event.duration = Some(Duration::from_millis(12));
        let line = line(
            platform.now(),
            "claims",
            &CorrelationId::random(&platform),
            &Span::root(&platform),
            &event,
        );
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(value["level"], "warn");
        assert_eq!(value["event"], "request");
        assert_eq!(value["outcome"], "source-down");
        assert_eq!(value["route"], "/claims/krav");
        assert_eq!(value["duration_ms"], 12);
        assert_eq!(value["cause"], "no luck");
        assert_eq!(value["time"], "2026-01-01T12:00:00Z");
        assert!(value.get("status").is_none());
    }

    #[test]
    fn numbers_and_tokens_are_taken_out() {
        for (text, clean) in [
            ("from 02829090123 to 310000205", "from … to 310000205"),
            (
                "urn:altinn:person:identifier-no:02829090123",
                "urn:altinn:person:identifier-no:…",
            ),
            ("Bearer eyJhbGciOi.eyJpc3Mi.c2ln", "Bearer …"),
            (
                "MP-121 (6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b)",
                "MP-121 (6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b)",
            ),
        ] {
            assert_eq!(Redacted::new(text).as_str(), clean);
        }
    }

    #[test]
    fn what_is_cut_off_was_looked_at_before() {
        for secret in ["02829090123", "028290 90123", "hvs.CAESIJlongerThanThis"] {
            for shown in 1..secret.len() {
                let filler = "x "
                    .repeat(Redacted::LONGEST)
                    .split_off(2 * Redacted::LONGEST - Redacted::LONGEST + shown);
                let text = format!("{filler}{secret} and more");
                let clean = Redacted::new(&text);
                assert!(clean.as_str().chars().count() <= Redacted::LONGEST);
                assert!(
                    !clean.as_str().contains(&secret[..4]),
                    "{shown}: {}",
                    clean.as_str()
                );
            }
        }
        assert_eq!(Redacted::new("a\nb\u{7}c").as_str(), "a b c");
    }
}
