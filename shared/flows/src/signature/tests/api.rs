//! Tests of the routes: authentication and responses.

use std::convert::Infallible;

use futures::future::{join, join_all};
use futures::{StreamExt as _, stream};
use http::{HeaderValue, Method, Request};
use http_body::Frame;
use http_body_util::{Empty, Full, StreamBody};
use serde_json::{Value, json};

use super::settings::{MAINTENANCE, settings_with};
use super::*;
use innsyn_core::fixtures::{LOGIN_KEY, login_claims};
use innsyn_core::platform::{Answer, Body, Response};
use innsyn_core::problem::Kind;
use innsyn_runtime::fixtures::answer;

/// HTTP handlers with the login service and Posten behind them.
pub(super) struct ApiTestBed {
    pub(super) bed: TestBed,
    api: SignatureApi,
}

impl ApiTestBed {
    fn new() -> Self {
        Self::with(&[])
    }

    /// Creates handlers whose settings have these changes.
    pub(super) fn with(changes: &[(&str, &str)]) -> Self {
        let bed = TestBed::new();
        let posten = bed.posten.clone();
        bed.platform.respond(move |request| {
            if request.uri().host() == Some("login.example") {
                let keys = json!({"keys": [LOGIN_KEY.jwk("one")]}).to_string();
                return Ok(Response::new(Bytes::from(keys)));
            }
            posten.give(request)
        });
        let api = SignatureApi::from(settings_with(changes).expect("settings"));
        Self { bed, api }
    }

    pub(super) async fn send<B>(&self, request: Request<B>) -> Result<Answer, Problem>
    where
        B: http_body::Body<Data = Bytes> + 'static,
    {
        let context = context(&*self.bed.platform);
        answer(&self.api, &context, request).await
    }

    /// Returns the response to a request without a body.
    pub(super) fn ask(&self, method: Method, target: &str, token: &str) -> Result<Answer, Problem> {
        let request = bearing(token).method(method).uri(target).body(Empty::new());
        let answer = self.send(request.expect("a request"));
        self.bed.platform.run(answer)
    }

    /// Returns a token of the customer with the `sub` and Kari's `pid`.
    pub(super) fn login(&self, sub: &str) -> String {
        LOGIN_KEY.sign(Some("one"), &self.claims(sub))
    }

    /// Returns a token of the customer, with this right.
    pub(super) fn login_with(&self, sub: &str, right: &str) -> String {
        let mut claims = self.claims(sub);
        claims[right] = json!(true);
        LOGIN_KEY.sign(Some("one"), &claims)
    }

    fn claims(&self, sub: &str) -> Value {
        let mut claims = login_claims(self.bed.platform.now().unix_timestamp());
        claims["sub"] = json!(sub);
        claims["pid"] = json!(KARI);
        claims
    }

    fn to_order<B>(&self, sub: &str, body: B) -> Request<B> {
        let request = bearing(&self.login(sub)).method(Method::POST);
        let request = request
            .uri("/signatures")
            .header("content-type", "application/json");
        request.body(body).expect("a request")
    }

    /// Returns an order of Kari's.
    fn whole_order(&self) -> Request<Full<Bytes>> {
        let body = json!({
            "flow": "direct", "title": "Avtale", "return_address": "https://bank.example/back",
            "documents": [{"title": "Avtale", "content": STANDARD.encode(PDF)}],
        });
        self.to_order("kari", Full::new(Bytes::from(body.to_string())))
    }

    fn order(&self) -> Value {
        let answer = self.send(self.whole_order());
        let answer = self.bed.platform.run(answer);
        self.read(answer, 201)
    }

    /// Sends a large order of Ola's, of which only the beginning arrives.
    async fn drip(&self) -> Result<Answer, Problem> {
        let beginning = Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b'x'; 100 * 1024])));
        let beginning = stream::once(std::future::ready(beginning));
        let body = StreamBody::new(beginning.chain(stream::pending()));
        let mut request = self.to_order("ola", body);
        let length = HeaderValue::from_static("13000000");
        request.headers_mut().insert("content-length", length);
        self.send(request).await
    }

    pub(super) fn read(&self, answer: Result<Answer, Problem>, status: u16) -> Value {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body = self.bed.platform.run(answer.into_body().collect(99_999));
        serde_json::from_slice(&body.expect("a body")).expect("JSON")
    }
}

pub(super) fn bearing(token: &str) -> http::request::Builder {
    Request::builder().header("authorization", format!("Bearer {token}"))
}

#[test]
fn an_order_is_answered_with_a_page_and_its_status_can_be_asked() {
    let handlers = ApiTestBed::new();
    let job = handlers.order();
    assert_eq!(job["flow"], "direct");
    assert_eq!(job["status"], "in_progress");
    assert_eq!(job["signers"][0]["signer"], 0);
    assert_eq!(
        job["signers"][0]["redirect_url"],
        format!("{PAGES}/#/-/page-90000-0")
    );
    let path = format!("/signatures/{}", job["id"].as_str().expect("an id"));
    let status = handlers.ask(Method::GET, &path, &handlers.login("kari"));
    let status = handlers.read(status, 200);
    assert_eq!(status["status"], "in_progress");
    assert_eq!(
        status["signers"][0],
        json!({"signer": 0, "status": "waiting"})
    );
    let problem = handlers.ask(Method::GET, &path, &handlers.login("ola"));
    assert_eq!(problem.expect_err("another's").kind, Kind::SignatureUnknown);
}

