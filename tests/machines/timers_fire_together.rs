//! Timers of several hosts that fire at once: the work is done once.

use std::time::Duration;

use sandbox::kit::ExternalService;
use serde_json::Value;

use crate::fleet::Fleet;

const TIMERS: [&str; 3] = ["/consent/sweep", "/signatures/sweep", "/signatures/drain"];
/// Short interval, so that the hosts coincide: each has gone through its timers before the next
/// round begins.
const EVERY: Duration = Duration::from_millis(50);
/// Number of queues: three consumers have one for each flow.
const QUEUES: usize = 6;
/// Time above the pause of an empty queue, and of a sweep.
const LATER: Duration = Duration::from_secs(10 * 60 + 1);

/// Effects outside the hosts.
#[derive(Debug, Eq, PartialEq)]
struct Effects {
    /// Requests to Posten with their answers, sorted as text.
    posten: Vec<String>,
    /// Sweeps of a store, by any host.
    sweeps: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_do_no_more_than_one() {
    let Some(alone) = done_by(1).await else {
        return;
    };
    let [first, second] = &alone;
    assert_eq!(first.posten.len(), QUEUES);
    // The change and its confirmation as well.
    assert_eq!(second.posten.len(), 2 + QUEUES);
    for done in &alone {
        assert_eq!(done.sweeps, 3, "consents, tokens and jobs");
    }
    assert_eq!(done_by(2).await, Some(alone));
}

/// Returns the effects in the first minutes, and in those after a customer has signed.
async fn done_by(hosts: usize) -> Option<[Effects; 2]> {
    let fleet = Fleet::with_timers(hosts, &TIMERS, EVERY).await?;
    rounds(&fleet, hosts).await;
    let first = done(&fleet, 0, 0);

    let ragna = fleet.bed.customer("ragna");
    let (id, redirect) = ragna.orders().await;
    let browser = fleet.bed.browser();
    browser.signs(&redirect, "ragna", "sign").await;
    let asked = asked(&fleet).len();
    fleet.advance(LATER);
    rounds(&fleet, hosts).await;
    let ragna = fleet.bed.customer("ragna");
    assert_eq!(ragna.job(&id).await["status"], "completed");
    let second = done(&fleet, asked, first.sweeps);
    Some([first, second])
}

/// Waits until each host's timers have fired some times more.
async fn rounds(fleet: &Fleet, hosts: usize) {
    let calls = |host: usize, path: &str| {
        let events = fleet.hosts.events(host);
        let is_one = |event: &&Value| event["event"] == "request" && event["route"] == path;
        events.iter().filter(is_one).count()
    };
    for host in 0..hosts {
        for path in TIMERS {
            let before = calls(host, path);
            let some_more = async |_: &journeys::TestBed| calls(host, path) >= before + 4;
            fleet.bed.until(some_more).await;
        }
    }
}

fn done(fleet: &Fleet, asked_before: usize, swept_before: usize) -> Effects {
    let mut posten = asked(fleet).split_off(asked_before);
    posten.sort_unstable();
    let is_sweep = |event: &Value| event["event"] == "sweep" && event["outcome"] == "ok";
    Effects {
        posten,
        sweeps: fleet.hosts.count(is_sweep) - swept_before,
    }
}

fn asked(fleet: &Fleet) -> Vec<String> {
    let entries = fleet.bed.services().journal.entries().into_iter();
    let of_posten = entries.filter(|entry| entry.service == ExternalService::Posten);
    let text = of_posten.map(|entry| format!("{} {} {}", entry.method, entry.route, entry.status));
    text.collect()
}
