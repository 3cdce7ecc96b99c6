//! The token component asks a server of RFC 7523 that others have written and that knows nothing of
//! Maskinporten.

use std::collections::BTreeMap;

use journeys::{Answer, Bench, Others, OthersServer, Setup};
use sandbox::consumer::FJORDBANKEN;
use serde_json::json;

const SCOPE: &str = "skatteetaten:kravogbetalinger";

/// The app, and the server in place of Maskinporten. It knows Fjordbanken's client by the key of the
/// consumer with this number.
async fn start(others: &Others, known_by: usize) -> (Bench, OthersServer) {
    let mut bench = Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await;
    let consumers = &bench.world().consumers;
    let key = serde_json::to_string(&consumers[known_by].public_key).expect("a JWK");
    let environment = [("CLIENT_ID", consumers[0].client_id), ("PUBLIC_KEY", &key)];
    let server = others.serve("rfc7523_server.py", &environment).await;
    let origin = ("maskinporten_origin".to_owned(), server.origin.clone());
    bench.restart_app_with(BTreeMap::from([origin])).await;
    (bench, server)
}

async fn ask(bench: &Bench) -> Answer {
    let request = reqwest::Client::new()
        .post(format!("{}/token", bench.inside))
        .bearer_auth(bench.back_end_credential(FJORDBANKEN))
        .form(&[("scope", SCOPE), ("skip_cache", "true")]);
    Answer::read(request.send().await.expect("an answer")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_tokens_are_handed_out() {
    let Some(others) = Others::installed() else {
        return;
    };
    let (bench, _server) = start(&others, 0).await;

    let first = ask(&bench).await.json(200);
    let second = ask(&bench).await.json(200);

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
    let Some(others) = Others::installed() else {
        return;
    };
    let (bench, _server) = start(&others, 1).await;

    let refusal = ask(&bench).await.json(400);

    assert_eq!(refusal["error"], "invalid_grant", "{refusal}");
    assert_eq!(refusal["problem"], "source-refused");
}
