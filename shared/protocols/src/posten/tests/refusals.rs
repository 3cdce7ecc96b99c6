//! Posten's refusals.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::refusal::{Code, Reason, read};
use super::*;

fn error(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
        <ns4:error xmlns=\"http://uri.etsi.org/01903/v1.3.2#\" xmlns:ns4=\"http://signering.posten.no/schema/v1\">\n  \
        <ns4:error-code>\n{code} </ns4:error-code><ns4:error-message>value '17897432161' is not valid</ns4:error-message>\
        <ns4:error-type>CLIENT</ns4:error-type></ns4:error>"
    )
}

fn headers(name: &'static str, value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_bytes(name.as_bytes()).expect("a name"),
        HeaderValue::from_static(value),
    );
    headers
}

fn reason(status: u16, body: &str) -> Reason {
    let status = StatusCode::from_u16(status).expect("a status");
    let refusal = read(status, &HeaderMap::new(), body.as_bytes());
    assert_eq!(refusal.status, status);
    assert!(!format!("{refusal:?}").contains(KARI), "{refusal:?}");
    refusal.reason
}

#[test]
fn codes() {
    for (status, text, code) in [
        (403, "NOT_AUTHORIZED", Code::NotAuthorised),
        (403, "BROKER_NOT_AUTHORIZED", Code::BrokerNotAuthorised),
        (400, "SCHEMA_VALIDATION_ERROR", Code::Message),
        (400, "ASICE_VALIDATION_FAILED", Code::Package),
        (404, "SIGNING_CEREMONY_NOT_COMPLETED", Code::NotCompleted),
        (403, "INVALID_STATUS_QUERY_TOKEN", Code::StatusToken),
        (422, "FEATURE_NOT_AVAILABLE", Code::Feature),
        (
            409,
            "SOMETHING_NEW_2",
            Code::Other("SOMETHING_NEW_2".to_owned()),
        ),
    ] {
        assert_eq!(code.to_string(), text);
        assert_eq!(reason(status, &error(text)), Reason::Code(code));
    }
}

#[test]
fn without_prefixes_and_with_more_than_is_known() {
    let body = "<error xmlns=\"http://signering.posten.no/schema/v1\"><new><error-code>X</error-code></new>\
        <error-code><![CDATA[NOT_]]>AUTHORI<!-- -->&#90;ED</error-code></error>";
    assert_eq!(reason(403, body), Reason::Code(Code::NotAuthorised));
}

#[test]
fn what_posten_did_not_say_itself() {
    let foreign =
        "<error xmlns=\"http://other.example\"><error-code>NOT_AUTHORIZED</error-code></error>";
    let doctype = format!(
        "<!DOCTYPE x [<!ENTITY e \"NOT_AUTHORIZED\">]>{}",
        error("&e;").replace(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
            ""
        )
    );
    let long = error(&"X".repeat(81));
    for body in [
        "",
        " ",
        "<html><body>Bad gateway</body></html>",
        "upstream connect error",
        foreign,
        &doctype,
        &long,
        &error(KARI.repeat(8).as_str()),
        &error("not a code"),
        &error(""),
        "<error xmlns=\"http://signering.posten.no/schema/v1\"/>",
    ] {
        assert_eq!(reason(502, body), Reason::Unsaid, "{body:.60}");
    }
}

#[test]
fn too_many_calls_of_two_kinds() {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let early = headers(
        "x-next-permitted-poll-time",
        "2026-11-20T14:05:09.211+01:00",
    );
    let next = datetime!(2026-11-20 14:05:09.211 +01:00);
    assert_eq!(
        read(status, &early, b"").reason,
        Reason::TooEarly { next: Some(next) }
    );
    assert_eq!(
        read(status, &HeaderMap::new(), error("X").as_bytes()).reason,
        Reason::TooEarly { next: None }
    );
    let filtered = headers("dosfilter", "delayed");
    assert_eq!(read(status, &filtered, b"").reason, Reason::Blocked);
    // The header alone means nothing.
    assert_eq!(
        read(StatusCode::BAD_GATEWAY, &filtered, b"").reason,
        Reason::Unsaid
    );
}

#[test]
fn when_to_ask_again() {
    let next = |text| poll::next(&headers("x-next-permitted-poll-time", text));
    let time = datetime!(2026-11-20 14:05 +01:00);
    for text in [
        "2026-11-20T14:05:00+01:00",
        "2026-11-20T14:05:00.000+01:00",
        " 2026-11-20T14:05:00.000000000+01:00 ",
        "2026-11-20T14:05+01:00",
        "2026-11-20T13:05:00Z",
        "2026-11-20T14:05:00+01:00[Europe/Oslo]",
    ] {
        assert_eq!(next(text), Some(time), "{text}");
    }
    // A time without an offset is ambiguous.
    for text in ["", "soon", "2026-11-20T14:05:00", "1763640300"] {
        assert_eq!(next(text), None, "{text}");
    }
    assert_eq!(poll::next(&HeaderMap::new()), None);
}
