//! The client's key is changed while Maskinporten's configuration takes a quarter of an hour to work: no
//! call fails on the way.

use std::time::Duration;

use journeys::{Bench, Setup};
use rcgen::RsaKeySize;
use sandbox::authority::rsa_key;
use sandbox::consumer::FJORDBANKEN;
use sandbox::maskinporten::{Switches, public_key};
use serde_json::{Value, json};

const SCOPE: &str = "skatteetaten:kravogbetalinger";
const QUARTER: Duration = Duration::from_mins(15);

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_it_is() {
    let mut bench = Bench::with(Setup {
        token_is_public: true,
        ..Setup::default()
    })
    .await;
    bench.world().maskinporten.set_switches(Switches {
        config_propagation_delay_s: 900,
        ..Switches::default()
    });
    let old = jwk(&bench.world().consumers[0].public_key, "fjordbanken-1");
    let pair = rsa_key(RsaKeySize::_2048).expect("a key");
    let new = jwk(&public_key(&pair).expect("a JWK"), "fjordbanken-2");
    let new_key = json!({"kid": "fjordbanken-2", "key": pair.serialize_pem()});

    register(&bench, &json!([old, new])).await;
    keys(&mut bench, |keys| keys.insert(0, new_key.clone())).await;
    every_call_succeeds(&bench).await;
    assert_eq!(told(&bench, "fjordbanken-2"), 1, "the old key stepped in");

    bench.advance(QUARTER);
    keys(&mut bench, |keys| *keys = vec![new_key.clone()]).await;
    every_call_succeeds(&bench).await;

    register(&bench, &json!([new])).await;
    bench.advance(QUARTER);
    every_call_succeeds(&bench).await;
    assert_eq!(told(&bench, "fjordbanken"), 1, "and nothing since");
    bench.log_is_clean(&["PRIVATE KEY"]);
}

/// Asks for new tokens, of identities that were never asked for, one after another.
async fn every_call_succeeds(bench: &Bench) {
    for _ in 0..10 {
        let resource = uuid::Uuid::new_v4().to_string();
        let fields = [("scope", SCOPE), ("resource", resource.as_str())];
        bench.back_end_asks(FJORDBANKEN, &fields).await.json(200);
    }
}

/// How often the log says that a key was passed over.
fn told(bench: &Bench, key: &str) -> usize {
    let lines = bench.log.lines();
    let told = lines.iter().filter(|line| line.contains("key-passed-over"));
    told.filter(|line| line.contains(key)).count()
}

/// Posts the client's public keys, as its owner does at Digdir.
async fn register(bench: &Bench, keys: &Value) {
    let client = bench.world().consumers[0].client_id;
    let admin = &bench.sandbox.addresses().admin;
    let request = reqwest::Client::new()
        .put(format!("{admin}/maskinporten/clients/{client}/jwks"))
        .json(&json!({"keys": keys}));
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
}

/// Restarts the app with other keys of Fjordbanken's.
async fn keys(bench: &mut Bench, change: impl FnOnce(&mut Vec<Value>)) {
    let variables = bench.sandbox.variables(&bench.public_url);
    let mut clients: Value =
        serde_json::from_str(&variables["maskinporten_clients"]).expect("JSON");
    change(clients[0]["keys"].as_array_mut().expect("keys"));
    let changed = [("maskinporten_clients".to_owned(), clients.to_string())];
    bench.restart_app_with(changed.into()).await;
}

/// A public key as it is posted.
fn jwk(key: &impl serde::Serialize, kid: &str) -> Value {
    let key = serde_json::to_value(key).expect("JSON");
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "e": key["e"], "n": key["n"]})
}
