//! Tokens for system users.

use sandbox::altinn::{DEMO_SYSTEM, DEMO_SYSTEM_USER};
use sandbox::maskinporten::Switches;
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};

use crate::maskinporten::support::{Grant, TestBed, assert_refused};

const CUSTOMER: &str = "313367002";

fn grant(bed: &TestBed, owner: &str, reference: Option<&str>) -> Grant {
    let mut detail = json!({
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{owner}") },
    });
    if let Some(reference) = reference {
        detail["externalRef"] = json!(reference);
    }
    bed.grant().with("authorization_details", json!([detail]))
}

#[tokio::test]
async fn a_system_user_is_told_as_in_a_real_token() {
    let bed = TestBed::start().await;
    let answer = bed.ask(&grant(&bed, CUSTOMER, None)).await;
    let expected = format!(
        concat!(
            r#"{{"authorization_details":[{{"type":"urn:altinn:systemuser","systemuser_org":"#,
            r#"{{"authority":"iso6523-actorid-upis","ID":"0192:{}"}},"systemuser_id":["{}"],"#,
            r#""system_id":"{}"}}],"scope":""#
        ),
        CUSTOMER, DEMO_SYSTEM_USER, DEMO_SYSTEM
    );
    let payload = answer.part(1);
    assert!(payload.starts_with(&expected), "{payload}");
    let claims = answer.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{FJORDBANKEN}"));
    assert!(claims.get("supplier").is_none() && claims.get("delegation_source").is_none());
}

#[tokio::test]
async fn the_reference_chooses_and_is_told_by_a_switch() {
    let bed = TestBed::start().await;
    let new = json!({
        "system_id": DEMO_SYSTEM, "owner_org": CUSTOMER, "external_ref": "tenant-42",
    });
    let made = bed.done("POST /altinn/systemusers", &new).await;
    let told = |claims: Value| claims["authorization_details"][0].clone();

    let chosen = told(
        bed.ask(&grant(&bed, CUSTOMER, Some("tenant-42")))
            .await
            .claims(),
    );
    assert_eq!(chosen["systemuser_id"], json!([made["id"]]));
    assert_eq!(chosen["externalRef"], "tenant-42");
    let default = told(bed.ask(&grant(&bed, CUSTOMER, None)).await.claims());
    assert_eq!(default["systemuser_id"], json!([DEMO_SYSTEM_USER]));
    let same = told(
        bed.ask(&grant(&bed, CUSTOMER, Some(CUSTOMER)))
            .await
            .claims(),
    );
    assert_eq!(same["systemuser_id"], default["systemuser_id"]);

    bed.maskinporten().set_switches(Switches {
        echo_external_ref: false,
        ..Switches::default()
    });
    let silent = told(
        bed.ask(&grant(&bed, CUSTOMER, Some("tenant-42")))
            .await
            .claims(),
    );
    assert!(silent.get("externalRef").is_none(), "{silent}");

    let delete = format!(
        "DELETE /altinn/systemusers/{}",
        made["id"].as_str().unwrap()
    );
    bed.done(&delete, &json!(null)).await;
    let gone = bed.ask(&grant(&bed, CUSTOMER, Some("tenant-42"))).await;
    assert_eq!(gone.code(), "MP-303");
    assert_eq!(bed.administer(&delete, &json!(null)).await.0, 404);
}

#[tokio::test]
async fn what_altinn_does_not_have() {
    let bed = TestBed::start().await;
    let missing = (
        400,
        "invalid_altinn_customer_configuration",
        "MP-303",
        "No system user found",
    );
    let entry = |entry: Value| bed.grant().with("authorization_details", json!([entry]));
    let owner = json!({ "authority": "iso6523-actorid-upis", "ID": CUSTOMER });
    let field = (
        400,
        "invalid_authorization_details",
        "MP-302",
        "externalRef",
    );
    let table = [
        (
            "another customer's",
            grant(&bed, "314055403", None),
            missing,
        ),
        (
            "another reference",
            grant(&bed, CUSTOMER, Some("tenant-1")),
            missing,
        ),
        (
            "a reference of another form",
            grant(&bed, CUSTOMER, Some("a b")),
            field,
        ),
        (
            "an owner without prefix",
            entry(json!({ "type": "urn:altinn:systemuser", "systemuser_org": owner })),
            (
                400,
                "invalid_altinn_customer_configuration",
                "MP-303",
                "Invalid systemuser_org",
            ),
        ),
    ];
    for (name, grant, expected) in table {
        assert_refused(&bed, name, &grant, expected).await;
    }
    let system = json!({ "id": DEMO_SYSTEM, "client_ids": [] });
    bed.done("PUT /altinn/systems", &system).await;
    let grant = grant(&bed, CUSTOMER, None);
    assert_refused(&bed, "a system that the client is not", &grant, missing).await;
}

#[tokio::test]
async fn on_behalf_of_a_consumer_by_a_switch() {
    let bed = TestBed::start().await;
    let both = || {
        let details = grant(&bed, CUSTOMER, None).claims["authorization_details"].clone();
        bed.delegated_grant().with("authorization_details", details)
    };
    let claims = bed.ask(&both()).await.claims();
    assert_eq!(claims["consumer"]["ID"], format!("0192:{CUSTOMER}"));
    assert_eq!(claims["supplier"]["ID"], format!("0192:{FJORDBANKEN}"));
    assert_eq!(claims["authorization_details"][0]["system_id"], DEMO_SYSTEM);

    bed.maskinporten().set_switches(Switches {
        refuse_consumer_org_with_system_user: true,
        ..Switches::default()
    });
    let refused = bed.ask(&both()).await;
    assert_eq!(refused.code(), "MP-303");
    assert!(
        refused.description().contains("consumer_org"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_registers_are_strict() {
    let bed = TestBed::start().await;
    let systems = "PUT /altinn/systems";
    let users = "POST /altinn/systemusers";
    let table = [
        (
            systems,
            json!({ "id": "fjordbanken", "client_ids": [] }),
            400,
        ),
        (
            systems,
            json!({ "id": "310000206_x", "client_ids": [] }),
            400,
        ),
        (
            systems,
            json!({ "id": "310000205_x", "client_ids": [], "colour": "red" }),
            422,
        ),
        (
            users,
            json!({ "system_id": DEMO_SYSTEM, "owner_org": CUSTOMER }),
            409,
        ),
        (
            users,
            json!({ "system_id": "310000205_x", "owner_org": CUSTOMER }),
            400,
        ),
        (
            users,
            json!({ "system_id": DEMO_SYSTEM, "owner_org": "1" }),
            400,
        ),
    ];
    for (call, body, status) in table {
        assert_eq!(bed.administer(call, &body).await.0, status, "{call} {body}");
    }
    let admin = &bed.sandbox.addresses().admin;
    let systems = bed.read(&format!("{admin}/altinn/systems")).await;
    assert_eq!(systems[0]["client_ids"], json!([bed.grant().claims["iss"]]));
    let users = bed.read(&format!("{admin}/altinn/systemusers")).await;
    assert_eq!(users[0]["external_ref"], CUSTOMER);
}
