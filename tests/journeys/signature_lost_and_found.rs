//! Orders without an answer, and an app that stops in the middle: each job is accounted for, and
//! none is created twice.

use journeys::TestBed;
use reqwest::Method;
use sandbox::kit::{ExternalService, Fault, Rule};
use sandbox::posten::Switches;
use serde_json::Value;

/// Time above a lease, after which an unconfirmed change comes again.
const LEASE: std::time::Duration = std::time::Duration::from_secs(10 * 60 + 1);

/// Orders a fault for the next request to a path of Posten.
fn once(bed: &TestBed, path: &str, fault: Fault) {
    bed.services().faults.order(Rule {
        service: ExternalService::Posten,
        path: Some(format!("/api/310000205/{path}")),
        times: Some(1),
        fault,
    });
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_again_in_the_queue() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    once(&bed, "direct/signature-jobs", Fault::ResetAfter);
    let job = ragna.orders_with(|_| ()).await.json(202);
    assert_eq!(job["status"], "unknown");
    let id = text(&job["id"]).to_owned();

    // Nothing is sent again automatically, however often the status is read.
    for _ in 0..2 {
        bed.drains().await.json(200);
        assert_eq!(ragna.job(&id).await["status"], "unknown");
    }
    let [at_posten] = bed.jobs_at_posten().await[..] else {
        panic!("one job")
    };

    bed.everybody_signs(at_posten).await;
    bed.advance(LEASE);
    bed.drains().await.json(200);
    let ragna = bed.customer("ragna");
    assert_eq!(ragna.job(&id).await["status"], "completed");
    let (status, _, pades) = ragna.fetches(&id, "pades").await;
    assert!(status == 200 && pades.starts_with(b"%PDF-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_posten_never_got_leaves_nothing() {
    let bed = TestBed::start().await;
    let ragna = bed.customer("ragna");
    once(&bed, "direct/signature-jobs", Fault::ResetBefore);
    let job = ragna.orders_with(|_| ()).await.json(202);
    // A reset looks the same from here: Posten's silence alone distinguishes it.
    assert_eq!(job["status"], "unknown");
    assert!(bed.jobs_at_posten().await.is_empty());
    let (id, _) = ragna.orders().await;
    assert_ne!(id, text(&job["id"]));
    assert_eq!(bed.jobs_at_posten().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_stops_while_posten_has_the_order() {
    let mut bed = TestBed::start().await;
    once(
        &bed,
        "direct/signature-jobs",
        Fault::Slow {
            milliseconds: 3_000,
        },
    );
    let order = bed.customer("ragna").order_to_send();
    let order = tokio::spawn(order.send());
    bed.until(async |bed| bed.jobs_at_posten().await.len() == 1)
        .await;
    bed.kill_app().await;
    let told = order.await.expect("a task");
    assert!(!told.is_ok_and(|answer| answer.status().is_success()));

    let [at_posten] = bed.jobs_at_posten().await[..] else {
        panic!("one job")
    };
    bed.everybody_signs(at_posten).await;
    bed.advance(LEASE);
    let drained = bed.drains().await.json(200);
    // The row was stored before the order was sent, so that the change has somewhere to go.
    assert_eq!(
        (&drained["changes"], &drained["orphans"]),
        (&1.into(), &0.into()),
        "{drained}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_stops_between_storing_and_confirming() {
    let mut bed = TestBed::start().await;
    let (id, redirect) = bed.customer("ragna").orders().await;
    bed.browser().signs(&redirect, "ragna", "sign").await;
    // The change is stored; the confirmation hangs, and the app stops.
    once(&bed, "portal/signature-jobs/", Fault::Hang);
    let drain = tokio::spawn(bed.drain_to_send().send());
    bed.until(async |bed| {
        let is_met = bed
            .services()
            .faults
            .ordered()
            .iter()
            .all(|rule| rule.times == Some(0));
        is_met && bed.customer("ragna").job(&id).await["status"] == "completed"
    })
    .await;
    bed.kill_app().await;
    let told = drain.await.expect("a task");
    assert!(!told.is_ok_and(|answer| answer.status().is_success()));
    assert_eq!(bed.customer("ragna").job(&id).await["status"], "completed");

    // Unconfirmed, it is delivered again, once.
    bed.advance(LEASE);
    let again = bed.drains().await.json(200);
    assert_eq!(
        (&again["changes"], &again["confirmed"]),
        (&1.into(), &1.into()),
        "{again}"
    );
    bed.advance(LEASE);
    assert_eq!(bed.drains().await.json(200)["changes"], 0);
    assert_eq!(bed.customer("ragna").job(&id).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_are_fetched_without_one_poll_too_early() {
    let bed = TestBed::start().await;
    bed.services().posten.set_switches(Switches {
        calls_per_second: 10_000,
        ..Switches::default()
    });
    let ragna = bed.customer("ragna");
    for _ in 0..100 {
        ragna.orders().await;
    }
    for job in bed.jobs_at_posten().await {
        bed.everybody_signs(job).await;
    }
    // With Posten's real limit.
    bed.services().posten.set_switches(Switches::default());
    let mut changes = 0;
    for round in 0.. {
        assert!(round < 10, "{changes} changes in {round} rounds");
        let drained = bed.drains().await.json(200);
        changes += drained["changes"].as_u64().expect("a number");
        if drained["more"] == false {
            break;
        }
    }
    assert_eq!(changes, 100);
    let refused = bed.services().journal.entries();
    let refused = refused
        .iter()
        .filter(|entry| entry.service == ExternalService::Posten);
    assert_eq!(refused.filter(|entry| entry.status == 429).count(), 0);
    let jobs = bed.posten(Method::GET, "/jobs").await;
    assert_eq!(jobs.as_array().expect("jobs").len(), 100);
}
