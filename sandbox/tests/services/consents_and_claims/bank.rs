//! The bank: login tokens, keys and pages.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::redirect::Policy;
use sandbox::bank::{AUDIENCE, BACK_END, CUSTOMERS, Customer, Overrides, Signature};
use serde_json::{Value, json};

use crate::consents_and_claims::support::{Answer, TestBed};

async fn keys(bed: &TestBed) -> Vec<Value> {
    let url = format!("{}/jwks", bed.sandbox.addresses().login);
    let document: Value = bed
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    document["keys"].as_array().unwrap().clone()
}

/// Returns the token's claims, if one of the published keys has signed it for us.
async fn verify(bed: &TestBed, token: &str) -> Result<Value, String> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
    let keys = keys(bed).await;
    let key = keys
        .iter()
        .find(|key| key["kid"] == header.kid.as_deref().unwrap())
        .ok_or("kid")?;
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let key = DecodingKey::from_rsa_components(&text("n"), &text("e")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[bed.services().bank.issuer()]);
    validation.leeway = 0;
    jsonwebtoken::decode(token, &key, &validation)
        .map(|data| data.claims)
        .map_err(|error| error.to_string())
}

fn token(bed: &TestBed, overrides: &Overrides) -> String {
    bed.services()
        .bank
        .login_token(bed.now(), &CUSTOMERS[0], overrides)
        .unwrap()
}

#[tokio::test]
async fn tokens_say_who_the_customer_is() {
    let bed = TestBed::start().await;
    let claims = verify(&bed, &token(&bed, &Overrides::default()))
        .await
        .unwrap();
    assert_eq!(claims["iss"], bed.sandbox.addresses().login);
    assert_eq!(claims["pid"], "04827896468");
    assert_eq!(claims["organisations"], json!(["313367002", "314055403"]));
    assert_eq!(claims["consumer"], "310000205");
    assert_ne!(claims["sub"], claims["pid"]);
    assert!(Customer::named("odd").unwrap().organisations.is_empty());

    let url = format!(
        "{}/.well-known/openid-configuration",
        bed.sandbox.addresses().login
    );
    let metadata: Value = bed
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(metadata["issuer"], claims["iss"]);
    assert_eq!(
        metadata["jwks_uri"],
        format!("{}/jwks", bed.sandbox.addresses().login)
    );
}

#[tokio::test]
async fn tokens_can_be_wrong_in_every_way() {
    let bed = TestBed::start().await;
    let overrides = Overrides::default;
    for wrong in [
        overrides().expires_in(-1),
        overrides().claim("aud", "elsewhere"),
        overrides().claim("iss", "https://elsewhere.example"),
        overrides().claim("exp", Value::Null),
        overrides().signed(Signature::ForeignKey),
        overrides().signed(Signature::UnknownKey),
        overrides().signed(Signature::None),
        overrides().signed(Signature::PublicKeyAsSecret),
    ] {
        let token = token(&bed, &wrong);
        verify(&bed, &token).await.unwrap_err();
        assert_eq!(token.split('.').count(), 3);
    }
    let other = token(&bed, &overrides().claim("consumer", "310000302"));
    assert_eq!(verify(&bed, &other).await.unwrap()["consumer"], "310000302");
}

#[tokio::test]
async fn keys_are_changed_and_retired() {
    let bed = TestBed::start().await;
    let before = token(&bed, &Overrides::default());
    let admin = &bed.sandbox.addresses().admin;
    let act = async |what: &str| {
        bed.http
            .post(format!("{admin}/login/{what}"))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(act("keys/retire").await.status(), 409);
    assert_eq!(act("keys/change").await.status(), 204);
    assert_eq!(keys(&bed).await.len(), 2);
    verify(&bed, &before).await.unwrap();
    assert_eq!(act("keys/retire").await.status(), 204);
    assert_eq!(verify(&bed, &before).await.unwrap_err(), "kid");
    let over_admin = act("ragna/token").await.text().await.unwrap();
    verify(&bed, &over_admin).await.unwrap();
    let back_end = act(&format!("{BACK_END}/token"))
        .await
        .text()
        .await
        .unwrap();
    let claims = verify(&bed, &back_end).await.unwrap();
    assert_eq!(claims["client_id"], BACK_END);
    assert!(claims.get("pid").is_none(), "{claims}");
    assert_eq!(act("nobody/token").await.status(), 404);
}

#[tokio::test]
async fn the_page_logs_in_and_hands_out_tokens() {
    let bed = TestBed::start().await;
    let page = &bed.sandbox.addresses().bank_page;
    let http = reqwest::Client::builder()
        .cookie_store(true)
        .redirect(Policy::none())
        .build()
        .unwrap();
    let get = async |path: &str| {
        Answer::read(http.get(format!("{page}{path}")).send().await.unwrap()).await
    };
    let post = async |path: &str, origin: &str, form: &[(&str, &str)]| {
        let request = http
            .post(format!("{page}{path}"))
            .header("origin", origin)
            .form(form);
        Answer::read(request.send().await.unwrap()).await
    };
    assert_eq!(get("/login-token").await.status, 401);
    let choice = get("/").await.body;
    for customer in CUSTOMERS {
        assert!(
            choice.contains(customer.name) && !choice.contains(customer.pid),
            "{}",
            customer.name
        );
    }
    assert_eq!(
        post("/login", "https://evil.example", &[("customer", "ragna")])
            .await
            .status,
        403
    );
    let logged_in = post("/login", page, &[("customer", "ragna")]).await;
    let cookie = logged_in.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );

    let overview = get("/").await;
    assert!(
        overview.body.contains("Fjordvik Snekkerverksted")
            && overview.body.contains(r#"<html lang="nb">"#)
    );
    let policy = overview.header("content-security-policy");
    assert!(
        policy.contains("connect-src 'self' http://localhost:1;"),
        "{policy}"
    );
    let token = get("/login-token").await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(verify(&bed, &token).await.unwrap()["pid"], "04827896468");
    for asset in [
        "base.css",
        "bank.css",
        "bank.js",
        "app.js",
        "exact.js",
        "tables.js",
        "texts.js",
    ] {
        assert_eq!(
            get(&format!("/assets/{asset}")).await.status,
            200,
            "{asset}"
        );
    }
    assert_eq!(get("/assets/keys.pem").await.status, 404);

    assert_eq!(
        post("/language", page, &[("language", "en")]).await.status,
        303
    );
    assert!(get("/").await.body.contains(r#"<html lang="en">"#));
    post("/logout", page, &[]).await;
    assert_eq!(get("/login-token").await.status, 401);
}
