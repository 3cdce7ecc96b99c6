//! The exchange of Maskinporten's token for Altinn's.

use http::StatusCode;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::support::{Answer, BANK, Bench};

const SCOPE: &str = "altinn:instances.read";

async fn exchange(bench: &Bench, provider: &str, token: &str, header: (&str, &str)) -> Answer {
    let origin = &bench.sandbox.addresses().altinn;
    let url = format!("{origin}/authentication/api/v1/exchange/{provider}");
    let request = bench.http.get(url).bearer_auth(token);
    Answer::read(request.header(header.0, header.1).send().await.unwrap()).await
}

#[tokio::test]
async fn the_new_token_is_altinns_own() {
    let bench = Bench::start().await;
    let token = bench.scoped(BANK, SCOPE);

    let exchanged = exchange(&bench, "Maskinporten", &token, ("Accept", "*/*")).await;

    assert_eq!(exchanged.status, StatusCode::OK);
    let origin = &bench.sandbox.addresses().altinn;
    let issuer = format!("{origin}/authentication/api/v1/openid/");
    let jwks = format!("{issuer}.well-known/openid-configuration/jwks");
    let jwks: Value = bench
        .http
        .get(jwks)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let key: Jwk = serde_json::from_value(jwks["keys"][0].clone()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[&issuer]);
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(&key).unwrap();
    let token = jsonwebtoken::decode::<Value>(&exchanged.body, &key, &validation).unwrap();
    assert_eq!(token.header.kid.unwrap().len(), 40);
    let claims = token.claims;
    assert_eq!(claims["urn:altinn:orgNumber"], BANK);
    assert_eq!(claims["urn:altinn:authlevel"], 3);
    assert_eq!(claims["scope"], SCOPE);
    assert_eq!(claims["consumer"]["ID"], format!("0192:{BANK}"));
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lifetime, 30 * 60);
}

#[tokio::test]
async fn as_json_it_stands_in_quotes() {
    let bench = Bench::start().await;
    let token = bench.scoped(BANK, SCOPE);
    let json = ("Accept", "application/json");
    let exchanged = exchange(&bench, "maskinporten", &token, json).await;
    assert!(exchanged.body.starts_with("\"eyJ") && exchanged.body.ends_with('"'));
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let bench = Bench::start().await;
    let good = bench.scoped(BANK, SCOPE);
    let nobodys = bench.token(&json!({ "scope": SCOPE, "consumer": null }));
    let enterprise_user = ("X-Altinn-EnterpriseUser-Authentication", "dTpw");
    let nothing = ("Accept", "*/*");
    for (provider, token, header, status) in [
        ("elsewhere", good.as_str(), nothing, 400),
        ("maskinporten", "a.b.c", nothing, 401),
        ("maskinporten", nobodys.as_str(), nothing, 401),
        ("id-porten", good.as_str(), nothing, 401),
        ("maskinporten", "a.b.c", enterprise_user, 401),
        ("maskinporten", good.as_str(), enterprise_user, 410),
    ] {
        let refused = exchange(&bench, provider, token, header).await;
        assert_eq!(refused.status.as_u16(), status, "{provider}");
    }
}
