//! Self-service registration by API owners and client owners.

use rcgen::{KeyPair, RsaKeySize};
use sandbox::pki::{public_jwk, rsa_key};
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};

use crate::maskinporten::support::{Grant, TestBed};

pub(crate) const CLIENT: &str = "0b8e2f66-41a4-4f0e-9f43-0d8d7c7b5a11";
pub(crate) const SUPPLIER: &str = "310000108";

pub(crate) fn jwk(pair: &KeyPair, kid: &str) -> Value {
    let mut jwk = serde_json::to_value(public_jwk(pair).unwrap()).unwrap();
    jwk["use"] = json!("sig");
    jwk["kid"] = json!(kid);
    jwk
}

fn scope() -> Value {
    json!({ "prefix": "fjord", "subscope": "fish/catch.read", "owner_orgno": FJORDBANKEN })
}

/// A client with the scope of a new API, and its key.
pub(crate) async fn registered(bed: &TestBed) -> KeyPair {
    bed.done("POST /maskinporten/scopes", &scope()).await;
    let client = json!({
        "client_id": CLIENT, "client_name": "fisk", "client_orgno": SUPPLIER,
        "integration_type": "maskinporten", "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt", "scopes": ["fjord:fish/catch.read"],
    });
    bed.done("POST /maskinporten/clients", &client).await;
    let pair = rsa_key(RsaKeySize::_2048).unwrap();
    let path = format!("POST /maskinporten/clients/{CLIENT}/jwks");
    bed.done(&path, &json!({ "keys": [jwk(&pair, "k-1")] }))
        .await;
    pair
}

pub(crate) fn grant(bed: &TestBed, pair: &KeyPair) -> Grant {
    let grant = bed.grant().with("iss", CLIENT);
    let grant = grant.with("scope", "fjord:fish/catch.read").key(pair);
    grant.header(json!({ "alg": "RS256", "kid": "k-1" }))
}

#[tokio::test]
async fn from_nothing_to_a_token_and_back() {
    let bed = TestBed::start().await;
    let pair = registered(&bed).await;
    let ask = || async { bed.ask(&grant(&bed, &pair)).await.code().to_owned() };
    let access = format!("/maskinporten/scopes/access/{SUPPLIER}?scope=fjord:fish/catch.read");
    let null = json!(null);
    assert_eq!(ask().await, "MP-250");

    let granted = bed.done(&format!("PUT {access}"), &null).await;
    assert_eq!(granted["state"], "APPROVED");
    assert_eq!(granted["owner_orgno"], FJORDBANKEN);
    let claims = bed.ask(&grant(&bed, &pair)).await.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{SUPPLIER}"));

    let mut shorter = scope();
    shorter["at_max_age"] = json!(30);
    let path = "PUT /maskinporten/scopes?scope=fjord:fish/catch.read";
    bed.done(path, &shorter).await;
    assert_eq!(bed.ask(&grant(&bed, &pair)).await.body["expires_in"], 29);
    shorter["allowed_integration_types"] = json!(["idporten"]);
    bed.done(path, &shorter).await;
    assert_eq!(ask().await, "MP-201");
    bed.done(path, &scope()).await;

    bed.done(&format!("DELETE {access}"), &null).await;
    assert_eq!(ask().await, "MP-250");
    let list = "/maskinporten/scopes/access?scope=fjord:fish/catch.read";
    let list = bed
        .read(&format!("{}{list}", bed.sandbox.addresses().admin))
        .await;
    assert_eq!(list[0]["state"], "DENIED");
    bed.done(
        "DELETE /maskinporten/scopes?scope=fjord:fish/catch.read",
        &null,
    )
    .await;
    assert_eq!(ask().await, "MP-200");
    bed.done(&format!("DELETE /maskinporten/clients/{CLIENT}"), &null)
        .await;
    assert_eq!(ask().await, "MP-100");
    for (call, body) in [
        ("POST /maskinporten/scopes", scope()),
        (
            "POST /maskinporten/clients",
            json!({ "client_id": CLIENT, "client_orgno": SUPPLIER }),
        ),
    ] {
        let (status, answer) = bed.administer(call, &body).await;
        assert_eq!(
            (status, &answer["error"]),
            (409, &json!("conflict")),
            "out of use, not gone"
        );
    }
}

#[tokio::test]
async fn what_is_told_can_be_sent_back() {
    let bed = TestBed::start().await;
    registered(&bed).await;
    let admin = &bed.sandbox.addresses().admin;
    let path = format!("/maskinporten/clients/{CLIENT}");
    let mut client = bed.read(&format!("{admin}{path}")).await;
    client["description"] = json!("torsk");
    client["created"] = json!("2026-01-01T00:00:00Z");
    client["authorization_lifetime"] = json!(7200);
    let told = bed.done(&format!("PUT {path}"), &client).await;
    assert_eq!(told["description"], "torsk");
    let keys = bed.read(&format!("{admin}{path}/jwks")).await;
    assert_eq!(
        keys["keys"].as_array().unwrap().len(),
        1,
        "a client keeps its keys"
    );

    let scopes = bed.read(&format!("{admin}/maskinporten/scopes/all")).await;
    let fish = scopes
        .as_array()
        .unwrap()
        .iter()
        .find(|scope| scope["prefix"] == "fjord")
        .unwrap();
    let path = "PUT /maskinporten/scopes?scope=fjord:fish/catch.read";
    assert_eq!(bed.done(path, fish).await, *fish);
}

