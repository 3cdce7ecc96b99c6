//! Tests of the renewal of tokens ahead of expiry, before a request has to wait.

use futures::future::{join_all, poll_immediate};

use super::*;

fn api() -> TokenApi {
    TokenApi::from(token_config())
}

fn tokens(answers: &[(StatusCode, Value)]) -> Vec<&str> {
    let token = |answer: &'_ (StatusCode, Value)| answer.1["access_token"].as_str().map(str::len);
    assert!(
        answers.iter().all(|answer| token(answer).is_some()),
        "{answers:?}"
    );
    answers
        .iter()
        .filter_map(|answer| answer.1["access_token"].as_str())
        .collect()
}

#[test]
fn one_renews_while_the_others_are_given_the_good_one() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.ask(&api, "scope=a").await;
        bed.platform.advance(Duration::from_secs(80));
        bed.platform.set_latency(Duration::from_millis(100));
        let answers = join_all((0..50).map(|_| bed.ask(&api, "scope=a"))).await;
        let tokens = tokens(&answers);
        let new = tokens.iter().filter(|token| **token == "token-2").count();
        assert_eq!((new, tokens.len()), (1, 50));
        assert_eq!(
            tokens.iter().filter(|token| **token == "token-1").count(),
            49
        );
    });
    assert_eq!(bed.minted.get(), 2);
}

#[test]
fn the_first_instance_to_renew_does_it_for_all() {
    let bed = TestBed::new();
    let desks: Vec<TokenApi> = (0..20).map(|_| api()).collect();
    bed.platform.run(async {
        for api in &desks {
            bed.ask(api, "scope=a").await;
        }
        for _ in 0..30 {
            bed.platform.advance(Duration::from_secs(1));
            for api in &desks {
                bed.ask(api, "scope=a").await;
            }
        }
        assert_eq!(bed.minted.get(), 1, "30 seconds are less than half");
        for _ in 0..55 {
            bed.platform.advance(Duration::from_secs(1));
            for api in &desks {
                bed.ask(api, "scope=a").await;
            }
        }
    });
    assert_eq!(
        bed.minted.get(),
        2,
        "85 seconds: one renewal for 20 instances"
    );
}

#[test]
fn a_renewal_that_fails_costs_nobody_anything() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.ask(&api, "scope=a").await;
        bed.platform.advance(Duration::from_secs(80));
        for _ in 0..3 {
            bed.plan(Ok(json_answer(503, &json!({}))));
        }
        for _ in 0..10 {
            let answer = bed.ask(&api, "scope=a").await;
            assert_eq!(answer.1["access_token"], "token-1");
        }
        assert_eq!(bed.grants().len(), 4, "it is left alone for a while");
        bed.platform.advance(Duration::from_secs(5));
        assert_eq!(bed.ask(&api, "scope=a").await.1["access_token"], "token-2");
    });
    let told = bed.platform.events();
    assert!(told.iter().any(|event| event["outcome"] == "not-renewed"));
}

#[test]
fn a_slow_maskinporten_holds_nobody_up_for_long() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.ask(&api, "scope=a").await;
        bed.platform.advance(Duration::from_secs(80));
        bed.platform.set_latency(Duration::from_mins(1));
        let start = bed.platform.uptime();
        let answer = bed.ask(&api, "scope=a").await;
        assert_eq!(answer.1["access_token"], "token-1");
        assert!(bed.platform.uptime().saturating_sub(start) <= Duration::from_millis(2100));
        let again = bed.ask(&api, "scope=a").await;
        assert_eq!(again.1["access_token"], "token-1");
        assert!(
            bed.platform.uptime().saturating_sub(start) <= Duration::from_millis(2100),
            "and only one"
        );
    });
}

#[test]
fn the_one_that_renews_may_be_cancelled() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        bed.ask(&api, "scope=a").await;
        bed.platform.advance(Duration::from_secs(80));
        bed.platform.set_latency(Duration::from_millis(100));
        let mut first = Box::pin(bed.ask(&api, "scope=a"));
        assert!(poll_immediate(first.as_mut()).await.is_none());
        drop(first);
        let second = bed.ask(&api, "scope=a").await;
        assert_eq!(
            second.1["access_token"], "token-3",
            "the second one went with the first request"
        );
    });
}

#[test]
fn a_consent_that_was_withdrawn_shows_when_its_token_is_renewed() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        let form = consent_form("one");
        bed.ask(&api, &form).await;
        bed.platform.advance(Duration::from_secs(80));
        bed.refuse(400, "invalid_request", "MP-303");
        for api in [&api, &self::api()] {
            bed.platform.advance(Duration::from_secs(1));
            if bed.grants().len() == 2 {
                bed.refuse(400, "invalid_request", "MP-303");
            }
            let answer = bed.ask(api, &form).await;
            assert_eq!(
                answer.1["problem"], "consent-required",
                "not from the store either"
            );
        }
    });
}

#[test]
fn tokens_that_live_thirty_seconds_are_kept_and_renewed_too() {
    let (bed, api) = (TestBed::new(), api());
    let short = |token: &str| {
        Ok(json_answer(
            200,
            &json!({"access_token": token, "token_type": "Bearer", "expires_in": 30}),
        ))
    };
    bed.plan(short("short-1"));
    bed.platform.run(async {
        for _ in 0..14 {
            assert_eq!(bed.ask(&api, "scope=a").await.1["access_token"], "short-1");
            bed.platform.advance(Duration::from_secs(1));
        }
        bed.platform.advance(Duration::from_secs(5));
        bed.plan(short("short-2"));
        assert_eq!(bed.ask(&api, "scope=a").await.1["access_token"], "short-2");
    });
    assert_eq!(bed.grants().len(), 2);
}