#[test]
fn without_a_login_nothing_is_read() {
    let handlers = ApiTestBed::new();
    let endless = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let request = bearing("x").method(Method::POST).uri("/signatures");
    let problem = handlers.send(request.body(endless).expect("a request"));
    let problem = handlers.bed.platform.run(problem);
    assert_eq!(problem.expect_err("nobody").kind, Kind::LoginRequired);
    assert_eq!(handlers.bed.platform.uptime(), Duration::ZERO);
}

#[test]
fn uploads_that_drip_keep_nobody_from_ordering() {
    let handlers = ApiTestBed::new();
    let platform = &*handlers.bed.platform;
    let drips = (0..4).map(|_| handlers.drip());
    let ordered = async {
        let answer = handlers.send(handlers.whole_order()).await;
        (answer.map(|answer| answer.status()), platform.uptime())
    };
    let (ends, (status, time)) = platform.run(join(join_all(drips), ordered));
    assert_eq!(status, Ok(http::StatusCode::CREATED));
    assert!(time < Duration::from_secs(10), "{time:?}");
    for end in ends {
        assert_eq!(end.expect_err("slow").kind, Kind::RequestTimeout);
    }
    assert_eq!(platform.uptime(), Duration::from_secs(10));
}

#[test]
fn a_browser_that_comes_back_is_sent_on() {
    let handlers = ApiTestBed::new();
    handlers.order();
    handlers.bed.posten.happens(90_000, 0, "SIGNED");
    let state = super::browser_return::newest_state(&handlers.bed);
    let come_back = |outcome: &str| {
        let query = format!("job={}&status_query_token=good", state.expose());
        let target = format!("/signatures/return/{outcome}?{query}");
        let answer = handlers.ask(Method::GET, &target, "none");
        answer.expect("an answer")
    };
    for outcome in ["completed", "rejected", "failed"] {
        let sent = come_back(outcome);
        assert_eq!(sent.status(), 303);
        // The exit address is untrusted.
        assert_eq!(
            sent.headers()["location"],
            "https://bank.example/back?signature=completed"
        );
    }
    assert_eq!(come_back("other").status(), 404);
}

#[test]
fn a_browser_that_belongs_nowhere_sees_a_page_in_its_language() {
    let handlers = ApiTestBed::new();
    let made_up = format!("job={}", "x".repeat(43));
    let visit = |query: &str, language: &str| {
        let request = Request::get(format!("/signatures/return/failed?{query}"));
        let request = request
            .header("accept-language", language)
            .body(Empty::new());
        let page = handlers.send(request.expect("a request"));
        handlers.bed.platform.run(page).expect("a page")
    };
    for query in ["", "job=", "job=x", made_up.as_str()] {
        for (language, text) in [
            ("nb", "Lenken virker ikke"),
            ("nn", "Lenkja verkar ikkje"),
            ("en", "This link does not work"),
        ] {
            let page = visit(query, language);
            assert_eq!(page.status(), 404);
            let Body::Whole(html) = page.body() else {
                panic!("a stream");
            };
            assert!(String::from_utf8_lossy(html).contains(text));
        }
    }
    handlers.bed.platform.fail_store(STORE, true);
    let page = visit(&made_up, "en");
    assert_eq!(page.status(), 503);
    assert_eq!(
        page.extensions().get::<Problem>().expect("a problem").kind,
        Kind::StoreDown
    );
}

#[test]
fn only_the_maintenance_secret_drains_and_sweeps() {
    let handlers = ApiTestBed::new();
    handlers.order();
    handlers.bed.posten.happens(90_000, 0, "SIGNED");
    let ask = |target: &str, shown: &str| handlers.ask(Method::POST, target, shown);
    for shown in ["x", "", "0123456789abcdef012345678"] {
        for target in ["/signatures/drain", "/signatures/sweep"] {
            let problem = ask(target, shown);
            assert_eq!(problem.expect_err("refused").kind, Kind::LoginRequired);
        }
    }
    assert!(handlers.bed.posten.confirmed().is_empty());
    let drained = ask("/signatures/drain", MAINTENANCE);
    assert_eq!(
        handlers.read(drained, 200),
        json!({"changes": 1, "orphans": 0, "confirmed": 1, "held": 0, "unreadable": 0,
            "delivered": 0, "events": 0, "more": false})
    );
    handlers.bed.platform.shift(time::Duration::days(91));
    let swept = ask("/signatures/sweep", MAINTENANCE);
    // A record, a slot, a ticket, a standing, and the poll times of two queues.
    assert_eq!(
        handlers.read(swept, 200),
        json!({"removed": 6, "whole": true})
    );
    assert_eq!(handlers.bed.rows(), 1, "that it was done");
}

#[test]
fn a_seal_whose_certificate_has_ended_is_told_of() {
    let handlers = ApiTestBed::new();
    let told = |handlers: &ApiTestBed| {
        // Other results of the drain do not matter here.
        let _ = handlers.ask(Method::POST, "/signatures/drain", MAINTENANCE);
        let events = handlers.bed.platform.events().into_iter();
        let mut events = events.filter(|event| event["event"] == "certificate");
        events.next().map(|event| event["outcome"].to_string())
    };
    assert_eq!(told(&handlers), None);
    let century = std::time::Duration::from_hours(24 * 366 * 101);
    handlers.bed.platform.advance(century);
    assert_eq!(told(&handlers).as_deref(), Some("\"ended\""));
}
