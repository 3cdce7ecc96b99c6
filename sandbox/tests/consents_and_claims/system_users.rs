//! Krav og betalinger for accounting systems: by the party's system user, and by nothing else.

use http::Method;
use sandbox::altinn::{DEMO_SYSTEM, DEMO_SYSTEM_USER, System};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::skatteetaten::consented;
use crate::support::{Answer, Bench, CLAIMS, COMPANY, organisation};

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

async fn read(bench: &Bench, claims: &Value, package: &str, party: &str) -> Answer {
    let origin = &bench.sandbox.addresses().skatteetaten;
    let url = format!("{origin}/v1/{package}/{party}/aapnekrav");
    let token = bench.token(claims);
    bench.send(Method::GET, &url, &token, None).await
}

#[tokio::test]
async fn the_partys_own_opens_what_its_consent_opens_to_a_bank() {
    let bench = Bench::start().await;
    let user = acting(COMPANY, DEMO_SYSTEM_USER);
    let accounts = read(&bench, &user, "regnskapssystem", COMPANY).await;
    assert_eq!(accounts.status, 200, "{accounts:?}");
    let bank = read(&bench, &consented(&bench, COMPANY), "finans", COMPANY).await;
    assert_eq!(accounts.body, bank.body);
}

#[tokio::test]
async fn anything_else_is_refused() {
    let bench = Bench::start().await;
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
        // Somebody else's, told as this party's.
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
        let answer = read(&bench, &claims, package, party).await;
        let told = (answer.status.as_u16(), answer.json()["kode"].clone());
        assert_eq!(told, (status, json!(code)), "{package} {claims}");
    }
}

#[tokio::test]
async fn a_token_outlives_neither_the_right_nor_the_system_user() {
    let bench = Bench::start().await;
    let own = acting(COMPANY, DEMO_SYSTEM_USER);
    let [system] = bench.world().altinn.systems().try_into().expect("one");
    bench.world().altinn.register_system(System {
        rights: ["ske-kontroll".to_owned()].into(),
        ..system.clone()
    });
    let refused = read(&bench, &own, "regnskapssystem", COMPANY).await;
    assert_eq!(refused.json()["kode"], "KB-005");
    bench.world().altinn.register_system(system);
    let good = read(&bench, &own, "regnskapssystem", COMPANY).await;
    assert_eq!(good.status, 200, "{good:?}");

    bench.world().altinn.delete_system_user(DEMO_SYSTEM_USER);
    let gone = read(&bench, &own, "regnskapssystem", COMPANY).await;
    assert_eq!(gone.json()["kode"], "KB-005");
}
