//! The log: one JSON line per event on standard error.
//!
//! Every field is a number, a name fixed at compile time, a random id or a keyed hash, or [`Text`], which takes national
//! numbers and credentials out of what it is given. Never logged: parties, tokens, keys, states, bodies, queries.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::context::CorrelationId;
use crate::problem::{Kind, Problem};
use crate::trace::{CallerTrace, Span};

/// How serious an event is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Things as they should be.
    Info,
    /// Someone else's fault, or one that heals.
    Warn,
    /// Someone here has to look at it.
    Error,
}

/// What happened. Begin with [`Event::new`]; the other fields are added where they are known.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// How serious it is.
    pub level: Level,
    /// What kind of event it is, such as `request` or `outbound`.
    pub event: &'static str,
    /// How it ended, such as `ok` or the slug of a problem.
    pub outcome: &'static str,
    /// The pattern of the route, never the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'static str>,
    /// The other side of an outgoing call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<&'static str>,
    /// The HTTP method: see [`method`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took.
    #[serde(
        rename = "duration_ms",
        skip_serializing_if = "Option::is_none",
        serialize_with = "milliseconds"
    )]
    pub duration: Option<Duration>,
    /// Which attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How many, where something was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// What really happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Text>,
    /// Recommended remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Text>,
    /// The counterparty's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_code: Option<Text>,
    /// The counterparty's own correlation or trace id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_correlation_id: Option<Text>,
    /// The trace that the caller named, where it is not continued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_trace: Option<CallerTrace>,
}

impl Event {
    /// An event with nothing but its name and end.
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
        }
    }

    /// An event that ended in `problem`, with what the log shall say about it.
    pub fn of(event: &'static str, problem: &Problem) -> Self {
        let level = match problem.kind {
            Kind::Internal | Kind::ConfigurationMissing | Kind::StoreDown | Kind::SourceRefused => {
                Level::Error
            }
            kind if kind.status().is_server_error() => Level::Warn,
            _ => Level::Info,
        };
        Self {
            cause: problem.cause.as_ref().map(Text::new),
            advice: problem.advice.as_ref().map(Text::new),
            source_code: problem.source_code.as_ref().map(Text::new),
            source_correlation_id: problem.source_correlation_id.as_ref().map(Text::new),
            ..Self::new(level, event, problem.kind.slug())
        }
    }

    /// Adds what really happened.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(Text::new(cause));
        self
    }
}

/// The name of a standard method; anything else a caller may make up is `other`.
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

/// One line of the log, without the line break.
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

/// Text that may stand in the log: short, in one line, and without anything that looks like a national number or a
/// credential ([`redaction`]).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Text(String);

impl Text {
    /// The longest text, in characters.
    const LONGEST: usize = 500;

    /// Takes numbers and credentials out of `text`, and then cuts it: what is cut in two would not be recognised.
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

    /// The text itself.
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
        let mut event = Event::of("request", &Problem::new(Kind::SourceDown).cause("no\nluck"));
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
            assert_eq!(Text::new(text).as_str(), clean);
        }
    }

    #[test]
    fn what_is_cut_off_was_looked_at_before() {
        for secret in ["02829090123", "028290 90123", "hvs.CAESIJlongerThanThis"] {
            for shown in 1..secret.len() {
                let filler = "x "
                    .repeat(Text::LONGEST)
                    .split_off(2 * Text::LONGEST - Text::LONGEST + shown);
                let text = format!("{filler}{secret} and more");
                let clean = Text::new(&text);
                assert!(clean.as_str().chars().count() <= Text::LONGEST);
                assert!(
                    !clean.as_str().contains(&secret[..4]),
                    "{shown}: {}",
                    clean.as_str()
                );
            }
        }
        assert_eq!(Text::new("a\nb\u{7}c").as_str(), "a b c");
    }
}
