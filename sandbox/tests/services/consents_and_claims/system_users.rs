//! Krav og betalinger for accounting systems: by the party's system user, and by nothing else.

use http::Method;
use sandbox::altinn::{DEMO_SYSTEM, DEMO_SYSTEM_USER};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::consents_and_claims::skatteetaten::consented;
use crate::consents_and_claims::support::{Answer, CLAIMS, COMPANY, TestBed, organisation};

const ANOTHER: &str = "314055403";
const PERSON: &str = "02829090123";

fn acting(owner: &str, id: Uuid) -> Value {
    json!({
        "scope": CLAIMS,
        "authorization_details": [{
            "type": "urn:altinn:systemuser",
            "systemuser_org": organisation(owner),
            "systemuser_id": [id],
            "system_id": DEMO_SYSTEM,
        }],
    })
}

async fn read(bed: &TestBed, claims: &Value, package: &str, party: &str) -> Answer {
    let origin = &bed.sandbox.addresses().skatteetaten;
    let url = format!("{origin}/v1/{package}/{party}/aapnekrav");
    let token = bed.token(claims);
    bed.send(Method::GET, &url, &token, None).await
}

#[tokio::test]
async fn the_partys_own_opens_what_its_consent_opens_to_a_bank() {
    let bed = TestBed::start().await;
    let user = acting(COMPANY, DEMO_SYSTEM_USER);
    let accounts = read(&bed, &user, "regnskapssystem", COMPANY).await;
    assert_eq!(accounts.status, 200, "{accounts:?}");
    let bank = read(&bed, &consented(&bed, COMPANY), "finans", COMPANY).await;
    assert_eq!(accounts.body, bank.body);
}

#[tokio::test]
async fn anything_else_is_refused() {
    let bed = TestBed::start().await;
    let own = acting(COMPANY, DEMO_SYSTEM_USER);
    let mut without_id = own.clone();
    without_id["authorization_details"][0]["systemuser_id"] = Value::Null;
    let mut without_scope = own.clone();
    without_scope["scope"] = json!("skatteetaten:inntekt");
    let table = [
        ("finans", own.clone(), COMPANY, 403, "KB-005"),
        ("regnskapssystem", own.clone(), ANOTHER, 403, "KB-005"),
        ("regnskapssystem", own.clone(), PERSON, 403, "KB-005"),
        ("regnskapssystem", without_id, COMPANY, 403, "KB-005"),
        ("regnskapssystem", without_scope, COMPANY, 401, "KB-004"),
        // Of another party, presented as this party's.
        (
            "regnskapssystem",
            acting(ANOTHER, DEMO_SYSTEM_USER),
            ANOTHER,
            403,
            "KB-005",
        ),
        (
            "regnskapssystem",
            acting(COMPANY, Uuid::new_v4()),
            COMPANY,
            403,
            "KB-005",
        ),
    ];
    for (package, claims, party, status, code) in table {
        let answer = read(&bed, &claims, package, party).await;
        let told = (answer.status.as_u16(), answer.json()["kode"].clone());
        assert_eq!(told, (status, json!(code)), "{package} {claims}");
    }
}

#[tokio::test]
async fn a_token_outlives_neither_the_right_nor_the_system_user() {
    let bed = TestBed::start().await;
    let own = acting(COMPANY, DEMO_SYSTEM_USER);
    let altinn = &bed.services().altinn;
    assert!(altinn.set_system_user_rights(DEMO_SYSTEM_USER, &["ske-kontroll"]));
    let refused = read(&bed, &own, "regnskapssystem", COMPANY).await;
    assert_eq!(refused.json()["kode"], "KB-005");
    altinn.set_system_user_rights(DEMO_SYSTEM_USER, &["ske-krav-og-betalinger"]);
    let good = read(&bed, &own, "regnskapssystem", COMPANY).await;
    assert_eq!(good.status, 200, "{good:?}");

    bed.services().altinn.delete_system_user(DEMO_SYSTEM_USER);
    let gone = read(&bed, &own, "regnskapssystem", COMPANY).await;
    assert_eq!(gone.json()["kode"], "KB-005");
}
