//! Grants that are good, and the tokens they give.

use sandbox::consumer::{FJORDBANKEN, INNLANDSBANKEN};
use sandbox::maskinporten::{MetadataKey, Scope, Switches};
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::support::{Answer, Bench, GRANT_TYPE, SCOPE};

#[tokio::test]
async fn a_grant_with_a_registered_key_gives_an_ordinary_token() {
    let bench = Bench::start().await;
    let answer = bench.ask(&bench.grant()).await;

    let members: Vec<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 119);
    assert_eq!(answer.body["scope"], SCOPE);

    let keys = bench.read(&format!("{}jwk", bench.maskinporten().issuer())).await;
    let kid = keys["keys"][0]["kid"].as_str().unwrap();
    assert_eq!(kid.len(), 43);
    assert_eq!(answer.part(0), format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#));
    assert_eq!(answer.token().split('.').nth(2).unwrap().len(), 512, "RSA-3072");

    let claims = answer.claims();
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(jti.len(), 43);
    let (issued, expires) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert_eq!(expires - issued, 120);
    let expected = format!(
        concat!(
            r#"{{"scope":"{}","iss":"{}","client_amr":"private_key_jwt","token_type":"Bearer","#,
            r#""exp":{},"iat":{},"client_id":"{}","jti":"{}","#,
            r#""consumer":{{"authority":"iso6523-actorid-upis","ID":"0192:{}"}}}}"#
        ),
        SCOPE,
        bench.maskinporten().issuer(),
        expires,
        issued,
        bench.sandbox.world().consumers[0].client_id,
        jti,
        FJORDBANKEN,
    );
    assert_eq!(answer.part(1), expected);
    let verified = bench.maskinporten().verify(bench.clock.now(), answer.token());
    assert_eq!(verified.unwrap(), claims);
}

#[tokio::test]
async fn a_grant_with_a_certificate_needs_no_more_than_the_leaf() {
    let bench = Bench::start().await;
    let chain = bench.certified_grant();
    let mut leaf = bench.certified_grant();
    leaf.header["x5c"].as_array_mut().unwrap().truncate(1);
    for grant in [&chain, &leaf] {
        let claims = bench.ask(grant).await.claims();
        assert_eq!(claims["client_amr"], "virksomhetssertifikat");
        assert_eq!(claims["consumer"]["ID"], format!("0192:{INNLANDSBANKEN}"));
    }

    let strict = Switches { require_full_x5c_chain: true, ..Switches::default() };
    bench.maskinporten().set_switches(strict);
    let mut leaf = bench.certified_grant();
    leaf.header["x5c"].as_array_mut().unwrap().truncate(1);
    assert_eq!(bench.ask(&leaf).await.code(), "MP-120");
    assert_eq!(bench.ask(&bench.certified_grant()).await.status, 200);
}

#[tokio::test]
async fn variations_that_pass() {
    let bench = Bench::start().await;
    let now = bench.clock.now().unix_timestamp();
    let issuer = bench.maskinporten().issuer();
    let endpoint = bench.token_endpoint();
    let grants = [
        ("no jti", bench.grant().without("jti")),
        ("an audience of one", bench.grant().with("aud", json!([issuer]))),
        ("the endpoint as audience", bench.grant().with("aud", endpoint)),
        ("the longest life", bench.grant().with("exp", now + 120)),
        ("a clock 10 s ahead", bench.grant().with("iat", now + 10)),
        ("a clock behind", bench.grant().with("iat", now - 60).with("exp", now + 60)),
        ("registered claims", bench.grant().with("nbf", now).with("sub", "someone")),
    ];
    for (name, grant) in grants {
        assert_eq!(bench.ask(&grant).await.status, 200, "{name}");
    }
    for (algorithm, name) in
        [(jsonwebtoken::Algorithm::RS384, "RS384"), (jsonwebtoken::Algorithm::RS512, "RS512")]
    {
        let mut grant = bench.grant();
        grant.header["alg"] = json!(name);
        grant.algorithm = algorithm;
        assert_eq!(bench.ask(&grant).await.status, 200, "{name}");
    }
    let in_query = bench.http.post(bench.token_endpoint());
    let assertion = bench.grant().assertion();
    let in_query = in_query.query(&[("grant_type", GRANT_TYPE), ("assertion", &assertion)]);
    assert_eq!(Answer::of(in_query).await.status, 200);
}

