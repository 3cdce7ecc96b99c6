//! Tests of responses to pages in a browser (CORS).

use super::*;

const PAGE: (&str, &str) = ("origin", "https://app.example");

#[test]
fn pages_on_the_list_may_call() {
    let page = [("origin", "https://app.example")];
    let (answer, _) = ask("GET", "/thing", &page, "");
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(answer.headers()["vary"], "origin");
    let (answer, platform) = ask("GET", "/fail", &page, "");
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://app.example",
        "a page may read problems"
    );
    assert_eq!(platform.events()[0]["outcome"], "internal");
    let (answer, _) = ask(
        "OPTIONS",
        "/thing",
        &[page[0], ("access-control-request-method", "POST")],
        "",
    );
    assert_eq!(
        answer.headers()["access-control-allow-methods"],
        "GET, POST, HEAD, OPTIONS"
    );
    assert_eq!(
        answer.headers()["access-control-allow-headers"],
        "authorization, content-type, idempotency-key, innsyn-party, traceparent, tracestate"
    );
    assert!(
        answer
            .headers()
            .get("access-control-allow-credentials")
            .is_none()
    );
}

#[test]
fn other_pages_may_not() {
    for origin in [
        "https://app.example.evil.example",
        "http://app.example",
        "https://app.example/",
        "null",
        "",
    ] {
        for method in ["GET", "OPTIONS"] {
            let (answer, _) = ask(method, "/thing", &[("origin", origin)], "");
            assert_eq!(slug(&answer), "origin-not-allowed", "{origin}");
            assert!(
                answer
                    .headers()
                    .get("access-control-allow-origin")
                    .is_none()
            );
        }
    }
    assert_eq!(
        ask("GET", "/return", &[("origin", "null")], "").0.status(),
        200,
        "a link was followed"
    );
}

/// A page cannot tell a response without these headers from a network failure.
#[test]
fn a_page_can_read_every_answer() {
    let json = ("content-type", "application/json");
    let large = "\"x\"".repeat(40 * 1024);
    for (method, target, slug_of, headers, body) in [
        ("GET", "/", "route-unknown", &[][..], ""),
        ("GET", "/nothing", "route-unknown", &[], ""),
        ("POST", "/places/a%41", "route-unknown", &[], ""),
        ("OPTIONS", "/nothing", "route-unknown", &[], ""),
        ("PUT", "/thing", "method-not-allowed", &[], ""),
        ("GET", "/thing?a=1&a=2", "request-invalid", &[], ""),
        ("GET", "/fail", "internal", &[], ""),
        ("GET", "/hang", "internal", &[], ""),
        ("POST", "/ignore", "login-required", &[], ""),
        ("POST", "/thing", "media-type-unsupported", &[], "1"),
        ("POST", "/thing", "request-invalid", &[json], "{"),
        ("POST", "/thing", "body-too-large", &[json], large.as_str()),
    ] {
        let headers = [&[PAGE][..], headers].concat();
        let (answer, _) = ask(method, target, &headers, body.to_owned());
        assert_eq!(slug(&answer), slug_of, "{method} {target}");
        let headers = answer.headers();
        assert_eq!(headers["access-control-allow-origin"], PAGE.1, "{target}");
        let exposed = &headers["access-control-expose-headers"];
        assert_eq!(exposed, "correlation-id, retry-after", "{target}");
        assert_eq!(headers["vary"], "origin", "{target}");
    }
}

#[test]
fn a_page_learns_that_there_is_nothing() {
    let preflight = [PAGE, ("access-control-request-method", "DELETE")];
    let (answer, _) = ask("OPTIONS", "/nothing", &preflight, "");
    assert_eq!(answer.status(), 200);
    let headers = answer.headers();
    assert_eq!(headers["access-control-allow-origin"], PAGE.1);
    let methods = &headers["access-control-allow-methods"];
    assert_eq!(methods, "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS");
    let allowed = headers["access-control-allow-headers"].to_str();
    assert!(allowed.expect("text").contains("authorization"));
    // Origins that may not call are never allowed.
    let other = [("origin", "https://evil.example"), preflight[1]];
    let (answer, _) = ask("OPTIONS", "/nothing", &other, "");
    assert_eq!(slug(&answer), "origin-not-allowed");
    let headers = answer.headers();
    assert!(!headers.contains_key("access-control-allow-origin"));
}
