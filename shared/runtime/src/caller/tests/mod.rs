mod odd_forms;
mod presented_again;
mod registered;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::fixtures::common_settings;
use innsyn_core::fixtures::{LOGIN_KEY, OTHER_KEY, SECOND_CONSUMER, context, login_claims};
use innsyn_core::party::Environment;
use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Platform as _, Response, SendError};

fn tokens(consumer_claim: Option<&str>) -> LoginTokens {
    let mut config = common_settings();
    config.consumers.claim = consumer_claim.map(str::to_owned);
    LoginTokens::new(config.login, config.consumers, Environment::Test)
}

/// Returns a platform whose login service publishes `keys`, and the count of its requests.
fn platform(keys: Value) -> (Memory, Rc<Cell<usize>>) {
    let platform = Memory::new();
    platform.add_store("keys");
    let asked = Rc::new(Cell::new(0));
    let counter = Rc::clone(&asked);
    platform.respond(move |request| {
        assert_eq!(request.uri(), "https://login.example/jwks");
        counter.set(counter.get() + 1);
        Ok(Response::new(Bytes::from(keys.to_string())))
    });
    (platform, asked)
}

fn published() -> Value {
    json!({"keys": [LOGIN_KEY.jwk("one"), OTHER_KEY.jwk("two"), {"kty": "unknown", "kid": "three"}]})
}

fn claims(platform: &Memory, changes: &Value) -> Value {
    let mut claims = login_claims(platform.now().unix_timestamp());
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

fn verify(platform: &Memory, token: &str) -> Result<Customer, Problem> {
    platform.run(async { tokens(None).customer(&context(platform), token).await })
}

#[test]
fn a_good_token_says_who_the_customer_is() {
    let (platform, _) = platform(published());
    let token = LOGIN_KEY.sign(Some("one"), &login_claims(platform.now().unix_timestamp()));
    let customer = verify(&platform, &token).expect("a customer");
    assert_eq!(customer.subject.expose(), "kari");
    assert_eq!(customer.consumer.as_str(), "310000205");
    assert_eq!(
        customer.party(None).expect("their own").expose(),
        "02829090123"
    );
    assert_eq!(
        customer.party(Some("313367002")).expect("theirs").expose(),
        "313367002"
    );
}

#[test]
fn what_does_not_hold_is_refused() {
    let (platform, _) = platform(published());
    let good = LOGIN_KEY.sign(Some("one"), &claims(&platform, &json!({})));
    // The first instance takes its time to fetch the keys.
    assert!(verify(&platform, &good).is_ok());
    let now = platform.now().unix_timestamp();
    for (changes, kind) in [
        (json!({"exp": now - 11}), Kind::LoginExpired),
        (json!({"exp": null}), Kind::LoginRequired),
        (json!({"nbf": now + 11}), Kind::LoginRequired),
        (json!({"iat": now + 11}), Kind::LoginRequired),
        (
            json!({"iss": "https://login.example/"}),
            Kind::LoginRequired,
        ),
        (json!({"iss": null}), Kind::LoginRequired),
        (json!({"aud": "another"}), Kind::LoginRequired),
        (json!({"aud": null}), Kind::LoginRequired),
        (json!({"sub": null}), Kind::LoginRequired),
        (json!({"sub": ""}), Kind::LoginRequired),
    ] {
        let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &changes));
        let problem = verify(&platform, &token).expect_err("refused");
        assert_eq!(problem.kind, kind, "{changes}");
    }
    for changes in [
        json!({"exp": now - 9}),
        json!({"nbf": now + 9}),
        json!({"aud": ["x", "innsyn"]}),
    ] {
        let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &changes));
        assert!(verify(&platform, &token).is_ok(), "{changes}");
    }
}

