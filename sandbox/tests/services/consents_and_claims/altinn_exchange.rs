//! The exchange of Maskinporten's token for Altinn's.

use http::StatusCode;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::consents_and_claims::support::{Answer, BANK, TestBed, WRITE};

const SCOPE: &str = "altinn:instances.read";

async fn exchange(bed: &TestBed, provider: &str, token: &str, header: (&str, &str)) -> Answer {
    let origin = &bed.sandbox.addresses().altinn;
    let url = format!("{origin}/authentication/api/v1/exchange/{provider}");
    let request = bed.http.get(url).bearer_auth(token);
    Answer::read(request.header(header.0, header.1).send().await.unwrap()).await
}

#[tokio::test]
async fn the_new_token_is_altinns_own() {
    let bed = TestBed::start().await;
    let token = bed.scoped(BANK, SCOPE);

    let exchanged = exchange(&bed, "Maskinporten", &token, ("Accept", "*/*")).await;

    assert_eq!(exchanged.status, StatusCode::OK);
    let origin = &bed.sandbox.addresses().altinn;
    let issuer = format!("{origin}/authentication/api/v1/openid/");
    let jwks = format!("{issuer}.well-known/openid-configuration/jwks");
    let jwks: Value = bed
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
    let bed = TestBed::start().await;
    let token = bed.scoped(BANK, SCOPE);
    let json = ("Accept", "application/json");
    let exchanged = exchange(&bed, "maskinporten", &token, json).await;
    assert!(exchanged.body.starts_with("\"eyJ") && exchanged.body.ends_with('"'));
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let bed = TestBed::start().await;
    let good = bed.scoped(BANK, SCOPE);
    let nobodys = bed.token(&json!({ "scope": SCOPE, "consumer": null }));
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
        let refused = exchange(&bed, provider, token, header).await;
        assert_eq!(refused.status.as_u16(), status, "{provider}");
    }
}

#[tokio::test]
async fn the_consent_api_takes_the_exchanged_token_too() {
    let bed = TestBed::start().await;
    let from = bed.scoped(BANK, WRITE);
    let any = ("Accept", "*/*");
    let exchanged = exchange(&bed, "maskinporten", &from, any).await.body;
    let id = Uuid::new_v4();
    let created = bed.create_as(&exchanged, &bed.request(id)).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let read = bed.read_as(&exchanged, &id.to_string()).await;
    assert_eq!(read.status, StatusCode::OK);

    // Its scope and its time count, as Maskinporten's.
    let scopeless = bed.scoped(BANK, SCOPE);
    let scopeless = exchange(&bed, "maskinporten", &scopeless, any).await.body;
    let refused = bed.create_as(&scopeless, &bed.request(id)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let (head, signature) = exchanged.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let refused = bed.create_as(&forged, &bed.request(id)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    bed.advance(30 * 60);
    let late = bed.read_as(&exchanged, &id.to_string()).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);

    // Another sandbox's Altinn is another issuer.
    let other = TestBed::start().await;
    let token = exchange(&other, "maskinporten", &other.scoped(BANK, WRITE), any).await;
    let refused = bed.create_as(&token.body, &bed.request(id)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
