//! Maskinporten's refusals.

use std::fmt::Write as _;

use http::{StatusCode, header};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::meaning::{Class, Meaning, meaning};
use innsyn_core::log::Redacted;
use innsyn_core::platform::Response;
use innsyn_core::problem::Kind;
use innsyn_core::retry_after::retry_after;

/// Refusal by Maskinporten's token endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Problem type for this app's callers.
    pub kind: Kind,
    /// Class, by the remedy.
    pub class: Class,
    /// Remedy, for operators.
    pub remedy: Option<&'static str>,
    /// HTTP status of the answer.
    pub status: StatusCode,
    /// OAuth `error`, if present.
    pub error: Option<String>,
    /// Error description, without national identity numbers.
    pub description: Option<Redacted>,
    /// Maskinporten's error code, of the form `MP-nnn`.
    pub code: Option<String>,
    /// Address of the code's documentation.
    pub uri: Option<String>,
    /// Trace id by which Digdir finds the request.
    pub trace_id: Option<String>,
    /// Clock skew in seconds, this app's clock minus Maskinporten's, if it is relevant.
    pub drift: Option<i64>,
    /// Delay before the next attempt, in seconds.
    pub retry_after: Option<u64>,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_uri: Option<String>,
}

impl Refusal {
    pub(super) fn unreadable(status: StatusCode, reason: &str) -> Self {
        Self {
            kind: Kind::SourceUnreadable,
            class: Class::Unreadable,
            remedy: None,
            status,
            error: None,
            description: Some(Redacted::new(reason)),
            code: None,
            uri: None,
            trace_id: None,
            drift: None,
            retry_after: None,
        }
    }

    /// Parses an answer that is not a success.
    pub(super) fn read(answer: &Response, now: OffsetDateTime) -> Self {
        let status = answer.status();
        let body: Option<Body> = is_json(answer)
            .then(|| serde_json::from_slice(answer.body()).ok())
            .flatten();
        let retry_after = retry_after(answer).map(|time| time.as_secs());
        let Some(body) = body else {
            let kind = match status {
                StatusCode::TOO_MANY_REQUESTS => Kind::TooManyCalls,
                _ => Kind::SourceDown,
            };
            return Self {
                kind,
                class: Class::Transient,
                retry_after,
                ..Self::unreadable(status, "the answer is not one of Maskinporten's errors")
            };
        };
        let code = body
            .error_uri
            .as_deref()
            .and_then(code)
            .or_else(|| code(&body.error_description));
        let Meaning {
            kind,
            class,
            remedy,
        } = meaning(
            status,
            code.as_deref(),
            &body.error,
            &body.error_description,
        );
        let uri = body
            .error_uri
            .filter(|uri| uri.starts_with("https://") && uri.len() < 200);
        Self {
            kind,
            class,
            remedy: Some(remedy),
            status,
            trace_id: trace_id(&body.error_description),
            drift: (kind == Kind::ClockSkewed)
                .then(|| drift(answer, now))
                .flatten(),
            error: Some(
                body.error
                    .chars()
                    .filter(char::is_ascii_graphic)
                    .take(64)
                    .collect(),
            ),
            description: Some(Redacted::new(&body.error_description)),
            code,
            uri,
            retry_after,
        }
    }
}

impl Refusal {
    /// Returns the text for the caller: Maskinporten's description, the clock skew, and the remedy.
    pub fn advice(&self) -> Option<String> {
        let said = self.description.as_ref()?.as_str().trim_end_matches('.');
        let said = if said.is_empty() {
            "Maskinporten did not say why"
        } else {
            said
        };
        let mut advice = said.to_owned();
        if let Some(drift) = self.drift {
            let direction = if drift < 0 { "behind" } else { "ahead of" };
            let seconds = drift.unsigned_abs();
            let _infallible = write!(
                advice,
                ". This machine's clock is {seconds} s {direction} Maskinporten's"
            );
        }
        if let Some(remedy) = self.remedy {
            let _infallible = write!(advice, ". What to do: {remedy}");
        }
        advice.push('.');
        Some(advice)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "maskinporten answered {}", self.status.as_u16())?;
        if let Some(error) = &self.error {
            write!(f, " {error}")?;
        }
        if let Some(description) = &self.description {
            write!(f, ": {}", description.as_str())?;
        }
        if let Some(drift) = self.drift {
            write!(f, " (our clock minus theirs: {drift} s)")?;
        }
        Ok(())
    }
}

/// Extracts a code written `MP-nnn` or `MP_nnn`, in the first form.
pub(super) fn code(text: &str) -> Option<String> {
    text.match_indices("MP").find_map(|(index, _)| {
        let mut rest = text.get(index.saturating_add(2)..)?.chars();
        rest.next()
            .filter(|separator| matches!(separator, '-' | '_'))?;
        let digits: String = rest.by_ref().take(3).collect();
        let ends = rest.next().is_none_or(|next| !next.is_ascii_digit());
        let well_formed = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        (ends && well_formed).then(|| format!("MP-{digits}"))
    })
}

/// Extracts the trace id: `(trace_id: <32 hex>)` since 2024; `(correlation id: <uuid>)` before.
fn trace_id(text: &str) -> Option<String> {
    let (_, rest) = text
        .rsplit_once("trace_id:")
        .or_else(|| text.rsplit_once("correlation id:"))?;
    let id: String = rest
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_hexdigit() || *c == '-')
        .take(36)
        .collect();
    (id.len() >= 16).then_some(id)
}

/// Returns the clock skew in seconds, this app's clock minus the server's, from the `Date` of an
/// answer (RFC 9110 §6.6.1).
pub fn drift(answer: &Response, now: OffsetDateTime) -> Option<i64> {
    let date = answer.headers().get(header::DATE)?.to_str().ok()?;
    let theirs = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    let (ours, theirs) = (now.unix_timestamp(), theirs.unix_timestamp());
    Some(ours.saturating_sub(theirs))
}

pub(super) fn is_json(answer: &Response) -> bool {
    let value = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
