//! Acceptance criteria for a Maskinporten: 26 rows, each named by its number and its case.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, RsaKeySize};
use sandbox::interfaces::DELEGATION_SOURCE;
use sandbox::maskinporten::Scope;
use sandbox::pki::{Profile, rsa_key};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};
use serde_json::{Value, json};
use time::Duration;

use crate::maskinporten::support::{Expected, SCOPE, TestBed, assert_is, assert_refused};

const CUSTOMER: &str = "313367002";

const fn invalid(code: &'static str, text: &'static str) -> Expected {
    (400, "invalid_grant", code, text)
}

#[tokio::test]
async fn row_1_a_good_grant_gives_an_ordinary_token() {
    let bed = TestBed::start().await;
    let answer = bed.ask(&bed.grant()).await;

    let expected = format!(
        r#"{{"access_token":"{}","token_type":"Bearer","expires_in":119,"scope":"{SCOPE}"}}"#,
        answer.token()
    );
    assert_eq!(answer.text, expected);

    let keys = bed
        .read(&format!("{}jwk", bed.maskinporten().issuer()))
        .await;
    let kid = keys["keys"][0]["kid"].as_str().unwrap();
    assert_eq!(kid.len(), 43);
    assert_eq!(
        answer.part(0),
        format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#)
    );
    assert_eq!(
        answer.token().split('.').nth(2).unwrap().len(),
        512,
        "RSA-3072"
    );

    let claims = answer.claims();
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(jti.len(), 43);
    let (issued, expires) = (
        claims["iat"].as_i64().unwrap(),
        claims["exp"].as_i64().unwrap(),
    );
    assert_eq!(expires - issued, 120);
    let expected = format!(
        concat!(
            r#"{{"scope":"{}","iss":"{}","client_amr":"private_key_jwt","token_type":"Bearer","#,
            r#""exp":{},"iat":{},"client_id":"{}","jti":"{}","#,
            r#""consumer":{{"authority":"iso6523-actorid-upis","ID":"0192:{}"}}}}"#
        ),
        SCOPE,
        bed.maskinporten().issuer(),
        expires,
        issued,
        bed.sandbox.services().consumers[0].client_id,
        jti,
        FJORDBANKEN,
    );
    assert_eq!(answer.part(1), expected);
    let verified = bed.maskinporten().verify(bed.clock.now(), answer.token());
    assert_eq!(verified.unwrap(), claims);
}

#[tokio::test]
async fn rows_2_and_3_a_grant_works_once() {
    let bed = TestBed::start().await;
    let used = invalid("MP-012", "Grant is used before");
    let grant = bed.grant();
    assert_eq!(bed.ask(&grant).await.status, 200);
    assert_refused(&bed, "2 the same grant", &grant, used).await;
    let again = bed.grant().with("jti", grant.claims["jti"].clone());
    assert_refused(&bed, "3 the same jti", &again, used).await;

    let without = bed.grant().without("jti");
    assert_eq!(bed.ask(&without).await.status, 200);
    assert_refused(&bed, "2 the same grant without jti", &without, used).await;
    let refused = bed.grant().with("scope", "a:b");
    assert_eq!(bed.ask(&refused).await.code(), "MP-200");
    assert_refused(&bed, "2 a grant that was refused", &refused, used).await;
}

