//! OAuth errors of the token component: a client of OAuth can read each, including those before a
//! handler gets the request.

use journeys::{Answer, TestBed, TestOptions};
use reqwest::{Method, RequestBuilder};
use sandbox::population::FJORDBANKEN;

const FORM: &str = "application/x-www-form-urlencoded";

async fn sent(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("an answer")).await
}

/// Checks the form of a refusal (RFC 6749 §5.2): the `error`, and the characters that texts may
/// have.
fn is_oauths(answer: &Answer, status: u16, error: &str) {
    let body = answer.json(status);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("correlation-id").is_empty());
    assert_eq!(body["error"], error, "{body}");
    let description = body["error_description"].as_str().expect("text");
    let is_allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(description.bytes().all(is_allowed), "{description}");
    assert!(!description.is_empty());
    assert!(body["problem"].is_string(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_one() {
    let bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let http = reqwest::Client::new();
    let request = |method: Method, path: &str| {
        let request = http.request(method, format!("{}{path}", bed.inside));
        request.header("content-type", FORM)
    };
    let trusted = |body: &str| {
        let credential = bed.back_end_credential(FJORDBANKEN, body);
        let request = request(Method::POST, "/token").bearer_auth(credential);
        request.body(body.to_owned())
    };

    for (answer, challenge) in [
        (request(Method::POST, "/token"), "Bearer"),
        (request(Method::POST, "/token/sweep"), "Bearer"),
        (
            request(Method::POST, "/token").bearer_auth("a.b.c"),
            r#"Bearer error="invalid_token""#,
        ),
        (
            request(Method::POST, "/token/sweep").bearer_auth("x"),
            r#"Bearer error="invalid_token""#,
        ),
    ] {
        let answer = sent(answer.body("scope=a")).await;
        is_oauths(&answer, 401, "invalid_client");
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    let large = format!("scope={}", "a".repeat(65 * 1024));
    for (request, status) in [
        (request(Method::GET, "/token"), 405),
        (request(Method::DELETE, "/token/sweep"), 405),
        (request(Method::POST, "/token/other"), 404),
        (request(Method::POST, "/token?a=b"), 400),
        (
            request(Method::POST, "/token").header("origin", "https://bank.example"),
            403,
        ),
        (trusted("scope=a&scope=b"), 400),
        (trusted("other=\"\u{e5}\\"), 400),
        (trusted(&large), 413),
    ] {
        is_oauths(&sent(request).await, status, "invalid_request");
    }
    let mut text = trusted("").build().expect("a request");
    let plain = reqwest::header::HeaderValue::from_static("text/plain");
    text.headers_mut().insert("content-type", plain);
    let answer = Answer::read(http.execute(text).await.expect("an answer")).await;
    is_oauths(&answer, 415, "invalid_request");
    // Maskinporten's own text has quotation marks and more.
    let unknown = trusted("scope=skatteetaten%3Aunknown");
    let refused = sent(unknown).await;
    let error = refused.json(refused.status)["error"].clone();
    is_oauths(&refused, refused.status, error.as_str().expect("text"));
    bed.log_is_clean(&[]);
}
