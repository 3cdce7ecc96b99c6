//! Maskinporten's error catalogue.

use bytes::Bytes;
use http::HeaderValue;
use time::macros::datetime;

use crate::maskinporten::refusal::code;
use crate::maskinporten::*;
use http::{StatusCode, header};
use innsyn_core::platform::Response;
use innsyn_core::problem::Kind;

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
    assert_eq!(
        (refusal.class, refusal.kind),
        (Class::Key, Kind::KeyExpired)
    );
    assert_eq!(refusal.drift, None);
}

/// Code, HTTP status, `error`, text, and the expected meaning.
type Row = (
    Option<&'static str>,
    u16,
    &'static str,
    &'static str,
    Kind,
    Class,
);

/// Digdir's catalogue, with the texts as the service writes them.
const CATALOGUE: &[Row] = &[
    (
        Some("MP-011"),
        400,
        "invalid_request",
        "Invalid assertion. Invalid parameter value",
        Kind::GrantMalformed,
        Class::Programming,
    ),
    (
        Some("MP-012"),
        400,
        "invalid_grant",
        "Grant is used before",
        Kind::GrantReused,
        Class::Stale,
    ),
    (
        Some("MP-100"),
        400,
        "invalid_grant",
        "Invalid assertion. Client authentication failed. Client not found",
        Kind::ClientUnknown,
        Class::Client,
    ),
    (
        Some("MP-110"),
        400,
        "invalid_grant",
        "Invalid assertion. Client authentication failed. Invalid JWT claim aud",
        Kind::AudienceRefused,
        Class::Client,
    ),
    (
        Some("MP-120"),
        400,
        "invalid_grant",
        "The JWT is signed with an invalid certificate.",
        Kind::CertificateRefused,
        Class::Key,
    ),
    (
        Some("MP-121"),
        400,
        "invalid_grant",
        "Client authentication failed. Expired key",
        Kind::KeyExpired,
        Class::Key,
    ),
    (
        Some("MP-122"),
        400,
        "invalid_grant",
        "Invalid organization number for client. Does not match certificate orgno",
        Kind::CertificateNotTheClients,
        Class::Key,
    ),
    (
        Some("MP-123"),
        400,
        "invalid_grant",
        "Invalid JWT header x5c",
        Kind::CertificateChainRefused,
        Class::Key,
    ),
    (
        Some("MP-124"),
        400,
        "invalid_grant",
        "Invalid JWT signature",
        Kind::SignatureRefused,
        Class::Key,
    ),
    (
        Some("MP-130"),
        400,
        "invalid_grant",
        "JWT is expired",
        Kind::ClockSkewed,
        Class::Stale,
    ),
    (
        Some("MP-200"),
        400,
        "invalid_scope",
        "Token request contains invalid scopes for client, a:b",
        Kind::ScopeNotOnClient,
        Class::Authorization,
    ),
    (
        Some("MP-201"),
        400,
        "invalid_scope",
        "Token request contains scopes not allowed for maskinporten",
        Kind::ScopeNotAllowed,
        Class::Authorization,
    ),
    (
        Some("MP-250"),
        403,
        "forbidden",
        "Consumer has not been granted access to the scope a:b.",
        Kind::ScopeNotGranted,
        Class::Authorization,
    ),
    (
        Some("MP-251"),
        403,
        "forbidden",
        "Consumer 313367002 has not delegated access to the scope a:b to supplier 310000205.",
        Kind::ScopeNotDelegated,
        Class::Authorization,
    ),
    (
        Some("MP-301"),
        400,
        "invalid_request",
        "Unknown authorization details type",
        Kind::DetailsTypeUnknown,
        Class::Programming,
    ),
    (
        Some("MP-302"),
        400,
        "invalid_request",
        "Unknown fields in authorization details",
        Kind::DetailsFieldUnknown,
        Class::Programming,
    ),
    (
        Some("MP-303"),
        400,
        "invalid_altinn_customer_configuration",
        "Invalid authorization details values",
        Kind::SystemUserRefused,
        Class::Authorization,
    ),
    (
        None,
        400,
        "invalid_grant",
        "Unknown key identifier (kid) for client.",
        Kind::KeyUnknown,
        Class::Key,
    ),
    (
        None,
        400,
        "invalid_grant",
        "The client requires pre-registered jwk and no key identifier (kid) provided",
        Kind::KeyRequired,
        Class::Key,
    ),
    (
        None,
        400,
        "invalid_grant",
        "Issue time is after now",
        Kind::ClockSkewed,
        Class::Stale,
    ),
    (
        None,
        400,
        "invalid_request",
        "Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid",
        Kind::ConsumerOrgRefused,
        Class::Programming,
    ),
    (
        None,
        400,
        "invalid_target",
        "",
        Kind::ResourceRefused,
        Class::Programming,
    ),
];

#[test]
fn each_refusal_is_a_problem_of_its_own() {
    for (code, status, error, text, kind, class) in CATALOGUE.iter().copied() {
        let address = code.map(|code| format!("https://maskinporten.no/errors/{code}"));
        let known = refusal(status, error, "Something else", address.as_deref());
        if code.is_some() {
            assert_eq!(
                (known.kind, known.class),
                (kind, class),
                "by its code: {text}"
            );
        }
        // Answers from before 2024 have no code.
        let known = refusal(status, error, text, None);
        assert_eq!(
            (known.kind, known.class),
            (kind, class),
            "by its text: {text}"
        );
        let advice = known.advice().expect("what to do");
        assert!(advice.contains("What to do: "), "{advice}");
    }
}

#[test]
fn what_may_pass_and_what_is_unknown() {
    for (status, error, description, kind, class) in [
        (
            503,
            "temporarily_unavailable",
            "",
            Kind::SourceDown,
            Class::Transient,
        ),
        (
            500,
            "server_error",
            "MP-200",
            Kind::SourceDown,
            Class::Transient,
        ),
        (
            429,
            "slow_down",
            "MP-200",
            Kind::TooManyCalls,
            Class::Transient,
        ),
        (
            400,
            "invalid_request",
            "MP-399",
            Kind::SourceRefused,
            Class::Programming,
        ),
        (400, "invalid_grant", "", Kind::SourceRefused, Class::Client),
        (
            403,
            "forbidden",
            "",
            Kind::SourceRefused,
            Class::Authorization,
        ),
        (
            400,
            "invalid_grant",
            "MP_130",
            Kind::ClockSkewed,
            Class::Stale,
        ),
    ] {
        let known = refusal(status, error, description, None);
        assert_eq!(
            (known.kind, known.class),
            (kind, class),
            "{error} {description}"
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
    let advice = refusal.advice().expect("what to do");
    assert!(
        advice.contains("This machine's clock is 14 s ahead of Maskinporten's"),
        "{advice}"
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
