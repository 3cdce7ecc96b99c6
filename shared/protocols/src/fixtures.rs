//! Maskinporten clients and the package seal, for tests.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be made stops the test"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innsyn_core::fixtures::{CLIENT_KEY, CONSUMER, SECOND_CONSUMER, pem};
use serde_json::{Value, json};

use crate::maskinporten::{Client, RawClient};

/// Returns one element of `maskinporten_clients`.
pub fn client(organisation: &str, keys: &Value) -> Value {
    json!({"organisation": organisation, "client_id": format!("client-{organisation}"), "keys": keys})
}

/// Returns the client configuration of both consumers: the first with a `kid`, the second with a
/// certificate chain.
pub fn client_entries() -> Value {
    json!([
        client(CONSUMER, &json!([{"kid": "kid-1", "key": CLIENT_KEY.pem}])),
        client(
            SECOND_CONSUMER,
            &json!([{"certificate_chain": ["bGVhZg==", "aXNzdWVy"], "key": CLIENT_KEY.pem}])
        ),
    ])
}

/// Returns the parsed clients of both consumers.
pub fn clients() -> Vec<Client> {
    let raw: Vec<RawClient> = serde_json::from_value(client_entries()).expect("the shape");
    let clients = raw.into_iter().map(Client::try_from);
    clients.collect::<Result<_, _>>().expect("clients")
}

/// Certificate chain of the package seal, in PEM.
pub const SEAL_CHAIN: &str = include_str!("posten/tests/fixture/chain.pem");

/// Returns the private key of [`SEAL_CHAIN`] in PEM.
pub fn seal_key() -> String {
    let lines = include_str!("posten/tests/fixture/key.base64").lines();
    let base64: String = lines.filter(|line| !line.starts_with('#')).collect();
    pem("PRIVATE KEY", &STANDARD.decode(base64).expect("base64"))
}
