//! Repeated creation of a request, creation for others, and the requestable rights.

use sandbox::altinn::{Repeat, Switches};
use sandbox::population;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::consents_and_claims::altinn_create::{CLAIMS, INCOME};
use crate::consents_and_claims::support::{
    Answer, BANK, OTHER_BANK, READ, SUPPLIER, TestBed, WRITE, organisation, organisation_urn,
    rfc3339,
};

#[tokio::test]
async fn the_same_id_again_changes_nothing() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let first = bed.request(id);
    let created = bed.create(&first).await.json();
    let mut again = first.clone();
    again["redirectUrl"] = json!("https://elsewhere.example/");

    let internal = bed.create(&again).await;
    assert_eq!(internal.status, 200);
    let internal = internal.json();
    assert_eq!(internal["redirectUrl"], first["redirectUrl"]);
    assert_eq!(internal["consentRequestStatus"], "Created");
    assert_eq!(internal["status"], Value::Null);
    assert_eq!(internal["templateId"], "bst_krav_v2");
    assert!(internal["consentRights"][0]["resource"][0]["version"].is_string());
    let by = internal["consentRequestEvents"][0]["performedBy"]
        .as_str()
        .unwrap();
    assert!(by.starts_with("urn:altinn:party:uuid:"), "{by}");

    bed.services().altinn.set_switches(Switches {
        repeat: Repeat::Documented,
        ..Switches::default()
    });
    assert_eq!(bed.create(&again).await.json(), created);

    let mut other = first.clone();
    other["from"] = json!(organisation_urn("314055403"));
    let taken = bed.create(&other).await;
    assert_eq!(
        (taken.status.as_u16(), &taken.json()["code"]),
        (400, &json!("AM-00016"))
    );
    assert_eq!(taken.json()["requestId"], json!(id));
    other["to"] = json!(organisation_urn(OTHER_BANK));
    assert_eq!(
        bed.create_as(&bed.scoped(OTHER_BANK, WRITE), &other)
            .await
            .json()["code"],
        "AM-00016"
    );

    again["validTo"] = json!(rfc3339(bed.now() - Duration::seconds(1)));
    assert_eq!(
        bed.create(&again).await.status,
        400,
        "a repeated call is checked like the first"
    );
}

#[tokio::test]
async fn suppliers_and_those_who_ask_for_others_become_handlers() {
    let bed = TestBed::start().await;
    let id = Uuid::new_v4();
    let claims = json!({ "scope": WRITE, "supplier": organisation(SUPPLIER) });
    let created = bed
        .create_as(&bed.token(&claims), &bed.request(id))
        .await
        .json();
    assert_eq!(created["handledBy"], organisation_urn(SUPPLIER));
    let own = bed
        .read_as(&bed.scoped(SUPPLIER, READ), &id.to_string())
        .await;
    assert_eq!(
        (own.status.as_u16(), &own.json()["code"]),
        (403, &json!("AM-00000")),
        "a mere handler may not read"
    );

    let mut for_another = bed.request(Uuid::new_v4());
    for_another["to"] = json!(organisation_urn(OTHER_BANK));
    let created = bed
        .create_as(
            &bed.scoped(BANK, "altinn:consentrequests.org"),
            &for_another,
        )
        .await;
    assert_eq!(created.status, 201);
    assert_eq!(created.json()["handledBy"], organisation_urn(BANK));
}

#[tokio::test]
async fn the_registry_tells_what_can_be_asked_for() {
    let bed = TestBed::start().await;
    let url = |id: &str| {
        format!(
            "{}/resourceregistry/api/v1/resource/{id}",
            bed.sandbox.addresses().altinn
        )
    };
    let get = async |id: &str| Answer::read(bed.http.get(url(id)).send().await.unwrap()).await;
    let income = get(INCOME).await.json();
    assert_eq!(income["resourceType"], "Consent");
    assert_eq!(income["consentTemplate"], "sblanesoknad");
    assert_eq!(
        income["consentMetadata"],
        json!({ "fraogmed": { "optional": false }, "tilogmed": { "optional": false } })
    );
    assert_eq!(get(CLAIMS).await.json()["consentMetadata"], json!({}));
    assert_eq!(get("no-such-resource").await.status, 404);
    assert!(population::organisation(BANK).is_some());
}
