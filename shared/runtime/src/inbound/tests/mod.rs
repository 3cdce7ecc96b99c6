mod bodies;
mod challenges;
mod pages;
mod slow_body;
mod ways;

use std::time::Duration;

use http_body_util::Full;

use self::slow_body::SlowBody;
use super::*;
use crate::caller::{Customer, Timer, Visitor};
use crate::config::{Raw, Resolver, Setting, Settings};
use crate::fixtures::AnyCaller;
use innsyn_core::origin::Origin;
use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Response, Stream};
use innsyn_core::trace::CallerTraces;

const LARGEST_UPLOAD: usize = 100 * 1024;

/// Component with a route for each case, whose callers need no credential.
struct Test(CallerTraces, [Origin; 1]);

impl Settings for CallerTraces {
    const SETTINGS: &'static [&'static [Setting]] = &[&[Setting::optional("trace_from_callers")]];

    fn resolve(raw: &Raw) -> Result<Self, ConfigError> {
        let continued = Resolver::new(raw).optional("trace_from_callers").is_some();
        Ok(Self::new(continued, "a secret"))
    }
}

impl From<CallerTraces> for Test {
    fn from(traces: CallerTraces) -> Self {
        let page = Origin::parse("https://app.example").expect("an origin");
        Self(traces, [page])
    }
}

const fn route(
    method: Method,
    path: &'static str,
    handler: &'static dyn Handle<Test, Memory, AnyCaller>,
) -> Route<Test, Memory> {
    Route::new(method, path, Access::Service(handler)).with_query(Parameters::Only(&["a"]))
}

impl Component<Memory> for Test {
    type Settings = CallerTraces;
    type Service = AnyCaller;

    const NAME: &'static str = "test";
    const ROUTES: Option<&'static [Route<Self, Memory>]> = Some(&[
        route(Method::GET, "/thing", &Self::read),
        route(Method::POST, "/thing", &Self::write),
        route(Method::GET, "/fail", &Self::fail),
        route(Method::GET, "/hang", &Self::hang),
        route(Method::GET, "/stream", &Self::stream),
        route(Method::POST, "/ignore", &Self::ignore),
        route(Method::GET, "/narrow", &Self::narrow),
        route(Method::POST, "/object", &Self::object),
        route(Method::POST, "/places/fixed", &Self::fixed),
        route(Method::GET, "/places/{id}", &Self::place),
        Route::new(Method::POST, "/upload", Access::Service(&Self::take)),
        Route::new(Method::POST, "/timer", Access::Maintenance(&Self::tick)),
        Route::new(Method::GET, "/login", Access::Login(&Self::greet)),
        Route::new(Method::GET, "/return", Access::Link(&Self::come_back))
            .with_query(Parameters::AmongOthers(&["state"])),
    ]);
    const TIME: Duration = Duration::from_secs(30);

    fn web_origins(&self) -> &[Origin] {
        &self.1
    }

    fn caller_traces(&self) -> &CallerTraces {
        &self.0
    }

    async fn service(
        &self,
        _context: &Context<'_, Memory>,
        _request: &RoutedRequest,
    ) -> Result<AnyCaller, Problem> {
        Ok(AnyCaller)
    }
}

type HandlerResult = Result<Answer, Problem>;
type TestContext<'a> = Context<'a, Memory>;

fn whole(text: impl Into<Bytes>) -> Answer {
    Answer::new(Body::Whole(text.into()))
}

#[expect(clippy::unused_async, reason = "a handler is an async function")]
impl Test {
    async fn read(
        &self,
        _: &TestContext<'_>,
        _: &AnyCaller,
        request: &RoutedRequest,
    ) -> HandlerResult {
        let a = request.query.get("a");
        Ok(whole(format!("read {a:?} {}", request.head)))
    }

    async fn write(
        &self,
        context: &TestContext<'_>,
        caller: &AnyCaller,
        request: &RoutedRequest,
    ) -> HandlerResult {
        Ok(whole(request.json::<_, String>(context, caller).await?))
    }

    async fn come_back(
        &self,
        _: &TestContext<'_>,
        _: &Visitor,
        _: &RoutedRequest,
    ) -> HandlerResult {
        Ok(whole("returned"))
    }

    async fn fail(&self, _: &TestContext<'_>, _: &AnyCaller, _: &RoutedRequest) -> HandlerResult {
        Err(Problem::new(Kind::Internal)
            .detail("private")
            .cause("02829090123 broke"))
    }

    async fn place(
        &self,
        _: &TestContext<'_>,
        _: &AnyCaller,
        request: &RoutedRequest,
    ) -> HandlerResult {
        let (id, other) = (request.path("id"), request.path("other"));
        Ok(whole(format!("{id} {other}")))
    }

    async fn fixed(&self, _: &TestContext<'_>, _: &AnyCaller, _: &RoutedRequest) -> HandlerResult {
        Ok(whole("fixed"))
    }

    async fn object(
        &self,
        context: &TestContext<'_>,
        caller: &AnyCaller,
        request: &RoutedRequest,
    ) -> HandlerResult {
        let object: serde_json::Map<String, serde_json::Value> =
            request.json(context, caller).await?;
        Ok(whole(format!("{} members", object.len())))
    }

    async fn ignore(&self, _: &TestContext<'_>, _: &AnyCaller, _: &RoutedRequest) -> HandlerResult {
        Err(Kind::LoginRequired.into())
    }

    async fn narrow(&self, _: &TestContext<'_>, _: &AnyCaller, _: &RoutedRequest) -> HandlerResult {
        Err(Kind::CallerNotAllowed.into())
    }

    async fn take(
        &self,
        context: &TestContext<'_>,
        caller: &AnyCaller,
        request: &RoutedRequest,
    ) -> HandlerResult {
        let limits = BodyLimits {
            largest: LARGEST_UPLOAD,
            reservation: None,
            watch: None,
        };
        let body = request.body.read(context, caller, limits).await?;
        Ok(whole(format!("took {}", body.len())))
    }

    async fn stream(&self, _: &TestContext<'_>, _: &AnyCaller, _: &RoutedRequest) -> HandlerResult {
        let body: Stream = Box::pin(SlowBody(3));
        Ok(Answer::new(Body::Stream(body)))
    }

    async fn hang(
        &self,
        context: &TestContext<'_>,
        _: &AnyCaller,
        _: &RoutedRequest,
    ) -> HandlerResult {
        context.platform.sleep(Duration::from_mins(1)).await;
        Ok(whole(""))
    }

    async fn tick(&self, _: &TestContext<'_>, _: &Timer, _: &RoutedRequest) -> HandlerResult {
        panic!("no secret is configured")
    }

    async fn greet(&self, _: &TestContext<'_>, _: &Customer, _: &RoutedRequest) -> HandlerResult {
        panic!("no login service is configured")
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
        let (parts, body) = serve(&platform, &Reloading::<Test>::default(), request)
            .await
            .into_parts();
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

/// Checks that a route is closed if the component has nothing that verifies its callers.
#[test]
fn a_handler_is_called_for_a_verified_caller_only() {
    let shown = [("authorization", "Bearer x")];
    for (method, path) in [("POST", "/timer"), ("GET", "/login")] {
        for headers in [&[][..], &shown] {
            let (answer, _) = ask(method, path, headers, "");
            assert_eq!(slug(&answer), "login-required", "{path}");
        }
    }
    let (answer, _) = ask("POST", "/timer?a=1", &shown, "");
    assert_eq!(
        slug(&answer),
        "request-invalid",
        "the query is checked first"
    );
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
        ("internal", <Test as Component<Memory>>::TIME)
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
