//! The event feed.

use http::Method;
use sandbox::altinn::Switches;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::consents_and_claims::support::{Answer, BANK, OTHER_BANK, READ, REQUESTS, TestBed};

const RAGNA: &str = "04827896468";

async fn feed(bed: &TestBed, consumer: &str, query: &str) -> Answer {
    let url = format!(
        "{}{REQUESTS}/events?{query}",
        bed.sandbox.addresses().altinn
    );
    bed.send(Method::GET, &url, &bed.scoped(consumer, READ), None)
        .await
}

fn kinds(answer: &Answer) -> Vec<Value> {
    answer.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["eventType"].clone())
        .collect()
}

#[tokio::test]
async fn events_show_five_minutes_late_oldest_first() {
    let bed = TestBed::start().await;
    let first = bed.created("https://bank.example/").await;
    bed.advance(10);
    let second = bed.created("https://bank.example/").await;
    bed.advance(10);
    bed.services()
        .altinn
        .approve(bed.now(), first, RAGNA)
        .unwrap();
    bed.services()
        .altinn
        .reject(bed.now(), second, RAGNA)
        .unwrap();
    assert_eq!(kinds(&feed(&bed, BANK, "").await), [] as [Value; 0]);
    bed.advance(281);
    assert_eq!(kinds(&feed(&bed, BANK, "").await), ["Created"]);
    bed.advance(30);

    let all = feed(&bed, BANK, "").await;
    assert_eq!(kinds(&all)[..2], ["Created", "Created"]);
    assert_eq!(all.json()["links"]["next"], Value::Null);
    assert_eq!(all.json()["data"][0]["consentRequestId"], json!(first));
    assert!(
        all.json()["data"][0]["changedDate"]
            .as_str()
            .unwrap()
            .ends_with("+00:00")
    );
    assert_eq!(
        kinds(&feed(&bed, BANK, "eventType=ACCEPTED").await),
        ["Accepted"]
    );
    assert_eq!(
        kinds(&feed(&bed, BANK, "eventType=accepted&eventType=rejected").await).len(),
        2
    );
    assert_eq!(
        kinds(&feed(&bed, BANK, &format!("consentRequestId={second}")).await),
        ["Created", "Rejected"]
    );
    assert_eq!(
        kinds(&feed(&bed, OTHER_BANK, "").await).len(),
        0,
        "others' events are theirs"
    );
    let moment = all.json()["data"][1]["changedDate"]
        .as_str()
        .unwrap()
        .replace('+', "%2B");
    assert_eq!(
        kinds(&feed(&bed, BANK, &format!("createdAfter={moment}")).await).len(),
        3,
        "inclusive"
    );
    assert_eq!(
        kinds(&feed(&bed, BANK, &format!("createdBefore={moment}")).await),
        ["Created"],
        "exclusive"
    );

    bed.services().altinn.set_switches(Switches {
        event_lag_seconds: 0,
        ..Switches::default()
    });
    bed.services()
        .altinn
        .revoke(bed.now(), first, RAGNA)
        .unwrap();
    assert_eq!(
        kinds(&feed(&bed, BANK, "").await).last(),
        Some(&json!("Revoked"))
    );
}

#[tokio::test]
async fn a_full_page_leads_to_the_next() {
    let bed = TestBed::start().await;
    bed.services().altinn.set_switches(Switches {
        event_lag_seconds: 0,
        ..Switches::default()
    });
    for _ in 0..101 {
        bed.created("https://bank.example/").await;
    }
    let first = feed(&bed, BANK, "pageSize=5").await;
    assert_eq!(kinds(&first).len(), 100);
    let next = first.json()["links"]["next"].as_str().unwrap().to_owned();
    let second = bed
        .send(Method::GET, &next, &bed.scoped(BANK, READ), None)
        .await;
    assert_eq!(kinds(&second).len(), 1);
    assert_eq!(second.json()["links"]["next"], Value::Null);
}

#[tokio::test]
async fn queries_are_refused_with_their_codes() {
    let bed = TestBed::start().await;
    for (query, code) in [
        ("eventType=created", "AM.VLD-00052"),
        ("continuationToken=x", "AM.VLD-00053"),
        (
            "continuationToken=AKCYARERInKDM0REVVVmZg%3D%3D",
            "AM.VLD-00053",
        ),
        (
            "createdAfter=2026-01-02T00:00:00Z&createdBefore=2026-01-01T00:00:00Z",
            "AM.VLD-00051",
        ),
    ] {
        let answer = feed(&bed, BANK, query).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(
            answer.json()["validationErrors"][0]["code"],
            code,
            "{query}"
        );
    }
    assert_eq!(feed(&bed, BANK, "createdAfter=x").await.status, 400);
    assert_eq!(
        feed(&bed, BANK, &format!("consentRequestId={}", Uuid::nil()))
            .await
            .status,
        200
    );
}