#[test]
fn only_the_published_key_of_the_right_kind_counts() {
    let (platform, _) = platform(published());
    let claims = login_claims(platform.now().unix_timestamp());
    let good = LOGIN_KEY.sign(Some("one"), &claims);
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (_, payload) = signed.split_once('.').expect("three parts");
    let with_header = |header: Value, signature: &str| {
        use base64::Engine as _;
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header.to_string());
        format!("{header}.{payload}.{signature}")
    };
    let jwk = LOGIN_KEY.jwk("one").to_string();
    let mut shared = Header::new(Algorithm::HS256);
    shared.kid = Some("one".to_owned());
    let as_secret = |secret: &str| {
        jsonwebtoken::encode(
            &shared,
            &claims,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .expect("a token")
    };
    for (case, token) in [
        (
            "another key under this kid",
            OTHER_KEY.sign(Some("one"), &claims),
        ),
        ("an unknown kid", LOGIN_KEY.sign(Some("four"), &claims)),
        ("no kid among several keys", LOGIN_KEY.sign(None, &claims)),
        (
            "a key that cannot be read",
            LOGIN_KEY.sign(Some("three"), &claims),
        ),
        (
            "alg none",
            with_header(json!({"alg": "none", "kid": "one"}), ""),
        ),
        (
            "alg none, signed",
            with_header(json!({"alg": "none", "kid": "one"}), signature),
        ),
        ("the public key as a shared secret", as_secret(&jwk)),
        (
            "the modulus as a shared secret",
            as_secret(LOGIN_KEY.jwk("one")["n"].as_str().expect("a modulus")),
        ),
        (
            "another algorithm than the key's",
            with_header(json!({"alg": "RS512", "kid": "one"}), signature),
        ),
        (
            "another kind of key",
            with_header(json!({"alg": "ES256", "kid": "one"}), signature),
        ),
        (
            "unknown critical members",
            with_header(
                json!({"alg": "RS256", "kid": "one", "crit": ["b64"]}),
                signature,
            ),
        ),
        ("two parts", signed.to_owned()),
        ("nonsense", "nonsense".to_owned()),
        ("too long", format!("{good}{}", "A".repeat(20_000))),
    ] {
        assert_eq!(
            verify(&platform, &token).expect_err(case).kind,
            Kind::LoginRequired,
            "{case}"
        );
    }
    assert!(verify(&platform, &good).is_ok());
}

#[test]
fn without_a_kid_the_only_key_is_meant() {
    let (platform, _) = platform(json!({"keys": [LOGIN_KEY.jwk("one")]}));
    let claims = login_claims(platform.now().unix_timestamp());
    assert!(verify(&platform, &LOGIN_KEY.sign(None, &claims)).is_ok());
    assert!(verify(&platform, &OTHER_KEY.sign(None, &claims)).is_err());
}

#[test]
fn keys_are_kept_and_made_up_kids_do_not_flood_the_login_service() {
    let (platform, asked) = platform(published());
    let tokens = tokens(None);
    let claims = json!({"iss": "https://login.example", "aud": "innsyn", "sub": "kari", "iat": platform.now().unix_timestamp(), "exp": platform.now().unix_timestamp() + 3600});
    platform.run(async {
        let verify = async |kid: &str| {
            tokens
                .customer(&context(&platform), &LOGIN_KEY.sign(Some(kid), &claims))
                .await
        };
        for _ in 0..3 {
            assert!(verify("one").await.is_ok());
        }
        assert_eq!(asked.get(), 1);
        platform.advance(Duration::from_secs(6));
        for kid in ["four", "five", "six"] {
            assert!(verify(kid).await.is_err());
        }
        assert_eq!(asked.get(), 2, "once, and then the cool-down");
        platform.advance(Duration::from_secs(6));
        for kid in ["four", "five", "six"] {
            assert!(verify(kid).await.is_err());
        }
        assert_eq!(asked.get(), 3);
    });
}

#[test]
fn many_at_once_ask_once() {
    let (platform, asked) = platform(published());
    platform.set_latency(Duration::from_millis(50));
    let tokens = tokens(None);
    let token = LOGIN_KEY.sign(Some("one"), &login_claims(platform.now().unix_timestamp()));
    let ends =
        platform.run(futures::future::join_all((0..20).map(|_| async {
            tokens.customer(&context(&platform), &token).await
        })));
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(asked.get(), 1);
}

