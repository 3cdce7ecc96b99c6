//! Rotation of the client's key while Maskinporten's configuration takes a quarter of an hour to
//! take effect: no call fails meanwhile.

use std::time::Duration;

use journeys::{TestBed, TestOptions};
use rcgen::RsaKeySize;
use sandbox::maskinporten::Switches;
use sandbox::pki::{public_jwk, rsa_key};
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const QUARTER: Duration = Duration::from_mins(15);

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_it_is() {
    let mut bed = TestBed::with(TestOptions {
        token_is_public: true,
        ..TestOptions::default()
    })
    .await;
    bed.services().maskinporten.set_switches(Switches {
        config_propagation_delay_s: 900,
        ..Switches::default()
    });
    let old = jwk(&bed.services().consumers[0].public_key, "fjordbanken-1");
    let pair = rsa_key(RsaKeySize::_2048).expect("a key");
    let new = jwk(&public_jwk(&pair).expect("a JWK"), "fjordbanken-2");
    let new_key = json!({"kid": "fjordbanken-2", "key": pair.serialize_pem()});

    register(&bed, &json!([old, new])).await;
    keys(&mut bed, |keys| keys.insert(0, new_key.clone())).await;
    every_call_succeeds(&bed).await;
    assert_eq!(told(&bed, "fjordbanken-2"), 1, "the old key stepped in");

    bed.advance(QUARTER);
    keys(&mut bed, |keys| *keys = vec![new_key.clone()]).await;
    every_call_succeeds(&bed).await;

    register(&bed, &json!([new])).await;
    bed.advance(QUARTER);
    every_call_succeeds(&bed).await;
    assert_eq!(told(&bed, "fjordbanken"), 1, "and nothing since");
    bed.log_is_clean(&["PRIVATE KEY"]);
}

/// Requests new tokens in sequence, of identities without an earlier request.
async fn every_call_succeeds(bed: &TestBed) {
    for _ in 0..10 {
        let resource = uuid::Uuid::new_v4().to_string();
        let fields = [("scope", SCOPE), ("resource", resource.as_str())];
        bed.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    }
}

/// Counts the log lines that report a key as passed over.
fn told(bed: &TestBed, key: &str) -> usize {
    let lines = bed.log.lines();
    let told = lines.iter().filter(|line| line.contains("key-passed-over"));
    told.filter(|line| line.contains(key)).count()
}

/// Registers the client's public keys, as its owner does at Digdir.
async fn register(bed: &TestBed, keys: &Value) {
    let client = bed.services().consumers[0].client_id;
    let admin = &bed.sandbox.addresses().admin;
    let request = reqwest::Client::new()
        .put(format!("{admin}/maskinporten/clients/{client}/jwks"))
        .json(&json!({"keys": keys}));
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
}

/// Restarts the app with other keys of Fjordbanken.
async fn keys(bed: &mut TestBed, change: impl FnOnce(&mut Vec<Value>)) {
    let variables = bed.sandbox.variables(&bed.public_url);
    let mut clients: Value =
        serde_json::from_str(&variables["maskinporten_clients"]).expect("JSON");
    change(clients[0]["keys"].as_array_mut().expect("keys"));
    let changed = [("maskinporten_clients".to_owned(), clients.to_string())];
    bed.restart_app_with(changed.into()).await;
}

/// Returns a public key in the form for registration.
fn jwk(key: &impl serde::Serialize, kid: &str) -> Value {
    let key = serde_json::to_value(key).expect("JSON");
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "e": key["e"], "n": key["n"]})
}
