//! Events about signature jobs: the bank hears of each step.

use journeys::{Delivery, TestBed, WebhookReceiver};

const BANK: &str = "310000205";

#[tokio::test(flavor = "multi_thread")]
async fn hears_of_a_job() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(receiver.options(&[BANK])).await;
    let ragna = bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    bed.drains().await.json(200);
    assert!(receiver.deliveries().is_empty(), "nothing has happened");

    bed.browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    let drained = bed.drains().await.json(200);
    assert_eq!(
        (&drained["events"], &drained["held"]),
        (&1.into(), &0.into())
    );
    let (rejected, redirect) = ragna.orders().await;
    bed.browser()
        .signs_and_returns(&redirect, "ragna", "reject")
        .await;
    for _ in 0..3 {
        bed.drains().await.json(200);
    }

    let events = receiver.deliveries();
    let told: Vec<_> = events.iter().map(Delivery::kind_and_subject).collect();
    let expected = [("completed", &id), ("failed", &rejected)];
    let expected = expected.map(|(end, id)| (format!("innsyn.signature.{end}"), id.clone()));
    assert_eq!(told, expected);
    let event = events[0].event();
    assert_eq!(event["data"]["number"], 1);
    assert_eq!(event["data"]["status"], "completed");
    assert_eq!(event["data"]["signed"], 1);
    assert!(!event.to_string().contains(&ragna.pid));
    bed.log_is_clean(&[&ragna.pid]);
}