#[tokio::test]
async fn rows_4_to_9_claims() {
    let bed = TestBed::start().await;
    let issuer = bed.maskinporten().issuer().to_owned();
    let without_slash = issuer.trim_end_matches('/').to_owned();
    let now = bed.clock.now().unix_timestamp();
    let grant = || bed.grant();
    let audience = invalid("MP-110", "Invalid JWT claim aud");
    let table = [
        (
            "4 aud without slash",
            grant().with("aud", without_slash),
            audience,
        ),
        (
            "5 aud of two",
            grant().with("aud", json!([issuer, issuer])),
            audience,
        ),
        (
            "6 lives too long",
            grant().with("exp", now + 121),
            (400, "invalid_request", "MP-011", "Invalid assertion"),
        ),
        (
            "7 from the future",
            grant().with("iat", now + 30),
            invalid("", "Issue time is after now"),
        ),
        (
            "8 expired",
            grant().with("iat", now - 60).with("exp", now),
            invalid("MP-130", "JWT is expired"),
        ),
        (
            "9 unknown client",
            grant().with("iss", "x"),
            invalid("MP-100", "Client not found"),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn rows_10_to_13_keys_and_certificates() {
    let bed = TestBed::start().await;
    let chain = bed.certified_grant().header["x5c"].clone();
    let leaf = chain[0].clone();
    let key = rsa_key(RsaKeySize::_2048).unwrap();
    let authority = &bed.sandbox.services().enterprise;
    let other = authority
        .issue(
            Profile::Seid2,
            FJORDBANKEN,
            "BANKEN ASA",
            &key,
            bed.clock.now(),
        )
        .unwrap();
    let kid = |kid: &str| json!({ "alg": "RS256", "kid": kid });
    let x5c = |x5c: &Value| json!({ "alg": "RS256", "x5c": x5c });
    let table = [
        (
            "10 unknown kid",
            bed.grant().header(kid("another")),
            invalid("", "Unknown key identifier (kid) for client"),
        ),
        (
            "11 x5c of a client with keys",
            bed.grant().header(x5c(&chain)),
            invalid("", "requires pre-registered jwk and no key identifier"),
        ),
        (
            "12 x5c as a string",
            bed.certified_grant().header(x5c(&leaf)),
            invalid("MP-123", "Invalid JWT header x5c"),
        ),
        (
            "13 another organisation's certificate",
            bed.certified_grant()
                .header(x5c(&json!([STANDARD.encode(other)])))
                .key(&key),
            invalid("MP-122", "Does not match certificate orgno"),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn row_14_a_registered_key_lasts_a_year() {
    let bed = TestBed::start().await;
    bed.clock.set_offset(Duration::days(364).whole_seconds());
    assert_eq!(bed.ask(&bed.grant()).await.status, 200);
    bed.clock.set_offset(Duration::days(366).whole_seconds());
    let expired = invalid("MP-121", "Expired key");
    assert_refused(&bed, "14 old key", &bed.grant(), expired).await;
    let claims = bed.ask(&bed.certified_grant()).await.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{INNLANDSBANKEN}"));
}

#[tokio::test]
async fn row_15_a_payload_that_was_changed() {
    let bed = TestBed::start().await;
    let assertion = bed.grant().assertion();
    let other = bed.grant().with("scope", "a:b").assertion();
    let mut parts: Vec<_> = assertion.split('.').collect();
    parts[1] = other.split('.').nth(1).unwrap();
    let answer = bed.ask_with(&parts.join(".")).await;
    assert_is("15", &answer, invalid("MP-124", "Invalid JWT signature"));
}

#[tokio::test]
async fn rows_16_to_18_and_20_access() {
    let bed = TestBed::start().await;
    bed.add_scope("a:withdrawn", Scope::default());
    bed.maskinporten().change(|register| {
        register.withdraw("a:withdrawn", FJORDBANKEN);
        register.grant(SCOPE, CUSTOMER);
    });
    let grant = || bed.grant();
    let table = [
        (
            "16 not on the client",
            grant().with("scope", format!("{SCOPE} a:one a:two")),
            (
                400,
                "invalid_scope",
                "MP-200",
                "scopes for client, a:one a:two (trace_id",
            ),
        ),
        (
            "17 access withdrawn",
            grant().with("scope", "a:withdrawn"),
            (
                403,
                "forbidden",
                "MP-250",
                "granted access to the scope a:withdrawn.",
            ),
        ),
        (
            "18 not delegated",
            grant().with("consumer_org", CUSTOMER),
            (
                403,
                "forbidden",
                "MP-251",
                "Consumer 313367002 has not delegated access to the scope fjellapi:orders.read \
                 to supplier 310000205.",
            ),
        ),
        (
            "20 on behalf of itself",
            grant().with("consumer_org", FJORDBANKEN),
            (
                400,
                "invalid_request",
                "",
                "The combination consumer_org in claim and delegation scope on client is invalid",
            ),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn row_19_on_behalf_of_a_consumer() {
    let bed = TestBed::start().await;
    let claims = bed.ask(&bed.delegated_grant()).await.claims();
    let organisation = |number: &str| json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
    assert_eq!(claims["consumer"], organisation(CUSTOMER));
    assert_eq!(claims["supplier"], organisation(FJORDBANKEN));
    assert_eq!(claims["delegation_source"], DELEGATION_SOURCE);
    assert!(DELEGATION_SOURCE.ends_with('/'));
}

#[tokio::test]
async fn row_21_authorization_details() {
    let bed = TestBed::start().await;
    let detail = |detail: Value| bed.grant().with("authorization_details", json!([detail]));
    let organisation = |number: &str| json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
    let user = "urn:altinn:systemuser";
    let class = "invalid_authorization_details";
    let table = [
        (
            "21 type",
            detail(json!({ "type": "urn:altinn:concent" })),
            (400, class, "MP-301", "Unknown authorization details type"),
        ),
        (
            "21 field of a consent",
            detail(json!({ "type": "urn:altinn:consent", "id": "", "from": "", "scope": "" })),
            (
                400,
                class,
                "MP-302",
                "Unknown fields in authorization details: scope",
            ),
        ),
        (
            "21 field of a system user",
            detail(json!({ "type": user, "systemuser_org": organisation(CUSTOMER), "id": "" })),
            (
                400,
                class,
                "MP-302",
                "Unknown fields in authorization details: id",
            ),
        ),
        (
            "21 value of a consent",
            detail(json!({ "type": "urn:altinn:consent" })),
            (
                400,
                class,
                "MP-303",
                "Invalid authorization details values. Invalid id",
            ),
        ),
        (
            "21 value of a system user",
            detail(json!({ "type": user, "systemuser_org": organisation("314055403") })),
            (
                400,
                "invalid_altinn_customer_configuration",
                "MP-303",
                "Invalid authorization details values. No system user found",
            ),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
}

#[tokio::test]
async fn rows_22_and_23_resource() {
    let bed = TestBed::start().await;
    let resource = "https://api.fjell.example/orders";
    let grant = bed.grant().with("resource", json!([resource]));
    assert_eq!(bed.ask(&grant).await.claims()["aud"], resource, "22");
    let fragment = bed
        .grant()
        .with("resource", json!([format!("{resource}#1")]));
    let target = (400, "invalid_target", "", "Invalid resource");
    assert_refused(&bed, "23 fragment", &fragment, target).await;
}

#[tokio::test]
async fn row_24_the_shortest_lifetime_of_two_scopes() {
    let bed = TestBed::start().await;
    for (name, age) in [("a:short", 30), ("a:long", 300)] {
        let at_max_age_s = Some(age);
        bed.add_scope(
            name,
            Scope {
                at_max_age_s,
                ..Scope::default()
            },
        );
    }
    let answer = bed.ask(&bed.grant().with("scope", "a:long a:short")).await;
    let claims = answer.claims();
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(seconds("exp") - seconds("iat"), 30);
    assert_eq!(answer.body["expires_in"], 29);
}

#[tokio::test]
async fn row_25_an_elliptic_curve() {
    let bed = TestBed::start().await;
    let pair = KeyPair::generate().unwrap();
    let mut grant = bed.grant();
    grant.header["alg"] = json!("ES256");
    grant.algorithm = Algorithm::ES256;
    grant.key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    let malformed = (400, "invalid_request", "MP-011", "Invalid assertion");
    assert_refused(&bed, "25 ES256", &grant, malformed).await;
}
