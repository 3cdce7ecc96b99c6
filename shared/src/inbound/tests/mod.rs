mod bodies;
mod ways;

use std::pin::Pin;

use http_body_util::Full;

use super::*;
use crate::fixtures::Anyone;
use crate::platform::memory::Memory;
use crate::platform::{Response, SendError, Stream};

#[derive(Clone, Copy, Debug)]
enum Handler {
    Read,
    Write,
    Return,
    Fail,
    Hang,
    Place,
    Fixed,
    Ignore,
    Object,
    Take,
    Stream,
}

struct Test;

const LARGEST_UPLOAD: usize = 100 * 1024;

/// A body of so many pieces, whose length nobody knows.
struct Unhurried(usize);

impl http_body::Body for Unhurried {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, SendError>>> {
        let Some(left) = self.0.checked_sub(1) else {
            return std::task::Poll::Ready(None);
        };
        self.0 = left;
        let piece = http_body::Frame::data(Bytes::from_static(b"piece "));
        std::task::Poll::Ready(Some(Ok(piece)))
    }
}

const fn route(method: Method, path: &'static str, handler: Handler) -> Route<Handler> {
    Route {
        method,
        path,
        handler,
        query: Parameters::Only(&["a"]),
        navigated: false,
    }
}

impl Component<Memory> for Test {
    type Handler = Handler;
    const NAME: &'static str = "test";
    const ROUTES: &'static [Route<Handler>] = &[
        route(Method::GET, "/thing", Handler::Read),
        route(Method::POST, "/thing", Handler::Write),
        route(Method::GET, "/fail", Handler::Fail),
        route(Method::GET, "/hang", Handler::Hang),
        route(Method::GET, "/stream", Handler::Stream),
        route(Method::POST, "/ignore", Handler::Ignore),
        route(Method::POST, "/object", Handler::Object),
        route(Method::POST, "/places/fixed", Handler::Fixed),
        route(Method::GET, "/places/{id}", Handler::Place),
        Route {
            method: Method::POST,
            path: "/upload",
            handler: Handler::Take,
            query: Parameters::Only(&[]),
            navigated: false,
        },
        Route {
            method: Method::GET,
            path: "/return",
            handler: Handler::Return,
            query: Parameters::AmongOthers(&["state"]),
            navigated: true,
        },
    ];
    const TIME: Duration = Duration::from_secs(30);

    async fn web_origins(&self, _context: &Context<'_, Memory>) -> Result<Vec<Origin>, Problem> {
        Ok(vec![
            Origin::parse("https://app.example").expect("an origin"),
        ])
    }

    async fn answer(
        &self,
        context: &Context<'_, Memory>,
        arrived: Arrived<Handler>,
    ) -> Result<Answer, Problem> {
        let text = match arrived.handler {
            Handler::Read => format!("read {:?} {}", arrived.query.get("a"), arrived.head),
            Handler::Write => arrived.json::<_, String>(context, &Anyone).await?,
            Handler::Return => "returned".to_owned(),
            Handler::Fail => {
                return Err(Problem::new(Kind::Internal)
                    .detail("private")
                    .cause("02829090123 broke"));
            }
            Handler::Place => format!("{} {}", arrived.path("id"), arrived.path("other")),
            Handler::Fixed => "fixed".to_owned(),
            Handler::Object => {
                let object: serde_json::Map<String, serde_json::Value> =
                    arrived.json(context, &Anyone).await?;
                format!("{} members", object.len())
            }
            Handler::Ignore => return Err(Kind::LoginRequired.into()),
            Handler::Take => {
                let allowance = Allowance {
                    largest: LARGEST_UPLOAD,
                    share: None,
                    watch: None,
                };
                let body = arrived.body.read(context, &Anyone, allowance).await?;
                format!("took {}", body.len())
            }
            Handler::Stream => {
                let body: Stream = Box::pin(Unhurried(3));
                return Ok(Answer::new(Body::Stream(body)));
            }
            Handler::Hang => {
                context.platform.sleep(Duration::from_mins(1)).await;
                String::new()
            }
        };
        Ok(Answer::new(Body::Whole(Bytes::from(text))))
    }
}

