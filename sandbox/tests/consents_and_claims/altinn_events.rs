//! The event feed.

use http::Method;
use sandbox::altinn::Switches;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, BANK, Bench, OTHER_BANK, READ, REQUESTS};

const RAGNA: &str = "04827896468";

async fn feed(bench: &Bench, consumer: &str, query: &str) -> Answer {
    let url = format!(
        "{}{REQUESTS}/events?{query}",
        bench.sandbox.addresses().altinn
    );
    bench
        .send(Method::GET, &url, &bench.scoped(consumer, READ), None)
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
    let bench = Bench::start().await;
    let first = bench.created("https://bank.example/").await;
    bench.advance(10);
    let second = bench.created("https://bank.example/").await;
    bench.advance(10);
    bench
        .world()
        .altinn
        .approve(bench.now(), first, RAGNA)
        .unwrap();
    bench
        .world()
        .altinn
        .reject(bench.now(), second, RAGNA)
        .unwrap();
    assert_eq!(kinds(&feed(&bench, BANK, "").await), [] as [Value; 0]);
    bench.advance(281);
    assert_eq!(kinds(&feed(&bench, BANK, "").await), ["Created"]);
    bench.advance(30);

    let all = feed(&bench, BANK, "").await;
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
        kinds(&feed(&bench, BANK, "eventType=ACCEPTED").await),
        ["Accepted"]
    );
    assert_eq!(
        kinds(&feed(&bench, BANK, "eventType=accepted&eventType=rejected").await).len(),
        2
    );
    assert_eq!(
        kinds(&feed(&bench, BANK, &format!("consentRequestId={second}")).await),
        ["Created", "Rejected"]
    );
    assert_eq!(
        kinds(&feed(&bench, OTHER_BANK, "").await).len(),
        0,
        "others' events are theirs"
    );
    let moment = all.json()["data"][1]["changedDate"]
        .as_str()
        .unwrap()
        .replace('+', "%2B");
    assert_eq!(
        kinds(&feed(&bench, BANK, &format!("createdAfter={moment}")).await).len(),
        3,
        "inclusive"
    );
    assert_eq!(
        kinds(&feed(&bench, BANK, &format!("createdBefore={moment}")).await),
        ["Created"],
        "exclusive"
    );

    bench.world().altinn.set_switches(Switches {
        event_lag_seconds: 0,
        ..Switches::default()
    });
    bench
        .world()
        .altinn
        .revoke(bench.now(), first, RAGNA)
        .unwrap();
    assert_eq!(
        kinds(&feed(&bench, BANK, "").await).last(),
        Some(&json!("Revoked"))
    );
}

#[tokio::test]
async fn a_full_page_leads_to_the_next() {
    let bench = Bench::start().await;
    bench.world().altinn.set_switches(Switches {
        event_lag_seconds: 0,
        ..Switches::default()
    });
    for _ in 0..101 {
        bench.created("https://bank.example/").await;
    }
    let first = feed(&bench, BANK, "pageSize=5").await;
    assert_eq!(kinds(&first).len(), 100);
    let next = first.json()["links"]["next"].as_str().unwrap().to_owned();
    let second = bench
        .send(Method::GET, &next, &bench.scoped(BANK, READ), None)
        .await;
    assert_eq!(kinds(&second).len(), 1);
    assert_eq!(second.json()["links"]["next"], Value::Null);
}

#[tokio::test]
async fn queries_are_refused_with_their_codes() {
    let bench = Bench::start().await;
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
        let answer = feed(&bench, BANK, query).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(
            answer.json()["validationErrors"][0]["code"],
            code,
            "{query}"
        );
    }
    assert_eq!(feed(&bench, BANK, "createdAfter=x").await.status, 400);
    assert_eq!(
        feed(&bench, BANK, &format!("consentRequestId={}", Uuid::nil()))
            .await
            .status,
        200
    );
}