#[tokio::test]
async fn a_resource_becomes_the_audience_and_a_person_is_copied() {
    let bench = Bench::start().await;
    let resource = "https://api.fjell.example/orders";
    for form in [json!([resource]), json!(resource)] {
        let grant = bench.grant().with("resource", form).with("pid", "02829090123");
        let claims = bench.ask(&grant).await.claims();
        assert_eq!(claims["aud"], resource);
        assert_eq!(claims["pid"], "02829090123");
    }
    let legacy = Switches { emit_aud_unspecified: true, ..Switches::default() };
    bench.maskinporten().set_switches(legacy);
    assert_eq!(bench.ask(&bench.grant()).await.claims()["aud"], "unspecified");
}

#[tokio::test]
async fn the_shortest_lifetime_wins() {
    let bench = Bench::start().await;
    bench.add_scope("a:short", Scope { at_max_age_s: Some(30), ..Scope::default() });
    bench.add_scope("a:long", Scope { at_max_age_s: Some(300), ..Scope::default() });
    bench.add_scope("a:unset", Scope { at_max_age_s: Some(0), ..Scope::default() });
    for (scope, client_lifetime, lifetime) in [
        ("a:short a:long", None, 30),
        ("a:long", None, 120),
        ("a:long", Some(1000), 300),
        ("a:unset", Some(7200), 7200),
    ] {
        bench.maskinporten().change(|register| {
            let id = bench.sandbox.world().consumers[0].client_id;
            register.client_mut(id).unwrap().token_lifetime_s = client_lifetime;
        });
        let answer = bench.ask(&bench.grant().with("scope", scope)).await;
        let claims = answer.claims();
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, lifetime, "{scope} {client_lifetime:?}");
        assert_eq!(answer.body["expires_in"], lifetime - 1);
        assert_eq!(claims["scope"], scope);
    }
    let brief = Switches { token_lifetime_s: Some(5), ..Switches::default() };
    bench.maskinporten().set_switches(brief);
    assert_eq!(bench.ask(&bench.grant()).await.body["expires_in"], 4);
}

const PERSON: &str = "02829090123";

