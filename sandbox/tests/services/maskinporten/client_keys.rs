//! The keys that a client's owner registers.

use serde_json::{Value, json};
use time::Duration;

use crate::maskinporten::self_service::{CLIENT, SUPPLIER, grant, jwk, registered};
use crate::maskinporten::support::TestBed;

#[tokio::test]
async fn keys_are_replaced_together_and_start_a_new_year() {
    let bed = TestBed::start().await;
    let pair = registered(&bed).await;
    let access = format!("/maskinporten/scopes/access/{SUPPLIER}?scope=fjord:fish/catch.read");
    bed.done(&format!("PUT {access}"), &json!(null)).await;
    let path = format!("/maskinporten/clients/{CLIENT}/jwks");
    let set = |kids: &[&str]| {
        let keys: Vec<_> = kids.iter().map(|kid| jwk(&pair, kid)).collect();
        json!({ "keys": keys })
    };
    bed.clock.set_offset(Duration::days(366).whole_seconds());
    assert_eq!(bed.ask(&grant(&bed, &pair)).await.code(), "MP-121");
    let five = set(&["k-1", "k-2", "k-3", "k-4", "k-5"]);
    let told = bed.done(&format!("PUT {path}"), &five).await;
    let year = (bed.clock.now() + Duration::days(365)).unix_timestamp();
    assert!((told["keys"][4]["exp"].as_i64().unwrap() - year).abs() <= 2);
    assert_eq!(bed.ask(&grant(&bed, &pair)).await.status, 200);

    let put = format!("PUT {path}");
    let six = set(&["k-1", "k-2", "k-3", "k-4", "k-5", "k-6"]);
    assert_eq!(bed.administer(&put, &six).await.0, 400);
    bed.done(&format!("POST {path}"), &set(&["k-2"])).await;
    let unknown = bed.ask(&grant(&bed, &pair)).await;
    assert!(
        unknown.description().contains("Unknown key identifier"),
        "{unknown:?}"
    );
    bed.done(&format!("DELETE {path}"), &json!(null)).await;
    let keys = bed
        .read(&format!("{}{path}", bed.sandbox.addresses().admin))
        .await;
    assert_eq!(keys, json!({ "keys": [] }));
}

#[tokio::test]
async fn keys_that_are_none() {
    let bed = TestBed::start().await;
    let pair = registered(&bed).await;
    let good = jwk(&pair, "k-1");
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let without = |name: &str| {
        let mut key = good.clone();
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let put = format!("PUT /maskinporten/clients/{CLIENT}/jwks");
    let table = [
        (without("use"), "missing field `use`"),
        (without("alg"), "missing field `alg`"),
        (without("kid"), "missing field `kid`"),
        (with("use", json!("enc")), "use: sig alone"),
        (with("alg", json!("PS256")), "alg: RS256, RS384 or RS512"),
        (with("kty", json!("EC")), "kty: RSA alone"),
        (with("kid", json!("a b")), "kid: letters, digits"),
        (with("n", json!("AQAB")), "n: 2048 bits"),
        (with("exp", json!(1)), "exp: a time to come"),
        (with("d", json!("AQAB")), "a private key"),
        (with("x5c", json!([])), "unknown field `x5c`"),
    ];
    for (key, text) in table {
        let (status, answer) = bed.administer(&put, &json!({ "keys": [key] })).await;
        let said = answer["error_description"].as_str().unwrap();
        assert!(
            status == 400 && said.contains(text),
            "{text}: {status} {answer}"
        );
    }
    let (status, answer) = bed.administer(&put, &json!({ "keys": [good, good] })).await;
    assert_eq!(
        (status, &answer["errors"][0]["fieldIdentifier"]),
        (400, &json!("kid"))
    );
}

#[tokio::test]
async fn a_kid_is_the_clients_own_or_everybodys_by_a_switch() {
    let bed = TestBed::start().await;
    let pair = registered(&bed).await;
    let put = format!("PUT /maskinporten/clients/{CLIENT}/jwks");
    let theirs = json!({ "keys": [jwk(&pair, "fjordbanken-1")] });
    bed.done(&put, &theirs).await;
    let switch = json!({ "kid_uniqueness": "global" });
    bed.done("PUT /maskinporten/switches", &switch).await;
    let (status, answer) = bed.administer(&put, &theirs).await;
    assert_eq!(status, 409, "{answer}");
    bed.done(&put, &json!({ "keys": [jwk(&pair, "fisk-1")] }))
        .await;
}
