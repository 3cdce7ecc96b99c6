//! Evidence: the bank has the signed documents before the change is confirmed to Posten, or learns
//! that it has not.

use std::time::Duration;

use journeys::{AGREEMENT, Customer, Reply, TestBed, TestOptions, WebhookReceiver};
use serde_json::Value;

const BANK: &str = "310000205";

/// Time above the pause between two attempts.
const PAUSE: Duration = Duration::from_mins(1);

/// Time above that for which a change is held, and above the lease of a change.
const HOLD: Duration = Duration::from_mins(16);

/// Returns the options of an app that delivers evidence, and sends no events.
fn delivering_to(receiver: &WebhookReceiver) -> TestOptions {
    let mut options = receiver.options(&[BANK]);
    let receivers = options.variables.remove("event_receivers");
    options.variables.remove("events_origin");
    let receivers = receivers.expect("receivers");
    options
        .variables
        .insert("evidence_receivers".to_owned(), receivers);
    let origin = receiver.origin.clone();
    options
        .variables
        .insert("evidence_origin".to_owned(), origin);
    options
}

/// Has the customer sign a document, and returns the job's id.
async fn signed(bed: &TestBed, customer: &Customer<'_>) -> String {
    let (id, redirect) = customer.orders().await;
    bed.browser()
        .signs_and_returns(&redirect, "ragna", "sign")
        .await;
    id
}

/// Returns the numbers of held, delivered and confirmed jobs of a drain.
async fn drained(bed: &TestBed) -> [u64; 3] {
    let drained: Value = bed.drains().await.json(200);
    ["held", "delivered", "confirmed"].map(|name| drained[name].as_u64().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn delivers_before_it_confirms() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(delivering_to(&receiver)).await;
    let ragna = bed.customer("ragna");
    let id = signed(&bed, &ragna).await;

    assert_eq!(drained(&bed).await, [1, 1, 1]);
    let files = receiver.deliveries();
    let ids: Vec<_> = files.iter().map(|file| file.id.clone()).collect();
    let expected = ["pades", "xades-0"].map(|file| format!("evidence-{id}-completed-{file}"));
    assert_eq!(ids, expected);
    assert!(files[0].body.starts_with(b"%PDF-") && files[0].body.len() > AGREEMENT.len());
    assert!(String::from_utf8_lossy(&files[1].body).contains("SignatureValue"));
    assert!(files.iter().all(|file| file.path.ends_with(BANK)));
    // Nothing is delivered twice, and no change comes again.
    bed.advance(HOLD);
    assert_eq!(drained(&bed).await, [0, 0, 0]);
    assert_eq!(receiver.deliveries().len(), 2);
    bed.log_is_clean(&[&ragna.pid]);
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_the_change_of_a_receiver_that_is_down_for_fifteen_minutes() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(delivering_to(&receiver)).await;
    let ragna = bed.customer("ragna");
    let id = signed(&bed, &ragna).await;

    receiver.reply_with([Reply::Status(503), Reply::Status(503)]);
    assert_eq!(drained(&bed).await, [1, 0, 0]);
    bed.advance(HOLD);
    let [_, delivered, confirmed] = drained(&bed).await;
    assert_eq!((delivered, confirmed), (0, 1));
    let is_told = |line: &String| line.contains("dead-letter") && line.contains(&id);
    assert!(bed.log.lines().iter().any(is_told));
    bed.advance(PAUSE * 60);
    assert_eq!(drained(&bed).await, [0, 1, 0]);
    let files = receiver.deliveries();
    let ids: Vec<_> = files.iter().map(|file| file.id.as_str()).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[..3].iter().all(|id| *id == ids[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_a_certificate_to_a_receiver_that_requires_one() {
    let receiver = WebhookReceiver::start_with_two_way_tls().await;
    let bed = TestBed::with(delivering_to(&receiver)).await;
    signed(&bed, &bed.customer("ragna")).await;
    assert_eq!(drained(&bed).await, [1, 0, 0], "none is configured");

    let options = TestOptions {
        enterprise_certificate: true,
        ..delivering_to(&receiver)
    };
    let bed = TestBed::with(options).await;
    signed(&bed, &bed.customer("ragna")).await;
    assert_eq!(drained(&bed).await, [1, 1, 1]);
    assert_eq!(receiver.deliveries().len(), 2);
}
