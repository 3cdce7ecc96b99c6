//! The consent token: header, claims, keys.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::altinn2::support::{Answer, BANK, COMPANY, PERSON, TestBed, claims, part};

async fn keys(bed: &TestBed) -> Vec<Value> {
    let well_known = bed.address("/.well-known/oauth-authorization-server");
    let document = Answer::receive(bed.http.get(well_known)).await.json();
    let set = Answer::receive(bed.http.get(document["jwks_uri"].as_str().unwrap())).await;
    assert_eq!(set.header("cache-control"), "public, max-age=86400");
    set.json()["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_claims_are_the_documented_ones_and_no_others() {
    let bed = TestBed::start().await;
    let mut request = bed.request();
    request["OfferedBy"] = json!(PERSON);
    request["OfferedByName"] = json!("Brekke");
    request["ValidTo"] = json!(format!("{}-07-09T12:00:00+00:00", bed.now().year() + 1));
    request["RequestResources"] = json!([
        { "ServiceCode": "4628", "ServiceEditionCode": 210_607, "Metadata": { "inntektsaar": "2025" } },
        { "ServiceCode": "4804", "ServiceEditionCode": 210_607, "Metadata": { "fraOgMed": "2025-10", "tilOgMed": "2025-12" } },
    ]);
    let code = bed.given(&request).await;
    let proof = bed.proof(&code).await;

    let said = claims(&proof);
    let now = said["nbf"].as_i64().unwrap();
    let valid_to = format!("{}-07-09 12:00:00 +00:00:00", bed.now().year() + 1);
    let form = time::macros::format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory]:[offset_minute]:[offset_second]"
    );
    let valid_to = time::OffsetDateTime::parse(&valid_to, form)
        .unwrap()
        .unix_timestamp();
    let expected = json!({
        "Services": [
            "4628_210607", "4628_210607_inntektsaar=2025",
            "4804_210607", "4804_210607_fraOgMed=2025-10", "4804_210607_tilOgMed=2025-12",
        ],
        "AuthorizationCode": code,
        "OfferedBy": PERSON,
        "CoveredBy": BANK,
        "DelegatedDate": said["DelegatedDate"].as_i64().unwrap(),
        "ValidToDate": valid_to,
        "nbf": now,
        "exp": now + 30,
        "iat": now,
        "iss": "altinn.no",
    });
    assert_eq!(said, expected);
    assert!((bed.now().unix_timestamp() - now).abs() < 5);
    assert!((now - said["DelegatedDate"].as_i64().unwrap()).abs() < 5);
}

#[tokio::test]
async fn one_service_alone_is_not_in_a_list() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let said = claims(&bed.proof(&code).await);
    assert_eq!(said["Services"], "5928_202301");
    assert_eq!(said["OfferedBy"], COMPANY);
}

#[tokio::test]
async fn the_primary_signs_and_is_named_by_its_certificates_thumbprint() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    let proof = bed.proof(&code).await;
    let keys = keys(&bed).await;
    assert_eq!(keys.len(), 2);
    for key in &keys {
        let der = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha1::digest(&der));
        assert_eq!(
            (&key["kid"], &key["x5t"]),
            (&json!(thumbprint), &json!(thumbprint))
        );
        assert_eq!(thumbprint.len(), 27);
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        certificate.verify_signature(None).unwrap();
    }
    let header = part(&proof, 0);
    let kid = &keys[0]["kid"];
    assert_eq!(
        header,
        json!({ "alg": "RS256", "kid": kid, "x5t": kid, "typ": "JWT" })
    );

    let text = |name: &str| keys[0][name].as_str().unwrap().to_owned();
    let key = DecodingKey::from_rsa_components(&text("n"), &text("e")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&["altinn.no"]);
    jsonwebtoken::decode::<Value>(&proof, &key, &validation).unwrap();
}

#[tokio::test]
async fn the_announced_key_signs_next() {
    let bed = TestBed::start().await;
    let code = bed.given(&bed.request()).await;
    bed.proof(&code).await;
    let before = keys(&bed).await;
    let admin = &bed.sandbox.addresses().admin;
    let rotated = Answer::receive(bed.http.post(format!("{admin}/altinn2/keys/rotate"))).await;
    assert_eq!(rotated.status.as_u16(), 204);
    let after = keys(&bed).await;
    assert_eq!(after[0], before[1]);
    assert_eq!(part(&bed.proof(&code).await, 0)["kid"], before[1]["kid"]);
    assert!(after.iter().all(|key| *key != before[0]));
}