#[test]
fn the_last_good_keys_survive_an_outage() {
    let (platform, _) = platform(published());
    let tokens = tokens(None);
    platform.run(async {
        let claims = json!({"iss": "https://login.example", "aud": "innsyn", "sub": "kari", "iat": platform.now().unix_timestamp(), "exp": platform.now().unix_timestamp() + 3600});
        let verify = async |kid: &str| tokens.customer(&context(&platform), &LOGIN_KEY.sign(Some(kid), &claims)).await;
        assert!(verify("one").await.is_ok());
        platform.respond(|_| Err(SendError::NoConnection("refused".to_owned())));
        platform.advance(Duration::from_secs(700));
        assert!(verify("one").await.is_ok());
        assert_eq!(verify("four").await.expect_err("unknown").kind, Kind::SourceDown, "it may be a new key");
    });
}

#[test]
fn an_unreachable_login_service_is_not_the_customers_fault() {
    for (end, kind) in [
        (
            Err(SendError::NoConnection("refused".to_owned())),
            Kind::SourceDown,
        ),
        (
            Err(SendError::TimedOut(Duration::from_secs(3))),
            Kind::SourceSlow,
        ),
        (
            Ok(Response::new(Bytes::from_static(b"<html>"))),
            Kind::SourceUnreadable,
        ),
        (Ok(status(500)), Kind::SourceDown),
    ] {
        let platform = Memory::new();
        platform.respond(move |_| end.clone());
        let token = LOGIN_KEY.sign(Some("one"), &login_claims(platform.now().unix_timestamp()));
        assert_eq!(verify(&platform, &token).expect_err("no keys").kind, kind);
    }
}

fn status(status: u16) -> Response {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer
}

#[test]
fn the_consumer_comes_from_the_token_where_it_is_so_configured() {
    let (platform, _) = platform(published());
    let verify = |consumer: Value| {
        let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &json!({"bank": consumer})));
        platform.run(async {
            tokens(Some("bank"))
                .customer(&context(&platform), &token)
                .await
        })
    };
    assert_eq!(
        verify(json!(SECOND_CONSUMER))
            .expect("a customer")
            .consumer
            .as_str(),
        SECOND_CONSUMER
    );
    for consumer in [
        json!(310_000_302),
        json!("0192:310000302"),
        json!(" 310 000 302"),
    ] {
        let customer = verify(consumer).expect("a customer");
        assert_eq!(customer.consumer.as_str(), SECOND_CONSUMER);
    }
    for consumer in [
        json!("310000108"),
        json!(""),
        json!(null),
        json!(["310000205"]),
    ] {
        assert_eq!(
            verify(consumer).expect_err("refused").kind,
            Kind::LoginRequired
        );
    }
}

/// Returns the claims of a back end that is logged in as itself.
fn back_end_claims(platform: &Memory, scope: &str) -> Value {
    let mut claims = claims(platform, &json!({"scope": scope, "sub": "backend"}));
    claims.as_object_mut().expect("an object").remove("pid");
    claims
}

#[test]
fn a_back_end_needs_the_scope_as_a_whole_word() {
    let (platform, _) = platform(published());
    for (scope, allowed) in [
        ("openid innsyn:token", true),
        ("innsyn:tokens", false),
        ("", false),
    ] {
        let token = LOGIN_KEY.sign(Some("one"), &back_end_claims(&platform, scope));
        let end = platform.run(async { tokens(None).back_end(&context(&platform), &token).await });
        assert_eq!(end.is_ok(), allowed, "{scope}");
    }
}

#[test]
fn the_header_is_read_strictly() {
    for (values, token) in [
        (vec!["Bearer x.y.z"], Some("x.y.z")),
        (vec!["bearer x.y.z"], Some("x.y.z")),
        (vec!["Basic x"], None),
        (vec!["Bearer"], None),
        (vec!["Bearer x", "Bearer y"], None),
        (vec![], None),
    ] {
        let mut headers = HeaderMap::new();
        for value in &values {
            headers.append("authorization", HeaderValue::from_static(value));
        }
        assert_eq!(bearer(&headers).ok(), token, "{values:?}");
    }
}

#[test]
fn a_right_is_a_claim_that_is_true() {
    let (platform, _) = platform(published());
    let changes = json!({"may_order": true, "a": "true", "b": 1, "c": false, "d": [true]});
    let token = LOGIN_KEY.sign(Some("one"), &claims(&platform, &changes));
    let customer = verify(&platform, &token).expect("a customer");
    assert!(customer.has_right("may_order"));
    for claim in ["a", "b", "c", "d", "sub", "", "none"] {
        assert!(!customer.has_right(claim), "{claim}");
    }
}
