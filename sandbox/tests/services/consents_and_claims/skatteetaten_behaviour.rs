//! Krav og betalinger: headers, calls at once, and answers that differ from the documented.

use sandbox::skatteetaten::{Shape, Switches};
use serde_json::{Value, json};

use crate::consents_and_claims::skatteetaten::{about, consented};
use crate::consents_and_claims::support::{Answer, BANK, CLAIMS, COMPANY, OTHER_BANK, TestBed};

#[tokio::test]
async fn headers_matter() {
    let bed = TestBed::start().await;
    let url = format!(
        "{}/v1/finans/{COMPANY}/aapnekrav",
        bed.sandbox.addresses().skatteetaten
    );
    let token = bed.token(&consented(&bed, COMPANY));
    let ask = || bed.http.get(&url).bearer_auth(&token);
    let given = Answer::read(
        ask()
            .header("Korrelasjonsid", "my-own")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(given.header("korrelasjonsid"), "my-own");
    let made = Answer::read(ask().send().await.unwrap()).await;
    assert_eq!(made.header("korrelasjonsid").len(), 36);
    let csv = Answer::read(ask().header("accept", "text/csv").send().await.unwrap()).await;
    assert_eq!(
        (csv.status.as_u16(), &csv.json()["kode"]),
        (406, &json!("KB-008"))
    );
    let xml = Answer::read(
        ask()
            .header("accept", "application/xml")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert!(xml.header("content-type").starts_with("application/xml"));
    assert!(
        xml.body
            .contains("<opprinneligBeloep>25000.0</opprinneligBeloep>")
    );
    let twice = Answer::read(
        ask()
            .header("authorization", "Bearer x")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        (twice.status.as_u16(), &twice.json()["kode"]),
        (401, &json!("KB-004"))
    );
    let typo = bed
        .http
        .get(&url)
        .bearer_auth(bed.scoped(BANK, CLAIMS))
        .header("AltinSamtykke", &token);
    assert_eq!(
        Answer::read(
            typo.header("accept", "application/xml")
                .send()
                .await
                .unwrap()
        )
        .await
        .status,
        403
    );
    let elsewhere = bed
        .http
        .get(format!("{}/api/x", bed.sandbox.addresses().skatteetaten))
        .send()
        .await
        .unwrap();
    assert_eq!(elsewhere.status(), 404);
    assert!(
        elsewhere
            .text()
            .await
            .unwrap()
            .starts_with("Unknown instance. ID=")
    );
}

#[tokio::test]
async fn more_than_five_calls_at_once_are_too_many() {
    let bed = TestBed::start().await;
    let places = &bed.services().skatteetaten;
    let held: Vec<_> = (0..5).map(|_| places.occupy(BANK).unwrap()).collect();
    let refused = about(&bed, COMPANY, "aapnekrav").await;
    assert_eq!(refused.status, 429);
    assert!(
        serde_json::from_str::<Value>(&refused.body).is_err(),
        "the gateway's, not the service's"
    );
    assert!(
        places.occupy(OTHER_BANK).is_some(),
        "each organisation has its own"
    );
    drop(held);
    assert_eq!(about(&bed, COMPANY, "aapnekrav").await.status, 200);
    assert_eq!(places.peak(BANK), 6);

    // For real: calls that take a while, six at once.
    places.set_switches(Switches {
        latency_milliseconds: 300,
        ..Switches::default()
    });
    let answers =
        futures::future::join_all((0..6).map(|_| about(&bed, COMPANY, "aapnekrav"))).await;
    let mut statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
}

#[tokio::test]
async fn readers_must_be_tolerant() {
    let bed = TestBed::start().await;
    let shape = |shape| {
        bed.services().skatteetaten.set_switches(Switches {
            shape,
            ..Switches::default()
        });
    };
    let documented = about(&bed, COMPANY, "aapnekrav").await;
    shape(Shape::UnknownMembers);
    let more = about(&bed, COMPANY, "aapnekrav").await;
    assert!(
        more.body
            .starts_with(r#"{"nyttFelt":[1e2,"x"],"partIdentifikator""#)
    );
    shape(Shape::Reordered);
    let reordered = about(&bed, COMPANY, "aapnekrav").await;
    assert!(reordered.body.starts_with(r#"{"oversiktPerKravgruppe""#));
    assert_eq!(reordered.json(), documented.json());
    shape(Shape::MissingOptional);
    let less = about(&bed, COMPANY, "aapnekrav").await.json();
    assert_eq!(less["totalOversikt"], Value::Null);
    assert!(less["aapentKravMedGjenstaaendeBeloep"][0]["opprinneligBeloep"].is_number());
    let admin = format!("{}/skatteetaten/switches", bed.sandbox.addresses().admin);
    let set = bed
        .http
        .put(&admin)
        .json(&json!({ "shape": "reordered" }))
        .send()
        .await
        .unwrap();
    assert_eq!(set.status(), 204);
    assert_eq!(
        bed.services().skatteetaten.switches().shape,
        Shape::Reordered
    );
}
