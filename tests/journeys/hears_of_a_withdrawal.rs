//! Events to the bank: a consent is given, and withdrawn at Altinn; and the bank's receiver is in
//! trouble.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use journeys::{Delivery, Reply, SOLE_PROPRIETORSHIP, TestBed, WebhookReceiver};
use sandbox::population::{FJORDBANKEN, INNLANDSBANKEN};

/// Time after which Altinn's feed shows an event, and a drain polls it.
const LAG: Duration = Duration::from_mins(6);

/// Period of the timer, after which a failed delivery is due again.
const PERIOD: Duration = Duration::from_mins(1);

fn kinds(deliveries: &[Delivery]) -> Vec<String> {
    let kinds = deliveries
        .iter()
        .map(|delivery| delivery.kind_and_subject().0);
    kinds.collect()
}

/// Returns the numbers of the delivered and the waiting events of a drain.
async fn drains(bed: &TestBed) -> (u64, u64) {
    let drained = bed.drains_consents().await;
    let number = |name: &str| drained[name].as_u64().expect("a number");
    (number("delivered"), number("waiting"))
}

/// Checks that each delivery is of the same event, with the same id and contents.
#[track_caller]
fn are_repeats(deliveries: &[Delivery]) {
    let ids: BTreeSet<_> = deliveries.iter().map(|delivery| &delivery.id).collect();
    assert_eq!(ids.len(), 1, "{deliveries:?}");
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.body == deliveries[0].body)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_hears_that_a_consent_was_given_and_withdrawn() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(receiver.options(&[FJORDBANKEN])).await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    bed.browser().revokes(&ragna.pid).await;
    bed.advance(LAG);

    assert_eq!(drains(&bed).await, (2, 0));

    let deliveries = receiver.deliveries();
    assert_eq!(
        kinds(&deliveries),
        ["innsyn.consent.granted", "innsyn.consent.revoked"]
    );
    let (given, withdrawn) = (deliveries[0].event(), deliveries[1].event());
    assert_eq!(given["subject"], withdrawn["subject"]);
    assert_eq!(given["data"]["number"], 1);
    assert_eq!(withdrawn["data"]["number"], 2);
    let source = format!("{}/consent", bed.public_url);
    for delivery in &deliveries {
        let event = delivery.event();
        assert_eq!(event["id"], delivery.id.as_str());
        assert_eq!(event["source"], source.as_str());
        assert_eq!(delivery.path, format!("/events/{FJORDBANKEN}"));
        let body = String::from_utf8_lossy(&delivery.body);
        assert!(!body.contains(&ragna.pid) && !body.contains(SOLE_PROPRIETORSHIP));
    }
    assert_ne!(deliveries[0].id, deliveries[1].id);
    bed.advance(PERIOD);
    assert_eq!(drains(&bed).await, (0, 0), "each is delivered once");
    bed.log_is_clean(&[&ragna.pid, SOLE_PROPRIETORSHIP]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_refused_comes_again_under_its_id() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(receiver.options(&[FJORDBANKEN])).await;
    bed.customer("ragna")
        .gives_consent(SOLE_PROPRIETORSHIP)
        .await;

    receiver.reply_with([Reply::Status(500)]);
    assert_eq!(drains(&bed).await, (0, 1));
    bed.advance(PERIOD);
    assert_eq!(drains(&bed).await, (1, 0));

    let deliveries = receiver.deliveries();
    assert_eq!(deliveries.len(), 2);
    are_repeats(&deliveries);
    assert!(deliveries[1].timestamp >= deliveries[0].timestamp + 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_costs_a_drain_one_attempt() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(receiver.options(&[FJORDBANKEN])).await;
    let ragna = bed.customer("ragna");
    ragna.gives_consent(SOLE_PROPRIETORSHIP).await;
    ragna.gives_consent(&ragna.pid).await;

    // The event has arrived, and the answer is lost.
    receiver.reply_with([Reply::Silence]);
    let start = Instant::now();
    assert_eq!(drains(&bed).await, (0, 2));
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(receiver.deliveries().len(), 1);
    bed.advance(PERIOD);
    assert_eq!(drains(&bed).await, (2, 0));

    let deliveries = receiver.deliveries();
    let first = deliveries[0].id.clone();
    let repeats: Vec<_> = deliveries
        .into_iter()
        .filter(|delivery| delivery.id == first)
        .collect();
    assert_eq!(repeats.len(), 2);
    are_repeats(&repeats);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_the_receiver_is_down_is_heard_after_it() {
    let mut receiver = WebhookReceiver::start().await;
    let mut bed = TestBed::with(receiver.options(&[FJORDBANKEN])).await;
    receiver.goes_down().await;
    bed.customer("ragna")
        .gives_consent(SOLE_PROPRIETORSHIP)
        .await;
    for _ in 0..3 {
        assert_eq!(drains(&bed).await, (0, 1));
        bed.advance(PERIOD);
    }
    // What waits is in the store.
    bed.kill_app().await;
    receiver.comes_up().await;
    bed.advance(Duration::from_hours(1));
    assert_eq!(drains(&bed).await, (1, 0));
    assert_eq!(kinds(&receiver.deliveries()), ["innsyn.consent.granted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bank_hears_of_its_own_consents() {
    let receiver = WebhookReceiver::start().await;
    let bed = TestBed::with(receiver.options(&[FJORDBANKEN, INNLANDSBANKEN])).await;
    let elsewhere = bed.customer("ragna").logged_in_at(INNLANDSBANKEN);
    elsewhere.gives_consent(SOLE_PROPRIETORSHIP).await;
    assert_eq!(drains(&bed).await, (1, 0));
    let deliveries = receiver.deliveries();
    assert_eq!(deliveries[0].path, format!("/events/{INNLANDSBANKEN}"));
}
