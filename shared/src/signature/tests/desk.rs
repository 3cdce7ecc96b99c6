//! The routes: who may call, and what is answered.

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::settings::{MAINTENANCE, settings};
use super::*;
use crate::fixtures::{LOGIN_KEY, login_claims};
use crate::inbound::{Arrived, Parameters, Places, Query, UnreadBody};
use crate::platform::{Answer, Body, Response};
use crate::problem::Kind;

/// The desk with the login service and Posten behind it.
struct Front {
    world: World,
    desk: Desk,
}

impl Front {
    fn new() -> Self {
        let world = World::new();
        let posten = world.posten.clone();
        world.platform.respond(move |request| {
            if request.uri().host() == Some("login.example") {
                let keys = json!({"keys": [LOGIN_KEY.jwk("one")]}).to_string();
                return Ok(Response::new(Bytes::from(keys)));
            }
            posten.give(request)
        });
        let desk = Desk::new(settings(None).expect("settings"));
        Self { world, desk }
    }

    /// A request of the customer `sub`, whose number is `pid`.
    fn arrived(&self, sub: &str, pattern: &'static str, path: &str) -> Arrived<()> {
        let mut claims = login_claims(self.world.platform.now().unix_timestamp());
        claims["sub"] = json!(sub);
        claims["pid"] = json!(KARI);
        let token = LOGIN_KEY.sign(Some("one"), &claims);
        bearing(&token, pattern, path, "")
    }

    fn order(&self) -> Value {
        let body = json!({
            "flow": "direct", "title": "Avtale", "return_address": "https://bank.example/back",
            "documents": [{"title": "Avtale", "content": STANDARD.encode(PDF)}],
        });
        let mut arrived = self.arrived("kari", "/signatures", "/signatures");
        let json = HeaderValue::from_static("application/json");
        arrived.headers.insert("content-type", json);
        let body = http_body_util::Full::new(Bytes::from(body.to_string()));
        arrived.body = UnreadBody::new(&HeaderMap::new(), body);
        let context = context(&*self.world.platform);
        let answer = self.world.platform.run(self.desk.order(&context, &arrived));
        self.read(answer, 201)
    }

    fn read(&self, answer: Result<Answer, Problem>, status: u16) -> Value {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body = self.world.platform.run(answer.into_body().collect(9999));
        serde_json::from_slice(&body.expect("a body")).expect("JSON")
    }
}

fn bearing(token: &str, pattern: &'static str, path: &str, query: &str) -> Arrived<()> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::try_from(format!("Bearer {token}")).expect("a value");
    headers.insert("authorization", value);
    let parameters = Parameters::AmongOthers(&["job", "status_query_token"]);
    Arrived {
        handler: (),
        head: false,
        headers,
        query: Query::parse(query, parameters).expect("a query"),
        body: UnreadBody::default(),
        places: Places::of(pattern, path).expect("a path"),
    }
}

#[test]
fn an_order_is_answered_with_a_page_and_its_status_can_be_asked() {
    let front = Front::new();
    let job = front.order();
    assert_eq!(job["flow"], "direct");
    assert_eq!(job["status"], "in_progress");
    assert_eq!(job["signers"][0]["signer"], 0);
    assert_eq!(
        job["signers"][0]["redirect_url"],
        format!("{PAGES}/#/-/page-90000-0")
    );
    let path = format!("/signatures/{}", job["id"].as_str().expect("an id"));
    let context = context(&*front.world.platform);
    let arrived = front.arrived("kari", "/signatures/{id}", &path);
    let status = front
        .world
        .platform
        .run(front.desk.status(&context, &arrived));
    let status = front.read(status, 200);
    assert_eq!(status["status"], "in_progress");
    assert_eq!(
        status["signers"][0],
        json!({"signer": 0, "status": "waiting"})
    );
    let stranger = front.arrived("ola", "/signatures/{id}", &path);
    let problem = front
        .world
        .platform
        .run(front.desk.status(&context, &stranger));
    assert_eq!(problem.expect_err("another's").kind, Kind::SignatureUnknown);
}

#[test]
fn without_a_login_nothing_is_read() {
    let front = Front::new();
    let mut arrived = bearing("x", "/signatures", "/signatures", "");
    let endless = http_body_util::StreamBody::new(futures::stream::pending::<
        Result<http_body::Frame<Bytes>, std::convert::Infallible>,
    >());
    arrived.body = UnreadBody::new(&HeaderMap::new(), endless);
    let context = context(&*front.world.platform);
    let problem = front
        .world
        .platform
        .run(front.desk.order(&context, &arrived));
    assert_eq!(problem.expect_err("nobody").kind, Kind::LoginRequired);
    assert_eq!(front.world.platform.uptime(), std::time::Duration::ZERO);
}

