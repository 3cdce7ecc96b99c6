//! Why Maskinporten gave no token, sorted by what can be done about it (Digdir, "Feilsøking i Maskinporten").

use http::{StatusCode, header};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::answer::is_json;
use crate::log::Text;
use crate::outbound::retry_after;
use crate::platform::Response;

/// What can be done about a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// It may pass: try again later.
    Transient,
    /// The grant was used, or is out of its time: a new one may do, once.
    Stale,
    /// The client, its key or its certificate: someone has to look at it.
    Credential,
    /// The right is missing: the caller's, the organisation's or the party's.
    Authorization,
    /// We wrote something that we should not have.
    Programming,
    /// Neither a token nor a refusal.
    Unreadable,
}

/// Why Maskinporten gave no token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// What can be done about it.
    pub class: Class,
    /// The status of the answer.
    pub status: StatusCode,
    /// OAuth's `error`, if there was one.
    pub error: Option<String>,
    /// What it said, without numbers of persons.
    pub description: Option<Text>,
    /// `MP-nnn`.
    pub code: Option<String>,
    /// Where the code is described.
    pub uri: Option<String>,
    /// By which Digdir finds the request again.
    pub trace_id: Option<String>,
    /// Our clock minus Maskinporten's, in seconds, where it matters.
    pub drift: Option<i64>,
    /// When to ask again, in seconds.
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
            class: Class::Unreadable,
            status,
            error: None,
            description: Some(Text::new(reason)),
            code: None,
            uri: None,
            trace_id: None,
            drift: None,
            retry_after: None,
        }
    }

    /// Reads an answer that is not a success.
    pub(super) fn read(answer: &Response, now: OffsetDateTime) -> Self {
        let status = answer.status();
        let body: Option<Body> = is_json(answer)
            .then(|| serde_json::from_slice(answer.body()).ok())
            .flatten();
        let retry_after = retry_after(answer).map(|time| time.as_secs());
        let Some(body) = body else {
            return Self {
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
        let class = class(status, code.as_deref(), &body);
        let uri = body
            .error_uri
            .filter(|uri| uri.starts_with("https://") && uri.len() < 200);
        Self {
            class,
            status,
            trace_id: trace_id(&body.error_description),
            drift: (class == Class::Stale)
                .then(|| drift(answer, now))
                .flatten(),
            error: Some(
                body.error
                    .chars()
                    .filter(char::is_ascii_graphic)
                    .take(64)
                    .collect(),
            ),
            description: Some(Text::new(&body.error_description)),
            code,
            uri,
            retry_after,
        }
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

/// By code where there is one; the prose decides nothing but the three refusals that have no code.
fn class(status: StatusCode, code: Option<&str>, body: &Body) -> Class {
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Class::Transient;
    }
    match code {
        Some("MP-012" | "MP-130") => Class::Stale,
        Some("MP-100" | "MP-110" | "MP-120" | "MP-121" | "MP-122" | "MP-123" | "MP-124") => {
            Class::Credential
        }
        Some("MP-200" | "MP-201" | "MP-250" | "MP-251" | "MP-303") => Class::Authorization,
        Some(_) => Class::Programming,
        None if body.error_description.contains("Issue time is after now") => Class::Stale,
        None => match body.error.as_str() {
            "invalid_grant" | "invalid_client" | "unauthorized_client" => Class::Credential,
            "invalid_scope" | "forbidden" | "access_denied" => Class::Authorization,
            "temporarily_unavailable" | "server_error" => Class::Transient,
            _ => Class::Programming,
        },
    }
}

/// `MP-nnn` or `MP_nnn`, written the first way.
fn code(text: &str) -> Option<String> {
    text.match_indices("MP").find_map(|(index, _)| {
        let mut rest = text.get(index + 2..)?.chars();
        rest.next()
            .filter(|separator| matches!(separator, '-' | '_'))?;
        let digits: String = rest.by_ref().take(3).collect();
        let ends = rest.next().is_none_or(|next| !next.is_ascii_digit());
        let well_formed = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        (ends && well_formed).then(|| format!("MP-{digits}"))
    })
}

/// `(trace_id: <32 hex>)` since 2024; `(correlation id: <uuid>)` before.
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

fn drift(answer: &Response, now: OffsetDateTime) -> Option<i64> {
    let date = answer.headers().get(header::DATE)?.to_str().ok()?;
    let theirs = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    Some((now - theirs).whole_seconds())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;

    fn refusal(status: u16, error: &str, description: &str, uri: Option<&str>) -> Refusal {
        let mut body = serde_json::json!({"error": error, "error_description": description});
        if let Some(uri) = uri {
            body["error_uri"] = uri.into();
        }
        let mut answer = Response::new(Bytes::from(body.to_string()));
        *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            header::DATE,
            HeaderValue::from_static("Thu, 01 Jan 2026 11:59:46 GMT"),
        );
        Refusal::read(&answer, datetime!(2026-01-01 12:00 UTC))
    }

    #[test]
    fn the_code_comes_from_the_address_first() {
        let refusal = refusal(
            400,
            "invalid_grant",
            "Invalid assertion. Expired key. See MP-999 (trace_id: 6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b)",
            Some("https://maskinporten.no/errors/MP-121"),
        );
        assert_eq!(refusal.code.as_deref(), Some("MP-121"));
        assert_eq!(
            refusal.trace_id.as_deref(),
            Some("6f1c0e8d3b5a4f7e9a2d1c0b3e4f5a6b")
        );
        assert_eq!(refusal.class, Class::Credential);
        assert_eq!(refusal.drift, None);
    }

    #[test]
    fn each_refusal_has_its_class() {
        for (status, error, description, class) in [
            (
                400,
                "invalid_grant",
                "MP-012 Grant is used before",
                Class::Stale,
            ),
            (400, "invalid_grant", "MP_130 JWT is expired", Class::Stale),
            (
                400,
                "invalid_grant",
                "Issue time is after now",
                Class::Stale,
            ),
            (
                400,
                "invalid_grant",
                "MP-124 Invalid JWT signature",
                Class::Credential,
            ),
            (
                400,
                "invalid_grant",
                "Unknown key identifier (kid) for client.",
                Class::Credential,
            ),
            (400, "invalid_scope", "MP-200", Class::Authorization),
            (
                403,
                "forbidden",
                "Consumer has not been granted access to the scope a:b.",
                Class::Authorization,
            ),
            (400, "invalid_request", "MP-011", Class::Programming),
            (400, "invalid_target", "", Class::Programming),
            (503, "temporarily_unavailable", "", Class::Transient),
            (429, "slow_down", "MP-200", Class::Transient),
        ] {
            assert_eq!(
                refusal(status, error, description, None).class,
                class,
                "{description}"
            );
        }
    }

    #[test]
    fn a_clock_that_is_off_is_told() {
        let refusal = refusal(400, "invalid_grant", "Issue time is after now", None);
        assert_eq!(refusal.drift, Some(14));
        assert!(
            refusal.to_string().contains("our clock minus theirs: 14 s"),
            "{refusal}"
        );
    }

    #[test]
    fn only_three_digits_make_a_code() {
        for (text, expected) in [
            ("MP-302", Some("MP-302")),
            ("MP_302.", Some("MP-302")),
            ("MP-30", None),
            ("MP-3021", None),
            ("MP302", None),
            ("xMP MP-110", Some("MP-110")),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text}");
        }
    }
}
