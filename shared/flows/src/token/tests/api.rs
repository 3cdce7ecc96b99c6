use futures::future::{join_all, poll_immediate};

use super::*;
use innsyn_core::fixtures::SECOND_CONSUMER;

#[test]
fn a_token_is_minted_once_and_given_again() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        let first = bed.ask(&api, "scope=a").await;
        assert_eq!(first.1, json!({"access_token": "token-1", "token_type": "Bearer", "expires_in": 119, "scope": "a"}));
        bed.platform.advance(Duration::from_secs(59));
        let second = bed.ask(&api, "scope=a").await;
        assert_eq!((token(&second), second.1["expires_in"].as_u64()), ("token-1", Some(60)));
        bed.platform.advance(Duration::from_secs(41));
        assert_eq!(token(&bed.ask(&api, "scope=a").await), "token-2", "the head-room is reached");
    });
    bed.assert_discreet();
}

#[test]
fn each_token_is_told_with_where_it_came_from() {
    let (bed, api, another_instance) = (TestBed::new(), api(), api());
    bed.platform.run(async {
        for api in [&api, &api, &another_instance, &another_instance] {
            token(&bed.ask(api, "scope=a").await);
        }
        for answer in join_all((0..3).map(|_| bed.ask(&api, "scope=b"))).await {
            token(&answer);
        }
    });
    let told = bed.platform.events().into_iter();
    let mut told: Vec<_> = told
        .filter(|line| line["event"] == "token")
        .map(|line| line["outcome"].as_str().expect("a name").to_owned())
        .collect();
    told[4..].sort();
    assert_eq!(
        told,
        [
            "minted", "memory", "store", "memory", "memory", "memory", "minted"
        ]
    );
}

#[test]
fn forms_and_json_mean_the_same() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        let credential = bed.credential(&component_key(), CONSUMER);
        let first = bed.ask(&api, &consent_form("one")).await;
        let body = format!(
            r#"{{"scope":"skatteetaten:kravogbetalinger","authorization_details":[{{"id":"{}","from":"urn:altinn:person:identifier-no:{PERSON}","type":"urn:altinn:consent"}}]}}"#,
            consent_id("one")
        );
        let second = bed.ask_as(&api, &credential, "application/json", &body).await;
        assert_eq!((token(&first), token(&second)), ("token-1", "token-1"));
        let grant = &bed.grants()[0];
        assert_eq!(grant["authorization_details"][0]["id"], consent_id("one"));
    });
    bed.assert_discreet();
}

#[test]
fn every_part_of_the_identity_counts() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        let mut tokens = Vec::new();
        for form in [
            "scope=a",
            "scope=b",
            "scope=a+b",
            "scope=a&resource=https://api.example/",
            &consent_form("one"),
            &consent_form("two"),
        ] {
            tokens.push(token(&bed.ask(&api, form).await).to_owned());
        }
        let second = bed.credential(&component_key(), SECOND_CONSUMER);
        tokens.push(token(&bed.ask_as(&api, &second, FORM, "scope=a").await).to_owned());
        let distinct: std::collections::BTreeSet<&String> = tokens.iter().collect();
        assert_eq!(distinct.len(), tokens.len());
        assert_eq!(
            token(&bed.ask(&api, "scope=b+a+a").await),
            tokens[2],
            "order and repetition do not"
        );
        let clients: Vec<Value> = bed
            .grants()
            .iter()
            .map(|grant| grant["iss"].clone())
            .collect();
        assert_eq!(clients.last(), Some(&json!("client-310000302")));
    });
}

#[test]
fn fifty_at_once_cost_one_mint() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.set_latency(Duration::from_millis(100));
    let answers = bed
        .platform
        .run(join_all((0..50).map(|_| bed.ask(&api, "scope=a"))));
    assert!(answers.iter().all(|answer| token(answer) == "token-1"));
    assert_eq!(bed.minted.get(), 1);
}

