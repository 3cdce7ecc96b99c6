//! Tests of the sidecar's tokens over time, with a clock and an issuer of the test's own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};

use super::token::tests::{at, response};
use super::*;
use crate::sidecar::token_request::tests::token_request;

/// Scripted answer of the issuer.
#[derive(Clone, Copy)]
enum Answer {
    /// Token of this name, with its lifetime and remaining time in seconds.
    Token(&'static str, u64, u64),
    Refused(StatusCode),
}

/// Issuer that answers as a test has scripted it.
struct ScriptedIssuer {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Value>>,
    gate: Semaphore,
}

struct Test {
    source: Arc<TokenSource<Arc<ScriptedIssuer>>>,
    issuer: Arc<ScriptedIssuer>,
    seconds: Arc<AtomicI64>,
}

impl Issuer for Arc<ScriptedIssuer> {
    async fn issue(&self, token_request: &TokenRequest) -> Result<TokenResponse, Refused> {
        let body = token_request.body().expect("JSON");
        let body = serde_json::from_slice(&body).expect("JSON");
        self.requests.lock().expect("not poisoned").push(body);
        let _pass = self.gate.acquire().await.expect("not closed");
        let answer = self.answers.lock().expect("not poisoned").pop_front();
        match answer.expect("an answer: one request less was expected") {
            Answer::Token(name, lifetime, left) => Ok(response(name, lifetime, left)),
            Answer::Refused(status) => Err(Refused::new(status, "refused", "for a reason")),
        }
    }
}

const NEW: Answer = Answer::Token("new", 120, 120);
const DOWN: Answer = Answer::Refused(StatusCode::SERVICE_UNAVAILABLE);
const WITHDRAWN: Answer = Answer::Refused(StatusCode::BAD_REQUEST);

impl Test {
    fn new(answers: &[Answer]) -> Self {
        let issuer = Arc::new(ScriptedIssuer {
            answers: Mutex::new(answers.iter().copied().collect()),
            requests: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = seconds.clone();
        let clock = Box::new(move || at(clock.load(Ordering::SeqCst)));
        Self {
            source: TokenSource::new(issuer.clone(), clock, 0),
            issuer,
            seconds,
        }
    }

    fn clock(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::SeqCst);
    }

    /// Requests a token, and returns its name and remaining time, or the refusal's status.
    async fn ask(&self, body: &Value) -> Result<(String, u64), StatusCode> {
        let mut request = json!({"identity_provider": "maskinporten", "target": "a"});
        let members = request.as_object_mut().expect("an object");
        members.extend(body.as_object().expect("an object").clone());
        let token_request = token_request("application/json", &request.to_string()).await;
        let outcome = self.source.token(token_request.expect("a request")).await;
        let (token, left) = outcome.map_err(|refused| refused.status)?;
        let answer: Value = serde_json::from_str(&token.answer(left)).expect("JSON");
        Ok((
            name(answer["access_token"].as_str().expect("a token")),
            left,
        ))
    }

    /// Requests a token, and lets the requests in flight end.
    async fn ask_and_settle(&self, body: &Value) -> Result<(String, u64), StatusCode> {
        let outcome = self.ask(body).await;
        for _ in 0..50 {
            yield_now().await;
        }
        outcome
    }

    fn requests(&self) -> Vec<Value> {
        self.issuer.requests.lock().expect("not poisoned").clone()
    }

    fn answer(&self, answer: Answer) {
        let mut answers = self.issuer.answers.lock().expect("not poisoned");
        answers.push_back(answer);
    }
}

fn name(token: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["jti"].as_str().expect("a name").to_owned()
}

fn token(name: &str, left: u64) -> (String, u64) {
    (name.to_owned(), left)
}

fn plain() -> Value {
    json!({"scope": "a"})
}

fn anew() -> Value {
    json!({"scope": "a", "skip_cache": true})
}

#[tokio::test]
async fn a_kept_token_is_given_with_what_is_left_of_it() {
    let test = Test::new(&[Answer::Token("first", 120, 120)]);
    for (seconds, left) in [(0, 120), (1, 119), (44, 76)] {
        test.clock(seconds);
        assert_eq!(
            test.ask_and_settle(&json!({})).await,
            Ok(token("first", left))
        );
    }
    assert_eq!(test.requests(), [plain()]);
}

#[tokio::test]
async fn many_at_once_make_one_request() {
    let test = Arc::new(Test::new(&[NEW, DOWN]));
    for (expected, body) in [
        (Ok(token("new", 120)), json!({})),
        (
            Err(StatusCode::SERVICE_UNAVAILABLE),
            json!({"resource": "r"}),
        ),
    ] {
        let before = test.requests().len();
        let permits = test.issuer.gate.available_permits();
        test.issuer.gate.forget_permits(permits);
        let asked = Arc::new(AtomicUsize::new(0));
        let mut asking = JoinSet::new();
        for _ in 0..64 {
            let (test, asked, body) = (test.clone(), asked.clone(), body.clone());
            asking.spawn(async move {
                asked.fetch_add(1, Ordering::SeqCst);
                test.ask(&body).await
            });
        }
        while asked.load(Ordering::SeqCst) < 64 || test.requests().len() == before {
            yield_now().await;
        }
        test.issuer.gate.add_permits(1);
        for outcome in asking.join_all().await {
            assert_eq!(outcome, expected);
        }
        assert_eq!(test.requests().len(), before + 1);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_takes_nothing_from_the_others() {
    let test = Arc::new(Test::new(&[NEW]));
    let permits = test.issuer.gate.available_permits();
    test.issuer.gate.forget_permits(permits);
    let first = tokio::spawn({
        let test = test.clone();
        async move { test.ask(&json!({})).await }
    });
    while test.requests().is_empty() {
        yield_now().await;
    }
    first.abort();
    assert!(first.await.is_err());
    test.issuer.gate.add_permits(1);
    assert_eq!(test.ask(&json!({})).await, Ok(token("new", 120)));
    assert_eq!(test.requests().len(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_ahead_by_one_request_while_the_kept_one_is_given() {
    let test = Test::new(&[Answer::Token("first", 120, 120)]);
    test.ask_and_settle(&json!({})).await.expect("a token");
    test.clock(46);
    // The app has the same token, and is asked for another.
    test.answer(Answer::Token("first", 120, 74));
    test.answer(NEW);
    let permits = test.issuer.gate.available_permits();
    test.issuer.gate.forget_permits(permits);
    for _ in 0..3 {
        let given = test.ask_and_settle(&json!({})).await;
        assert_eq!(given, Ok(token("first", 74)));
    }
    assert_eq!(test.requests(), [plain(), plain()]);
    test.issuer.gate.add_permits(2);
    test.ask_and_settle(&json!({})).await.expect("a token");
    assert_eq!(test.requests(), [plain(), plain(), anew()]);
    assert_eq!(test.ask_and_settle(&json!({})).await, Ok(token("new", 120)));
    assert_eq!(test.requests().len(), 3);
}

#[tokio::test]
async fn a_renewal_of_another_sidecar_serves_this_one() {
    let test = Test::new(&[Answer::Token("first", 120, 120)]);
    test.ask_and_settle(&json!({})).await.expect("a token");
    test.clock(46);
    test.answer(Answer::Token("others", 120, 118));
    test.ask_and_settle(&json!({})).await.expect("a token");
    assert_eq!(
        test.ask_and_settle(&json!({})).await,
        Ok(token("others", 118))
    );
    assert_eq!(test.requests(), [plain(), plain()]);
}

#[tokio::test]
async fn a_renewal_that_fails_is_left_alone_for_five_seconds() {
    let test = Test::new(&[Answer::Token("first", 120, 120)]);
    test.ask_and_settle(&json!({})).await.expect("a token");
    for (seconds, requests) in [(46, 2), (50, 2), (51, 3), (57, 4)] {
        test.clock(seconds);
        test.answer(DOWN);
        let given = test.ask_and_settle(&json!({})).await;
        assert_eq!(given, Ok(token("first", 120 - seconds.unsigned_abs())));
        assert_eq!(test.requests().len(), requests, "{seconds}");
    }
}

#[tokio::test]
async fn within_the_head_room_a_caller_waits_for_the_next_token() {
    let test = Test::new(&[Answer::Token("first", 120, 120)]);
    test.ask_and_settle(&json!({})).await.expect("a token");
    test.clock(62);
    test.answer(Answer::Token("first", 120, 58));
    test.answer(NEW);
    assert_eq!(test.ask_and_settle(&json!({})).await, Ok(token("new", 120)));
    assert_eq!(test.requests(), [plain(), plain(), anew()]);
}

#[tokio::test]
async fn while_the_issuer_is_down_the_kept_token_is_given_until_its_end() {
    let test = Test::new(&[Answer::Token("first", 120, 120)]);
    test.ask_and_settle(&json!({})).await.expect("a token");
    for (seconds, outcome) in [
        (62, Ok(token("first", 58))),
        (64, Ok(token("first", 56))),
        (117, Ok(token("first", 3))),
        (118, Err(StatusCode::SERVICE_UNAVAILABLE)),
        (600, Err(StatusCode::SERVICE_UNAVAILABLE)),
    ] {
        test.clock(seconds);
        let asks = seconds != 64;
        if asks {
            test.answer(DOWN);
        }
        let before = test.requests().len();
        assert_eq!(test.ask_and_settle(&json!({})).await, outcome, "{seconds}");
        assert_eq!(test.requests().len() - before, usize::from(asks));
    }
    // No failure is cached.
    test.answer(NEW);
    assert_eq!(test.ask(&json!({})).await, Ok(token("new", 120)));
}

#[tokio::test]
async fn a_token_with_little_left_is_better_than_none() {
    let test = Test::new(&[Answer::Token("first", 120, 20), DOWN]);
    assert_eq!(
        test.ask_and_settle(&json!({})).await,
        Ok(token("first", 20))
    );
    test.clock(4);
    assert_eq!(
        test.ask_and_settle(&json!({})).await,
        Ok(token("first", 16))
    );
    assert_eq!(test.requests(), [plain(), anew()]);
    test.clock(6);
    test.answer(NEW);
    assert_eq!(test.ask_and_settle(&json!({})).await, Ok(token("new", 120)));
}

#[tokio::test]
async fn a_refusal_ends_the_kept_token() {
    for seconds in [46, 62] {
        let test = Test::new(&[Answer::Token("first", 120, 120)]);
        test.ask_and_settle(&json!({})).await.expect("a token");
        test.clock(seconds);
        test.answer(WITHDRAWN);
        test.ask_and_settle(&json!({})).await.ok();
        test.answer(WITHDRAWN);
        let outcome = test.ask_and_settle(&json!({})).await;
        assert_eq!(outcome, Err(StatusCode::BAD_REQUEST), "{seconds}");
    }
}

#[tokio::test]
async fn skip_cache_brings_a_new_token_for_all() {
    let test = Test::new(&[Answer::Token("first", 120, 120), NEW]);
    test.ask_and_settle(&json!({})).await.expect("a token");
    let skip = json!({"skip_cache": true});
    assert_eq!(test.ask_and_settle(&skip).await, Ok(token("new", 120)));
    assert_eq!(test.ask_and_settle(&json!({})).await, Ok(token("new", 120)));
    assert_eq!(test.requests(), [plain(), anew()]);
    // Without a new token, the refused one is not used instead.
    test.answer(DOWN);
    let outcome = test.ask_and_settle(&skip).await;
    assert_eq!(outcome, Err(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn skip_cache_does_not_join_a_request_without() {
    let test = Arc::new(Test::new(&[]));
    let permits = test.issuer.gate.available_permits();
    test.issuer.gate.forget_permits(permits);
    let mut asking = JoinSet::new();
    for (index, body) in [json!({}), json!({"skip_cache": true})]
        .into_iter()
        .enumerate()
    {
        let asker = test.clone();
        asking.spawn(async move { asker.ask(&body).await });
        while test.requests().len() == index {
            yield_now().await;
        }
    }
    assert_eq!(test.requests(), [plain(), anew()]);
    // The older one comes first; the newer one stays.
    test.answer(Answer::Token("older", 120, 100));
    test.answer(NEW);
    test.issuer.gate.add_permits(2);
    let mut given: Vec<_> = asking.join_all().await;
    given.sort_unstable();
    assert_eq!(given, [Ok(token("new", 120)), Ok(token("older", 100))]);
    assert_eq!(test.ask_and_settle(&json!({})).await, Ok(token("new", 120)));
}

#[tokio::test]
async fn requests_are_never_mixed() {
    let bodies = [
        json!({}),
        json!({"target": "b"}),
        json!({"resource": "r"}),
        json!({"consumer_org": "313367002"}),
        json!({"pid": "04827896468"}),
        json!({"authorization_details": [{"type": "urn:altinn:systemuser"}]}),
    ];
    let names = ["0", "1", "2", "3", "4", "5"];
    let test = Test::new(&names.map(|name| Answer::Token(name, 120, 120)));
    for _ in 0..2 {
        for (name, body) in names.iter().zip(&bodies) {
            assert_eq!(test.ask_and_settle(body).await, Ok(token(name, 120)));
        }
    }
    assert_eq!(test.requests().len(), bodies.len());
}
