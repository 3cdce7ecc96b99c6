//! Metadata, published keys, and what an API makes of tokens when the keys change.

use sandbox::interfaces::TokenError;
use sandbox::maskinporten::Switches;
use serde_json::{Value, json};
use time::Duration;

use crate::maskinporten::support::TestBed;

async fn kids(bed: &TestBed) -> Vec<String> {
    let keys = bed
        .read(&format!("{}jwk", bed.maskinporten().issuer()))
        .await;
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    keys["keys"].as_array().unwrap().iter().map(kid).collect()
}

#[tokio::test]
async fn the_metadata_is_as_published() {
    let bed = TestBed::start().await;
    let issuer = bed.maskinporten().issuer().to_owned();
    let address = format!("{issuer}.well-known/oauth-authorization-server");
    let text = bed
        .http
        .get(&address)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let expected = format!(
        concat!(
            r#"{{"authorization_details_types_supported":["#,
            r#""urn:altinn:systemuser","urn:altinn:consent"],"#,
            r#""grant_types_supported":["urn:ietf:params:oauth:grant-type:jwt-bearer"],"#,
            r#""issuer":"{0}","jwks_uri":"{0}jwk","token_endpoint":"{0}token","#,
            r#""token_endpoint_auth_methods_supported":["private_key_jwt"],"#,
            r#""token_endpoint_auth_signing_alg_values_supported":["RS256","RS384","RS512"]}}"#
        ),
        issuer
    );
    assert_eq!(text, expected);

    let wrong = Switches {
        metadata_issuer: Some("https://elsewhere.example/".to_owned()),
        ..Switches::default()
    };
    bed.maskinporten().set_switches(wrong);
    assert_eq!(
        bed.read(&address).await["issuer"],
        "https://elsewhere.example/"
    );
    let openid = format!("{issuer}.well-known/openid-configuration");
    assert_eq!(bed.http.get(openid).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn keys_are_published_before_they_sign_and_after() {
    let bed = TestBed::start().await;
    let verify = |token: &str| {
        bed.maskinporten()
            .verify(bed.clock.now(), token)
            .map(|_| ())
    };
    let step = |step: &'static str| {
        let path = format!("/maskinporten/keys/{step}");
        let bed = &bed;
        async move { bed.admin(reqwest::Method::POST, &path, &json!(null)).await }
    };
    let first = kids(&bed).await;
    let old = bed.ask(&bed.grant()).await;
    assert_eq!(step("switch").await, 409, "nothing to switch to");
    assert_eq!(step("retire").await, 409, "nothing to retire");

    assert_eq!(step("publish").await, 204);
    let both = kids(&bed).await;
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    let still = bed.ask(&bed.grant()).await;
    assert!(still.part(0).contains(&first[0]));

    assert_eq!(step("switch").await, 204);
    assert_eq!(kids(&bed).await.len(), 2);
    let new = bed.ask(&bed.grant()).await;
    assert!(new.part(0).contains(&both[1]));
    assert_eq!(verify(old.token()), Ok(()));
    assert_eq!(verify(new.token()), Ok(()));

    assert_eq!(step("retire").await, 204);
    assert_eq!(kids(&bed).await, [both[1].clone()]);
    assert_eq!(verify(old.token()), Err(TokenError::UnknownKey));
    assert_eq!(verify(new.token()), Ok(()));
}

#[tokio::test]
async fn an_api_refuses_what_is_no_good_token() {
    let bed = TestBed::start().await;
    let verify = |token: &str| {
        bed.maskinporten()
            .verify(bed.clock.now(), token)
            .map(|_| ())
    };
    let answer = bed.ask(&bed.grant()).await;
    let claims = answer.claims();

    let mut foreign = claims.clone();
    foreign["iss"] = json!("https://elsewhere.example/");
    let foreign = bed.maskinporten().sign(&foreign).unwrap();
    assert_eq!(verify(&foreign), Err(TokenError::Issuer));

    let mut other = claims.clone();
    other["scope"] = json!("a:b");
    let other = bed.maskinporten().sign(&other).unwrap();
    let (signed, _) = answer.token().rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    assert_eq!(
        verify(&format!("{signed}.{signature}")),
        Err(TokenError::Signature)
    );

    let (_, rest) = answer.token().split_once('.').unwrap();
    let kid = &kids(&bed).await[0];
    for algorithm in ["HS256", "RS384"] {
        use base64::Engine;
        let header = format!(r#"{{"kid":"{kid}","alg":"{algorithm}"}}"#);
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
        assert_eq!(
            verify(&format!("{header}.{rest}")),
            Err(TokenError::Signature),
            "{algorithm}"
        );
    }
    assert_eq!(verify("not.a.token"), Err(TokenError::Malformed));

    bed.clock.set_offset(Duration::seconds(131).whole_seconds());
    assert_eq!(verify(answer.token()), Err(TokenError::Expired));
}
