//! Precedence of errors for a grant with several faults: each case also has all faults that come
//! after its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, RsaKeySize};
use sandbox::maskinporten::Scope;
use sandbox::pki::{Profile, rsa_key};
use sandbox::population::{DEMO_DELEGATED_SCOPE, FJORDBANKEN};
use serde_json::{Value, json};

use crate::maskinporten::support::{Grant, TestBed};

/// Builds a grant with a valid client, and a fault in each later check.
fn wrong(bed: &TestBed) -> Grant {
    let now = bed.clock.now().unix_timestamp();
    bed.grant()
        .with("aud", "https://elsewhere.example/")
        .with("iat", now + 20)
        .with("exp", now)
        .with("anything", true)
        .with("scope", "idporten:profile a:unknown")
        .with("consumer_org", "314055403")
        .with("authorization_details", json!([{ "type": "a" }]))
}

fn told(answer: &crate::maskinporten::support::Answer) -> String {
    let code = answer.code();
    let description = answer.description();
    if code.is_empty() { description } else { code }.to_owned()
}

#[tokio::test]
async fn who_it_is_from_goes_before_what_it_says() {
    let bed = TestBed::start().await;
    let key = rsa_key(RsaKeySize::_2048).unwrap();
    let x5c = |x5c: Value| json!({ "alg": "RS256", "x5c": x5c });
    let certified = |organisation: &str| {
        let now = bed.clock.now();
        let authority = &bed.sandbox.services().enterprise;
        let leaf = authority.issue(Profile::Seid2, organisation, "BANKEN", &key, now);
        x5c(json!([STANDARD.encode(leaf.unwrap())]))
    };
    let stranger: &KeyPair = &rsa_key(RsaKeySize::_2048).unwrap();
    let by = |client: Value| wrong(&bed).with("iss", client).key(stranger);
    let own = bed.grant().claims["iss"].clone();
    let others = bed.certified_grant().claims["iss"].clone();
    let unknown = json!({ "alg": "RS256", "kid": "unknown" });
    let table = [
        (by(json!("nobody")).header(unknown.clone()), "MP-100"),
        (by(own.clone()).header(unknown), "Unknown key identifier"),
        (by(others.clone()).header(x5c(json!("a"))), "MP-123"),
        (by(others.clone()).header(certified(FJORDBANKEN)), "MP-122"),
        (by(others).header(certified("310000302")), "MP-124"),
        (by(own), "MP-124"),
    ];
    for (grant, expected) in table {
        let told = told(&bed.ask(&grant).await);
        assert!(told.contains(expected), "{expected}: {told}");
    }
    bed.clock.set_offset(366 * 86_400);
    let old = told(&bed.ask(&wrong(&bed).key(stranger)).await);
    assert_eq!(old, "MP-121", "an old key goes before the signature");
}

#[tokio::test]
async fn what_it_says_goes_before_what_it_asks() {
    let bed = TestBed::start().await;
    let elsewhere = Scope {
        integration_types: vec!["idporten".to_owned()],
        ..Scope::default()
    };
    bed.add_scope("idporten:profile", elsewhere);
    let now = bed.clock.now().unix_timestamp();
    let audience = bed.maskinporten().issuer();
    let untouched = told(&bed.ask(&wrong(&bed)).await);
    assert_eq!(untouched, "MP-110");
    let steps = [
        ("aud", json!(audience), "MP-130"),
        ("exp", json!(now + 150), "Issue time is after now"),
        ("iat", json!(now), "MP-011"),
        ("exp", json!(now + 100), "MP-011"),
        ("anything", Value::Null, "MP-201"),
        ("scope", json!("a:unknown"), "MP-200"),
        ("scope", json!(DEMO_DELEGATED_SCOPE), "MP-250"),
    ];
    let mut grant = wrong(&bed);
    for (index, (claim, value, expected)) in steps.into_iter().enumerate() {
        grant = match value {
            Value::Null => grant.without(claim),
            value => grant.with(claim, value),
        };
        grant = grant.with("jti", format!("step {index}"));
        let told = told(&bed.ask(&grant).await);
        assert!(told.contains(expected), "{claim}: {expected}: {told}");
    }
    let again = told(&bed.ask(&grant).await);
    assert_eq!(again, "MP-012", "a replay goes before access");

    bed.maskinporten()
        .change(|register| register.grant(DEMO_DELEGATED_SCOPE, "314055403"));
    let undelegated = told(&bed.ask(&grant.with("jti", "undelegated")).await);
    assert_eq!(undelegated, "MP-251", "delegation goes before details");
    let details = bed
        .delegated_grant()
        .with("authorization_details", json!([{ "type": "b" }]));
    assert_eq!(told(&bed.ask(&details).await), "MP-301");
}
