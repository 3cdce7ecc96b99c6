//! Third-party server of RFC 7523 in Maskinporten's place: the token component uses it, though it
//! knows nothing of Maskinporten.

use std::collections::BTreeMap;

use journeys::{Answer, TestBed, TestOptions, ThirdPartyPrograms, ThirdPartyServer};
use sandbox::population::FJORDBANKEN;
use serde_json::json;

const SCOPE: &str = "skatteetaten:kravogbetalinger";

/// Starts the app, and the server in place of Maskinporten. The server knows Fjordbanken's client
/// by the key of the consumer with this number.
async fn start(others: &ThirdPartyPrograms, known_by: usize) -> (TestBed, ThirdPartyServer) {
    let mut bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    let consumers = &bed.services().consumers;
    let key = serde_json::to_string(&consumers[known_by].public_key).expect("a JWK");
    let environment = [("CLIENT_ID", consumers[0].client_id), ("PUBLIC_KEY", &key)];
    let server = others.serve("rfc7523_server.py", &environment).await;
    let origin = ("maskinporten_origin".to_owned(), server.origin.clone());
    bed.restart_app_with(BTreeMap::from([origin])).await;
    (bed, server)
}

async fn ask(bed: &TestBed) -> Answer {
    let fields = [("scope", SCOPE), ("skip_cache", "true")];
    bed.back_end_asks(FJORDBANKEN, &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_tokens_are_handed_out() {
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let (bed, _server) = start(&others, 0).await;

    let first = ask(&bed).await.json(200);
    let second = ask(&bed).await.json(200);

    assert_eq!(
        (&first["token_type"], &first["scope"]),
        (&json!("Bearer"), &json!(SCOPE))
    );
    assert_ne!(
        first["access_token"], second["access_token"],
        "each grant is new"
    );
    let left = first["expires_in"].as_u64().expect("seconds");
    assert!((1..=60).contains(&left), "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_refusal_is_passed_on() {
    let Some(others) = ThirdPartyPrograms::installed() else {
        return;
    };
    let (bed, _server) = start(&others, 1).await;

    let refusal = ask(&bed).await.json(400);

    assert_eq!(refusal["error"], "invalid_grant", "{refusal}");
    assert_eq!(refusal["problem"], "source-refused");
}
