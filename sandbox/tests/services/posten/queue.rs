//! Polling, as a sender does it.

use sandbox::posten::Switches;
use time::{Duration, UtcOffset};

use crate::posten::jobs::{EIRIK, RAGNA, Sender, direct, portal};

#[tokio::test]
async fn changes_come_one_by_one_and_come_back_until_they_are_confirmed() {
    let sender = Sender::start().await;
    let queue = "?polling_queue=innsending";
    let job = sender.create(&portal(&[(RAGNA, 0), (EIRIK, 1)])).await;
    assert_eq!(sender.poll("portal", queue).await.said.status, 204);
    sender.wait(10);
    sender.act(&job, 0, "sign").await;
    sender.act(&job, 1, "reject").await;

    let first = sender.poll("portal", queue).await;
    first.said.is_taken();
    assert!(first.next() <= sender.bed.clock.now(), "at once");
    let said = &first.said;
    assert_eq!(said.text("signature-job-id"), job.text("signature-job-id"));
    assert_eq!(said.text("reference").as_deref(), Some("sak-418"));
    assert_eq!(said.texts("status"), ["IN_PROGRESS", "SIGNED", "WAITING"]);
    assert_eq!(said.texts("xades-url").len(), 1);
    assert!(said.text("cancellation-url").is_some());
    let second = sender.poll("portal", queue).await.said;
    assert_eq!(second.texts("status"), ["FAILED", "SIGNED", "REJECTED"]);
    assert_eq!(sender.poll("portal", queue).await.said.status, 204);

    // Unconfirmed, the older one is delivered again, with an outdated status.
    sender.wait(600);
    let again = sender.poll("portal", queue).await.said;
    assert_eq!(again.texts("status"), ["IN_PROGRESS", "SIGNED", "WAITING"]);
    let confirmation = again.text("confirmation-url").unwrap();
    assert_eq!(sender.post(&confirmation).await.status, 204);
    assert_eq!(sender.poll("portal", queue).await.said.status, 204);
    sender.wait(601);
    assert_eq!(sender.poll("portal", queue).await.said.status, 204);
}

#[tokio::test]
async fn the_default_queue_has_three_spellings_and_is_nobody_elses() {
    let sender = Sender::start().await;
    for (flow, mut draft) in [
        ("direct", direct(&[RAGNA])),
        ("portal", portal(&[(RAGNA, 0)])),
    ] {
        draft = draft.request("<polling-queue>innsending</polling-queue>", "");
        for query in ["", "?polling_queue", "?polling_queue="] {
            let job = sender.create(&draft).await;
            sender.act(&job, 0, "reject").await;
            let named = sender.poll(flow, "?polling_queue=innsending").await;
            assert_eq!(named.said.status, 204, "{flow}");
            let change = sender.poll(flow, query).await.said;
            change.is_taken();
            assert_eq!(
                change.text("signature-job-id"),
                job.text("signature-job-id")
            );
            sender.wait(10);
        }
    }
}

#[tokio::test]
async fn whoever_polls_too_early_is_told_when_to() {
    let sender = Sender::start().await;
    let before = sender.bed.clock.now();
    let nothing = sender.poll("direct", "").await;
    assert_eq!((nothing.said.status, nothing.said.body.as_str()), (204, ""));
    let pause = nothing.next() - before;
    assert!(pause >= Duration::SECOND * 10 - Duration::MILLISECOND && pause < Duration::MINUTE);
    assert_eq!(
        nothing.next().offset(),
        UtcOffset::from_hms(1, 0, 0).unwrap()
    );
    sender.wait(5);
    let early = sender.poll("direct", "").await;
    early.said.is_refused(429, "POLLED_TOO_EARLY", "");
    assert!(early.next() > nothing.next(), "a new time");
    assert!(!early.filtered);
    sender.wait(60);
    assert_eq!(sender.poll("direct", "").await.said.status, 204);
}

#[tokio::test]
async fn too_many_calls_in_a_second_cost_half_a_minute() {
    let sender = Sender::start().await;
    // Few, so that a slow machine makes more.
    sender.bed.sandbox.services().posten.set_switches(Switches {
        calls_per_second: 3,
        ..Switches::default()
    });
    let address = sender.bed.root(sandbox::population::FJORDBANKEN);
    let mut passed = 0;
    while sender.get(&address).await.status == 200 {
        passed += 1;
        assert!(passed < 100, "nothing stops them");
    }
    assert!(passed >= 3, "{passed}");
    let blocked = sender.poll("direct", "").await;
    assert_eq!((blocked.said.status, blocked.said.body.as_str()), (429, ""));
    assert!(blocked.filtered && blocked.next.is_none());
    sender.wait(31);
    assert_eq!(sender.get(&address).await.status, 200);
}