fn ask(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> (Response, Memory) {
    let mut request = http::Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    let platform = Memory::new();
    let answer = platform.run(async {
        let (parts, body) = serve(&platform, &Test, request).await.into_parts();
        let body = body.collect(usize::MAX).await.expect("a whole body");
        Response::from_parts(parts, body)
    });
    (answer, platform)
}

fn text(answer: &Response) -> &str {
    std::str::from_utf8(answer.body()).expect("text")
}

fn slug(answer: &Response) -> String {
    let body: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(body["status"], answer.status().as_u16());
    assert_eq!(
        body["correlation_id"],
        answer.headers()["correlation-id"].to_str().expect("text")
    );
    body["type"]
        .as_str()
        .expect("a type")
        .trim_start_matches("urn:innsyn:problem:")
        .to_owned()
}

#[test]
fn every_answer_has_the_common_headers_and_one_line() {
    for (method, target, status, route) in [
        ("GET", "/thing?a=1", 200, "/thing"),
        ("GET", "/thing?b=1", 400, "/thing"),
        ("DELETE", "/thing", 405, "/thing"),
        ("GET", "/thing/", 404, "unknown"),
        ("GET", "/02829090123?x", 404, "unknown"),
        ("OPTIONS", "/thing", 200, "/thing"),
        ("GET", "/fail", 500, "/fail"),
    ] {
        let spoofed = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("correlation-id", "mine"),
        ];
        let (answer, platform) = ask(method, target, &spoofed, "");
        let headers = answer.headers();
        assert_eq!(answer.status(), status, "{method} {target}");
        assert_eq!(headers["content-length"], answer.body().len().to_string());
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let [event] = platform.events().try_into().expect("one line");
        assert_eq!(event["route"], route);
        assert_eq!(event["status"], status);
        assert_eq!(
            event["correlation_id"],
            headers["correlation-id"].to_str().expect("text")
        );
        assert_ne!(event["correlation_id"], "mine");
        let said = format!(
            "{:?}{}{}",
            headers,
            text(&answer),
            platform.lines().join("")
        );
        assert!(
            !said.contains("evil.example") && !said.contains("02829090123"),
            "{said}"
        );
    }
}

#[test]
fn our_own_faults_are_not_explained_to_the_caller() {
    let (answer, platform) = ask("GET", "/fail", &[], "");
    assert_eq!(slug(&answer), "internal");
    assert!(!text(&answer).contains("private"));
    assert_eq!(platform.events()[0]["cause"], "… broke");
    assert_eq!(platform.events()[0]["level"], "error");
}

#[test]
fn head_is_get_that_must_change_nothing() {
    let (answer, _) = ask("HEAD", "/thing?a=1", &[], "");
    assert_eq!(text(&answer), "read Some(\"1\") true");
    let (answer, _) = ask("HEAD", "/fail", &[], "");
    assert_eq!(answer.status(), 500);
}

#[test]
fn methods_that_are_not_there_are_listed() {
    let (answer, _) = ask("PUT", "/thing", &[], "");
    assert_eq!(slug(&answer), "method-not-allowed");
    assert_eq!(answer.headers()["allow"], "GET, POST, HEAD, OPTIONS");
}

#[test]
fn bodies_are_limited_and_typed() {
    let json = [("content-type", "application/json; charset=utf-8")];
    let large = format!("\"{}\"", "x".repeat(64 * 1024 - 2));
    assert_eq!(text(&ask("POST", "/thing", &json, "\"hello\"").0), "hello");
    assert_eq!(ask("POST", "/thing", &json, large.clone()).0.status(), 200);
    assert_eq!(
        slug(&ask("POST", "/thing", &json, format!("{large} ")).0),
        "body-too-large"
    );
    assert_eq!(
        slug(&ask("POST", "/thing", &json, vec![b'x'; 1024 * 1024]).0),
        "body-too-large"
    );
    assert_eq!(
        slug(&ask("POST", "/thing", &json, "{").0),
        "request-invalid"
    );
    assert_eq!(
        slug(&ask("POST", "/thing", &json, "{\"secret\":1}").0),
        "request-invalid"
    );
    assert!(!text(&ask("POST", "/thing", &json, "{\"secret\":1}").0).contains("secret"));
    assert_eq!(
        slug(
            &ask(
                "POST",
                "/thing",
                &[("content-type", "text/plain")],
                "\"hello\""
            )
            .0
        ),
        "media-type-unsupported"
    );
    assert_eq!(
        slug(&ask("POST", "/thing", &[], "\"hello\"").0),
        "media-type-unsupported"
    );
}

#[test]
fn a_handler_that_hangs_ends_with_the_time() {
    let (answer, platform) = ask("GET", "/hang", &[], "");
    assert_eq!(
        (slug(&answer).as_str(), platform.uptime()),
        ("internal", Test::TIME)
    );
}

#[test]
fn queries_are_limited() {
    let long = format!("/thing?a={}", "x".repeat(2048));
    assert_eq!(slug(&ask("GET", &long, &[], "").0), "request-invalid");
    assert_eq!(
        slug(&ask("GET", "/thing?a=1&a=2", &[], "").0),
        "request-invalid"
    );
    assert_eq!(
        text(&ask("GET", "/return?state=1&Status=OK", &[], "").0),
        "returned"
    );
}

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
        "authorization, content-type, idempotency-key, innsyn-party"
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