#[tokio::test]
async fn a_change_takes_its_time_by_a_switch() {
    let bed = TestBed::start().await;
    let switch = json!({ "config_propagation_delay_s": 900 });
    bed.done("PUT /maskinporten/switches", &switch).await;
    let scope = "altinn:consentrequests.read";
    let path = format!("/maskinporten/scopes/access/{FJORDBANKEN}?scope={scope}");
    bed.done(&format!("DELETE {path}"), &json!(null)).await;
    let list = format!("/maskinporten/scopes/access?scope={scope}");
    let list = bed
        .read(&format!("{}{list}", bed.sandbox.addresses().admin))
        .await;
    assert_eq!(list[0]["state"], "DENIED", "it is registered at once");
    for (offset, code) in [(0, ""), (895, ""), (901, "MP-250")] {
        bed.clock.set_offset(offset);
        let answer = bed.ask(&bed.grant().with("scope", scope)).await;
        assert_eq!(answer.code(), code, "after {offset} s");
    }
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

async fn assert_refused(bed: &TestBed, call: &str, body: &Value, status: u16, text: &str) {
    let (answered, answer) = bed.administer(call, body).await;
    let said = answer["error_description"].as_str().unwrap_or_default();
    assert!(said.contains(text), "{call} {body}: {answer}");
    assert_eq!(answered, status, "{call} {body}: {answer}");
    assert_eq!(answer["status"], status, "{answer}");
    assert!(answer["correlation_id"].is_string() && answer["timestamp"].is_string());
}

#[tokio::test]
async fn scopes_that_cannot_be() {
    let bed = TestBed::start().await;
    registered(&bed).await;
    let table = [
        ("colour", json!("red"), "unknown field `colour`"),
        ("owner_orgno", json!("311111111"), "no organisation"),
        ("prefix", json!("a:b"), "prefix: letters"),
        ("subscope", json!("a b"), "subscope: visible"),
        ("visibility", json!("SECRET"), "unknown variant `SECRET`"),
        ("token_type", json!("JWT"), "unknown variant `JWT`"),
        ("delegation_source", json!("https://x/"), "is none"),
        ("at_max_age", json!(-1), "at_max_age: seconds"),
    ];
    let post = "POST /maskinporten/scopes";
    for (name, value, text) in table {
        assert_refused(&bed, post, &with(scope(), name, value), 400, text).await;
    }
    assert_refused(&bed, post, &scope(), 409, "there is such a scope").await;
    let other = "PUT /maskinporten/scopes?scope=fjord:other";
    assert_refused(&bed, other, &scope(), 404, "no such scope").await;

    let access = "PUT /maskinporten/scopes/access/310000108?scope=a:b";
    assert_refused(&bed, access, &json!(null), 404, "no such scope").await;
    let nobody = "PUT /maskinporten/scopes/access/311111111?scope=fjord:fish/catch.read";
    assert_refused(&bed, nobody, &json!(null), 400, "no organisation").await;
}

#[tokio::test]
async fn clients_that_cannot_be() {
    let bed = TestBed::start().await;
    let client = || json!({ "client_orgno": SUPPLIER });
    let table = [
        ("scope", json!("a"), "unknown field `scope`"),
        ("client_orgno", json!("1"), "no organisation 1"),
        ("scopes", json!(["a:b"]), "there is no scope a:b"),
        ("integration_type", json!("idporten"), "maskinporten alone"),
        ("grant_types", json!(["implicit"]), "grant_types: urn:ietf"),
        ("access_token_lifetime", json!(7201), "1–7200 seconds"),
    ];
    let post = "POST /maskinporten/clients";
    for (name, value, text) in table {
        assert_refused(&bed, post, &with(client(), name, value), 400, text).await;
    }
    let in_anothers_name = with(client(), "supplier_orgno", json!(FJORDBANKEN));
    let delegated = json!(["fjellapi:deliveries.read"]);
    let delegated = with(in_anothers_name, "scopes", delegated);
    assert_refused(&bed, post, &delegated, 400, "a client of its own").await;
    let unknown = "PUT /maskinporten/clients/x";
    assert_refused(&bed, unknown, &client(), 404, "no such client").await;
    let keys = "POST /maskinporten/clients/x/jwks";
    assert_refused(&bed, keys, &json!({ "keys": [] }), 400, "one to 5 keys").await;
}

#[tokio::test]
async fn organisations_have_good_numbers() {
    let bed = TestBed::start().await;
    let post = "POST /maskinporten/organisations";
    let new = |number: &str| json!({ "orgno": number, "name": "Fisk AS" });
    assert_refused(&bed, post, &new("311111111"), 400, "a check digit").await;
    assert_eq!(bed.done(post, &new("310000507")).await, new("310000507"));
    assert_refused(&bed, post, &new("310000507"), 409, "already").await;
}
