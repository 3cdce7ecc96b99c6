//! Tokens that carry a consent: row 26 of the acceptance table, and more.

use sandbox::interfaces::DELEGATION_SOURCE;
use sandbox::population::{DEMO_DELEGATED_SCOPE, FJORDBANKEN};
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::maskinporten::support::TestBed;

const PERSON: &str = "02829090123";

#[tokio::test]
async fn row_26_a_consent_is_told_in_the_token_until_it_is_revoked() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let altinn = &bed.sandbox.services().altinn;
    let from = format!("urn:altinn:person:identifier-no:{PERSON}");
    let asked = |id: Uuid, from: &str| json!([{ "type": "urn:altinn:consent", "id": id.to_string(), "from": from }]);
    let grant = |details: Value| {
        bed.grant()
            .with("scope", "skatteetaten:kravogbetalinger")
            .with("authorization_details", details)
    };
    request_consent(&bed, id, &from).await;

    let pending = bed.ask(&grant(asked(id, &from))).await;
    assert_eq!((pending.status, pending.code()), (400, "MP-303"));
    assert!(pending.description().contains("AM-00014"), "{pending:?}");

    altinn.approve(bed.clock.now(), id, PERSON).unwrap();
    let given = bed.ask(&grant(asked(id, &from))).await;
    assert!(
        given
            .part(1)
            .starts_with(r#"{"authorization_details":[{"type":"urn:altinn:consent","id":"#)
    );
    let claims = given.claims();
    let detail = &claims["authorization_details"][0];
    assert_eq!(detail["id"], id.to_string());
    assert_eq!(detail["from"], from);
    assert_eq!(detail["to"], claims["consumer"]);
    assert_eq!(detail["to"]["ID"], format!("0192:{FJORDBANKEN}"));
    assert!(
        detail["consented"].as_str().unwrap().ends_with("+00:00"),
        "{detail}"
    );
    let right = &detail["consentRights"][0];
    assert_eq!(
        right["resource"][0]["value"],
        "ske-samtykke-krav-og-betalinger"
    );

    let other = "urn:altinn:person:identifier-no:14858512450";
    let wrong_from = bed.ask(&grant(asked(id, other))).await;
    assert_eq!((wrong_from.status, wrong_from.code()), (400, "MP-303"));
    assert!(
        wrong_from.description().contains("AM-00012"),
        "{wrong_from:?}"
    );
    let unknown = bed.ask(&grant(asked(Uuid::new_v4(), &from))).await;
    assert!(unknown.description().contains("AM-00001"), "{unknown:?}");

    altinn.revoke(bed.clock.now(), id, PERSON).unwrap();
    let revoked = bed.ask(&grant(asked(id, &from))).await;
    assert_eq!((revoked.status, revoked.code()), (400, "MP-303"));
    assert!(revoked.description().contains("AM-00011"), "{revoked:?}");

    let counters = bed
        .read(&format!("{}/counters", bed.sandbox.addresses().admin))
        .await;
    let tokens = counters["tokens"].as_array().unwrap();
    let consent = tokens
        .iter()
        .find(|token| token["authorization_details"].is_string())
        .unwrap();
    assert_eq!(consent["count"], 1, "refused grants are not counted");
}

#[tokio::test]
async fn a_consent_of_another_consumer_is_not_found() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let from = format!("urn:altinn:person:identifier-no:{PERSON}");
    request_consent(&bed, id, &from).await;
    bed.sandbox
        .services()
        .altinn
        .approve(bed.clock.now(), id, PERSON)
        .unwrap();
    let details = json!([{ "type": "urn:altinn:consent", "id": id.to_string(), "from": from }]);
    let grant = bed.certified_grant().with("authorization_details", details);
    let answer = bed.ask(&grant).await;
    assert!(answer.description().contains("AM-00001"), "{answer:?}");
}

#[tokio::test]
async fn a_supplier_uses_its_consumers_consent() {
    let bed = TestBed::start().await;
    let bank = "310000302";
    let id = Uuid::new_v4();
    let from = format!("urn:altinn:person:identifier-no:{PERSON}");
    let request = request(&bed, id, &from, bank);
    bed.done("POST /altinn/consents", &request).await;
    let approve = format!("POST /altinn/consents/{id}/approve");
    bed.done(&approve, &json!({ "person": "odd" })).await;
    bed.maskinporten().change(|register| {
        register.grant(DEMO_DELEGATED_SCOPE, bank);
    });
    let details = json!([{ "type": "urn:altinn:consent", "id": id.to_string(), "from": from }]);
    let grant = || {
        let grant = bed.grant().with("scope", DEMO_DELEGATED_SCOPE);
        grant.with("authorization_details", details.clone())
    };
    let for_itself = bed.ask(&grant()).await;
    assert_eq!(
        for_itself.code(),
        "MP-303",
        "the consumer must be the receiver"
    );

    let delegation = json!({
        "supplier_org": FJORDBANKEN, "consumer_org": bank, "scope": DEMO_DELEGATED_SCOPE,
    });
    bed.done("POST /altinn/delegations", &delegation).await;
    let claims = bed.ask(&grant().with("consumer_org", bank)).await.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{bank}"));
    assert_eq!(claims["authorization_details"][0]["to"], claims["consumer"]);
    assert_eq!(claims["supplier"]["ID"], format!("0192:{FJORDBANKEN}"));
    assert_eq!(claims["delegation_source"], DELEGATION_SOURCE);
}

/// Requests a consent of Altinn, as the consumer with a registered key.
async fn request_consent(bed: &TestBed, id: Uuid, from: &str) {
    let grant = bed.grant().with("scope", "altinn:consentrequests.write");
    let token = bed.ask(&grant).await.token().to_owned();
    let altinn = &bed.sandbox.addresses().altinn;
    let response = bed
        .http
        .post(format!(
            "{altinn}/accessmanagement/api/v1/enterprise/consentrequests"
        ))
        .bearer_auth(token)
        .json(&request(bed, id, from, FJORDBANKEN))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
}

/// The body of a request for consent to `to`.
fn request(bed: &TestBed, id: Uuid, from: &str, to: &str) -> Value {
    let valid_to = bed.clock.now() + Duration::days(90);
    let format = time::format_description::well_known::Rfc3339;
    json!({
        "id": id.to_string(),
        "from": from,
        "to": format!("urn:altinn:organization:identifier-no:{to}"),
        "validTo": valid_to.format(&format).unwrap(),
        "consentRights": [{
            "action": ["consent"],
            "resource": [{
                "type": "urn:altinn:resource",
                "value": "ske-samtykke-krav-og-betalinger",
            }],
        }],
        "redirectUrl": "https://app.example/consent/callback",
    })
}
