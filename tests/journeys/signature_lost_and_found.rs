//! Orders whose answer is lost, and an app that stops in the middle: every job is accounted for, and none is made twice.

use journeys::Bench;
use reqwest::Method;
use sandbox::fault::{Fault, Rule};
use sandbox::posten::Switches;
use sandbox::world::Counterparty;
use serde_json::Value;

/// Longer than a lease, after which an unconfirmed change comes again.
const LEASE: std::time::Duration = std::time::Duration::from_secs(10 * 60 + 1);

/// A fault for the next request to a path of Posten's.
fn once(bench: &Bench, path: &str, fault: Fault) {
    bench.world().faults.order(Rule {
        counterparty: Counterparty::Posten,
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
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    once(&bench, "direct/signature-jobs", Fault::ResetAfter);
    let job = ragna.orders_with(|_| ()).await.json(202);
    assert_eq!(job["status"], "unknown");
    let id = text(&job["id"]).to_owned();

    // Nothing is sent again by itself, however often is asked.
    for _ in 0..2 {
        bench.drains().await.json(200);
        assert_eq!(ragna.job(&id).await["status"], "unknown");
    }
    let [at_posten] = bench.jobs_at_posten().await[..] else {
        panic!("one job")
    };

    bench.everybody_signs(at_posten).await;
    bench.advance(LEASE);
    bench.drains().await.json(200);
    let ragna = bench.customer("ragna");
    assert_eq!(ragna.job(&id).await["status"], "completed");
    let (status, _, pades) = ragna.fetches(&id, "pades").await;
    assert!(status == 200 && pades.starts_with(b"%PDF-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_posten_never_got_leaves_nothing() {
    let bench = Bench::start().await;
    let ragna = bench.customer("ragna");
    once(&bench, "direct/signature-jobs", Fault::ResetBefore);
    let job = ragna.orders_with(|_| ()).await.json(202);
    // A reset looks the same from here: only Posten's silence tells.
    assert_eq!(job["status"], "unknown");
    assert!(bench.jobs_at_posten().await.is_empty());
    let (id, _) = ragna.orders().await;
    assert_ne!(id, text(&job["id"]));
    assert_eq!(bench.jobs_at_posten().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_stops_while_posten_has_the_order() {
    let mut bench = Bench::start().await;
    once(
        &bench,
        "direct/signature-jobs",
        Fault::Slow {
            milliseconds: 3_000,
        },
    );
    let order = bench.customer("ragna").order_to_send();
    let order = tokio::spawn(order.send());
    bench
        .until(async |bench| bench.jobs_at_posten().await.len() == 1)
        .await;
    bench.kill_app().await;
    let told = order.await.expect("a task");
    assert!(!told.is_ok_and(|answer| answer.status().is_success()));

    let [at_posten] = bench.jobs_at_posten().await[..] else {
        panic!("one job")
    };
    bench.everybody_signs(at_posten).await;
    bench.advance(LEASE);
    let drained = bench.drains().await.json(200);
    // The row was stored before the order was sent, so that the change has somewhere to go.
    assert_eq!(
        (&drained["changes"], &drained["orphans"]),
        (&1.into(), &0.into()),
        "{drained}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_stops_between_storing_and_confirming() {
    let mut bench = Bench::start().await;
    let (id, redirect) = bench.customer("ragna").orders().await;
    bench.browser().signs(&redirect, "ragna", "sign").await;
    // The change is stored; the confirmation hangs, and the app stops.
    once(&bench, "portal/signature-jobs/", Fault::Hang);
    let drain = tokio::spawn(bench.drain_to_send().send());
    bench
        .until(async |bench| {
            let is_met = bench
                .world()
                .faults
                .ordered()
                .iter()
                .all(|rule| rule.times == Some(0));
            is_met && bench.customer("ragna").job(&id).await["status"] == "completed"
        })
        .await;
    bench.kill_app().await;
    let told = drain.await.expect("a task");
    assert!(!told.is_ok_and(|answer| answer.status().is_success()));
    assert_eq!(
        bench.customer("ragna").job(&id).await["status"],
        "completed"
    );

    // Unconfirmed, it comes again, once.
    bench.advance(LEASE);
    let again = bench.drains().await.json(200);
    assert_eq!(
        (&again["changes"], &again["confirmed"]),
        (&1.into(), &1.into()),
        "{again}"
    );
    bench.advance(LEASE);
    assert_eq!(bench.drains().await.json(200)["changes"], 0);
    assert_eq!(
        bench.customer("ragna").job(&id).await["status"],
        "completed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_are_fetched_without_one_poll_too_early() {
    let bench = Bench::start().await;
    bench.world().posten.set_switches(Switches {
        calls_per_second: 10_000,
        ..Switches::default()
    });
    let ragna = bench.customer("ragna");
    for _ in 0..100 {
        ragna.orders().await;
    }
    for job in bench.jobs_at_posten().await {
        bench.everybody_signs(job).await;
    }
    // With the limit that Posten has.
    bench.world().posten.set_switches(Switches::default());
    let mut changes = 0;
    for round in 0.. {
        assert!(round < 10, "{changes} changes in {round} rounds");
        let drained = bench.drains().await.json(200);
        changes += drained["changes"].as_u64().expect("a number");
        if drained["more"] == false {
            break;
        }
    }
    assert_eq!(changes, 100);
    let refused = bench.world().journal.entries();
    let refused = refused
        .iter()
        .filter(|entry| entry.counterparty == Counterparty::Posten);
    assert_eq!(refused.filter(|entry| entry.status == 429).count(), 0);
    let jobs = bench.posten(Method::GET, "/jobs").await;
    assert_eq!(jobs.as_array().expect("jobs").len(), 100);
}