#[test]
fn when_the_one_that_mints_is_cancelled_another_takes_over() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.set_latency(Duration::from_millis(100));
    bed.platform.run(async {
        let mut first = Box::pin(bed.ask(&api, "scope=a"));
        assert!(poll_immediate(first.as_mut()).await.is_none());
        let others = join_all((0..10).map(|_| bed.ask(&api, "scope=a")));
        let mut others = Box::pin(others);
        assert!(poll_immediate(others.as_mut()).await.is_none());
        drop(first);
        let others = others.await;
        assert!(others.iter().all(|answer| token(answer) == "token-1"));
    });
    assert_eq!(bed.minted.get(), 1);
}

#[test]
fn instances_share_tokens_through_the_store() {
    let bed = TestBed::new();
    bed.platform.run(async {
        assert_eq!(token(&bed.ask(&api(), "scope=a").await), "token-1");
        assert_eq!(token(&bed.ask(&api(), "scope=a").await), "token-1");
        assert_eq!(bed.minted.get(), 1);
        bed.platform.with_store("tokens", |rows| {
            assert_eq!(rows.len(), 1);
            for row in rows.values_mut() {
                row[30] ^= 1;
            }
        });
        assert_eq!(
            token(&bed.ask(&api(), "scope=a").await),
            "token-2",
            "a row that was tampered with is never served"
        );
    });
}

#[test]
fn instances_that_start_together_mint_less_than_once_each() {
    let bed = TestBed::new();
    let (first, second) = (api(), api());
    bed.platform.run(async {
        // The second request's metadata take long enough for the first one to finish.
        let slow = async {
            bed.platform.set_latency(Duration::from_secs(1));
            let asked = bed.ask(&second, "scope=a");
            let mut asked = Box::pin(asked);
            assert!(poll_immediate(asked.as_mut()).await.is_none());
            bed.platform.set_latency(Duration::ZERO);
            assert_eq!(token(&bed.ask(&first, "scope=a").await), "token-1");
            asked.await
        };
        assert_eq!(token(&slow.await), "token-1");
    });
    assert_eq!(bed.minted.get(), 1);
}

#[test]
fn a_store_that_fails_costs_a_mint_and_nothing_else() {
    let bed = TestBed::new();
    bed.platform.fail_store("tokens", true);
    bed.platform.run(async {
        let api = api();
        assert_eq!(token(&bed.ask(&api, "scope=a").await), "token-1");
        assert_eq!(token(&bed.ask(&api, "scope=a").await), "token-1");
    });
    let failures = || {
        let events = bed.platform.events();
        let of_the_store = events.iter().filter(|event| event["event"] == "store");
        of_the_store.count()
    };
    assert_eq!(failures(), 1, "the first read; then it is left alone");
    bed.platform.run(async {
        bed.platform.advance(Duration::from_secs(5));
        assert_eq!(token(&bed.ask(&api(), "scope=b").await), "token-2");
    });
    assert_eq!(failures(), 2, "and tried again");
}

#[test]
fn skip_cache_means_a_new_one_for_everybody() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        assert_eq!(token(&bed.ask(&api, "scope=a").await), "token-1");
        bed.platform.advance(Duration::from_secs(1));
        assert_eq!(
            token(&bed.ask(&api, "scope=a&skip_cache=true").await),
            "token-2"
        );
        assert_eq!(token(&bed.ask(&api, "scope=a").await), "token-2");
        assert_eq!(
            token(&bed.ask(&self::api(), "scope=a").await),
            "token-2",
            "in the store too"
        );
    });
}

#[test]
fn skip_cache_is_not_content_with_a_token_from_before() {
    let (bed, api) = (TestBed::new(), api());
    bed.platform.run(async {
        // The store answers at once, so the flight in progress returns the old token.
        assert_eq!(token(&bed.ask(&self::api(), "scope=a").await), "token-1");
        bed.platform.advance(Duration::from_secs(1));
        let (old, new) = futures::join!(
            bed.ask(&api, "scope=a"),
            bed.ask(&api, "scope=a&skip_cache=true")
        );
        assert_eq!((token(&old), token(&new)), ("token-1", "token-2"));
    });
}