#[test]
fn a_browser_that_comes_back_is_sent_on() {
    let front = Front::new();
    front.order();
    front.world.posten.happens(90_000, 0, "SIGNED");
    let state = super::way_back::newest_state(&front.world);
    let context = context(&*front.world.platform);
    for outcome in ["completed", "rejected", "failed"] {
        let path = format!("/signatures/return/{outcome}");
        let query = format!("job={}&status_query_token=good", state.expose());
        let arrived = bearing("none", "/signatures/return/{outcome}", &path, &query);
        let sent = front
            .world
            .platform
            .run(front.desk.come_back(&context, &arrived));
        assert_eq!(sent.status(), 303);
        // Where it came to is hearsay.
        assert_eq!(
            sent.headers()["location"],
            "https://bank.example/back?signature=completed"
        );
    }
    let other = bearing(
        "none",
        "/signatures/return/{outcome}",
        "/signatures/return/other",
        &format!("job={}", state.expose()),
    );
    let page = front
        .world
        .platform
        .run(front.desk.come_back(&context, &other));
    assert_eq!(page.status(), 404);
}

#[test]
fn a_browser_that_belongs_nowhere_sees_a_page_in_its_language() {
    let front = Front::new();
    let made_up = format!("job={}", "x".repeat(43));
    let context = context(&*front.world.platform);
    for query in ["", "job=", "job=x", made_up.as_str()] {
        for (language, text) in [
            ("nb", "Lenken virker ikke"),
            ("nn", "Lenkja verkar ikkje"),
            ("en", "This link does not work"),
        ] {
            let mut arrived = bearing(
                "x",
                "/signatures/return/{outcome}",
                "/signatures/return/failed",
                query,
            );
            arrived
                .headers
                .insert("accept-language", HeaderValue::from_static(language));
            let page = front
                .world
                .platform
                .run(front.desk.come_back(&context, &arrived));
            assert_eq!(page.status(), 404);
            let Body::Whole(html) = page.body() else {
                panic!("a stream");
            };
            assert!(String::from_utf8_lossy(html).contains(text));
        }
    }
    front.world.platform.fail_store(STORE, true);
    let arrived = bearing(
        "x",
        "/signatures/return/{outcome}",
        "/signatures/return/failed",
        &made_up,
    );
    let page = front
        .world
        .platform
        .run(front.desk.come_back(&context, &arrived));
    assert_eq!(page.status(), 503);
    assert_eq!(
        page.extensions().get::<Problem>().expect("a problem").kind,
        Kind::StoreDown
    );
}

#[test]
fn only_the_maintenance_secret_drains_and_sweeps() {
    let front = Front::new();
    front.order();
    front.world.posten.happens(90_000, 0, "SIGNED");
    let context = context(&*front.world.platform);
    for shown in ["x", "", "0123456789abcdef012345678"] {
        let arrived = bearing(shown, "/signatures/drain", "/signatures/drain", "");
        let problem = front
            .world
            .platform
            .run(front.desk.drain(&context, &arrived));
        assert_eq!(problem.expect_err("refused").kind, Kind::LoginRequired);
        let problem = front
            .world
            .platform
            .run(front.desk.sweep(&context, &arrived));
        assert_eq!(problem.expect_err("refused").kind, Kind::LoginRequired);
    }
    assert!(front.world.posten.confirmed().is_empty());
    let arrived = bearing(MAINTENANCE, "/signatures/drain", "/signatures/drain", "");
    let drained = front
        .world
        .platform
        .run(front.desk.drain(&context, &arrived));
    assert_eq!(
        front.read(drained, 200),
        json!({"changes": 1, "orphans": 0, "confirmed": 1, "unreadable": 0, "more": false})
    );
    front.world.platform.shift(time::Duration::days(91));
    let swept = front
        .world
        .platform
        .run(front.desk.sweep(&context, &arrived));
    // A record, a ticket, a standing, and when two queues may be asked.
    assert_eq!(front.read(swept, 200), json!({"removed": 5, "whole": true}));
    assert_eq!(front.world.rows(), 1, "that it was done");
}

#[test]
fn a_seal_whose_certificate_has_ended_is_told_of() {
    let front = Front::new();
    let told = |front: &Front| {
        let arrived = bearing(MAINTENANCE, "/signatures/drain", "/signatures/drain", "");
        let context = context(&*front.world.platform);
        // What else the drain comes to is of no concern here.
        let _ = front
            .world
            .platform
            .run(front.desk.drain(&context, &arrived));
        let events = front.world.platform.events().into_iter();
        let mut events = events.filter(|event| event["event"] == "certificate");
        events.next().map(|event| event["outcome"].to_string())
    };
    assert_eq!(told(&front), None);
    let century = std::time::Duration::from_hours(24 * 366 * 101);
    front.world.platform.advance(century);
    assert_eq!(told(&front).as_deref(), Some("\"ended\""));
}