#[tokio::test]
async fn a_consent_is_told_in_the_token_until_it_is_revoked() {
    let bench = Bench::start().await;
    let id = Uuid::new_v4();
    let altinn = &bench.sandbox.world().altinn;
    let from = format!("urn:altinn:person:identifier-no:{PERSON}");
    let asked = |id: Uuid, from: &str| {
        json!([{ "type": "urn:altinn:consent", "id": id.to_string(), "from": from }])
    };
    let grant = |details: Value| {
        bench
            .grant()
            .with("scope", "skatteetaten:kravogbetalinger")
            .with("authorization_details", details)
    };
    request_consent(&bench, id, &from).await;

    let pending = bench.ask(&grant(asked(id, &from))).await;
    assert_eq!((pending.status, pending.code()), (400, "MP-303"));
    assert!(pending.description().contains("AM-00014"), "{pending:?}");

    altinn.approve(bench.clock.now(), id, PERSON).unwrap();
    let given = bench.ask(&grant(asked(id, &from))).await;
    assert!(given.part(1).starts_with(r#"{"authorization_details":[{"type":"urn:altinn:consent","id":"#));
    let claims = given.claims();
    let detail = &claims["authorization_details"][0];
    assert_eq!(detail["id"], id.to_string());
    assert_eq!(detail["from"], from);
    assert_eq!(detail["to"], claims["consumer"]);
    assert_eq!(detail["to"]["ID"], format!("0192:{FJORDBANKEN}"));
    assert!(detail["consented"].as_str().unwrap().ends_with("+00:00"), "{detail}");
    let right = &detail["consentRights"][0];
    assert_eq!(right["resource"][0]["value"], "ske-samtykke-krav-og-betalinger");

    let other = "urn:altinn:person:identifier-no:14858512450";
    let wrong_from = bench.ask(&grant(asked(id, other))).await;
    assert_eq!((wrong_from.status, wrong_from.code()), (400, "MP-303"));
    assert!(wrong_from.description().contains("AM-00012"), "{wrong_from:?}");
    let unknown = bench.ask(&grant(asked(Uuid::new_v4(), &from))).await;
    assert!(unknown.description().contains("AM-00001"), "{unknown:?}");

    altinn.revoke(bench.clock.now(), id, PERSON).unwrap();
    let revoked = bench.ask(&grant(asked(id, &from))).await;
    assert_eq!((revoked.status, revoked.code()), (400, "MP-303"));
    assert!(revoked.description().contains("AM-00011"), "{revoked:?}");

    let counters = bench.read(&format!("{}/counters", bench.sandbox.addresses().admin)).await;
    let tokens = counters["tokens"].as_array().unwrap();
    let consent = tokens.iter().find(|token| token["authorization_details"].is_string()).unwrap();
    assert_eq!(consent["count"], 1, "refused grants are not counted");
}

#[tokio::test]
async fn a_consent_of_another_consumer_is_not_found() {
    let bench = Bench::start().await;
    let id = Uuid::new_v4();
    let from = format!("urn:altinn:person:identifier-no:{PERSON}");
    request_consent(&bench, id, &from).await;
    bench.sandbox.world().altinn.approve(bench.clock.now(), id, PERSON).unwrap();
    let details = json!([{ "type": "urn:altinn:consent", "id": id.to_string(), "from": from }]);
    let grant = bench.certified_grant().with("authorization_details", details);
    let answer = bench.ask(&grant).await;
    assert!(answer.description().contains("AM-00001"), "{answer:?}");
}

#[tokio::test]
async fn metadata_of_a_right_can_be_called_as_one_page_calls_it() {
    let bench = Bench::start().await;
    let id = Uuid::new_v4();
    let from = format!("urn:altinn:person:identifier-no:{PERSON}");
    request_consent(&bench, id, &from).await;
    bench.sandbox.world().altinn.approve(bench.clock.now(), id, PERSON).unwrap();
    let camel = Switches { metadata_key: MetadataKey::Camel, ..Switches::default() };
    bench.maskinporten().set_switches(camel);
    let details = json!([{ "type": "urn:altinn:consent", "id": id.to_string(), "from": from }]);
    let claims = bench.ask(&bench.grant().with("authorization_details", details)).await.claims();
    let right = &claims["authorization_details"][0]["consentRights"][0];
    assert!(right.get("metadata").is_none(), "{right}");
}

/// Asks Altinn for a consent, as the consumer with a registered key.
async fn request_consent(bench: &Bench, id: Uuid, from: &str) {
    let grant = bench.grant().with("scope", "altinn:consentrequests.write");
    let token = bench.ask(&grant).await.token().to_owned();
    let valid_to = bench.clock.now() + Duration::days(90);
    let format = time::format_description::well_known::Rfc3339;
    let altinn = &bench.sandbox.addresses().altinn;
    let response = bench
        .http
        .post(format!("{altinn}/accessmanagement/api/v1/enterprise/consentrequests"))
        .bearer_auth(token)
        .json(&json!({
            "id": id.to_string(),
            "from": from,
            "to": format!("urn:altinn:organization:identifier-no:{FJORDBANKEN}"),
            "validTo": valid_to.format(&format).unwrap(),
            "consentRights": [{
                "action": ["consent"],
                "resource": [{
                    "type": "urn:altinn:resource",
                    "value": "ske-samtykke-krav-og-betalinger",
                }],
            }],
            "redirectUrl": "https://app.example/consent/callback",
        }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
}
