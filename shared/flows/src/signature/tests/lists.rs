//! Tests of lists: every order is listed once, whatever is ordered at the same moment.

use futures::future::join_all;
use serde_json::{Value, json};

use super::orders::{Call, ORDERS, deployment, id, order_for_kari};
use super::*;
use crate::signature::orders::ListQuery;
use crate::signature::tests::api::ApiTestBed;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::platform::slow::SlowPlatform;
use innsyn_core::problem::Kind;
use innsyn_core::reference::Reference;
use innsyn_runtime::inbound::{Parameters, Query};

/// Returns the ids on all pages of a list, and the number of pages.
fn all(bed: &ApiTestBed, query: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let target = format!("{ORDERS}?{query}{cursor}");
        let page = Call::get(&target).json(bed, 200);
        let orders = page["orders"].as_array().expect("a list");
        ids.extend(orders.iter().map(|order| id(order).to_owned()));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (ids, pages),
        }
    }
}

fn order(bed: &ApiTestBed, reference: &str) -> String {
    let order = order_for_kari(&json!({"reference": reference}));
    id(&Call::post(ORDERS, &order).json(bed, 201)).to_owned()
}

/// Returns the query of the time from which the test bed's clock starts, to a later time.
const EVERYTHING: &str = "from=2026-01-01T00:00:00Z&to=2026-01-20T00:00:00Z";

#[test]
fn pages_have_every_order_once_and_in_the_order_of_the_hours() {
    let bed = deployment(&[]);
    let mut ordered = Vec::new();
    for round in 0..12 {
        ordered.push(order(&bed, &format!("SAK-{}", round % 2)));
        if round % 3 == 2 {
            bed.bed.platform.shift(time::Duration::hours(7));
        }
    }
    for limit in [1, 5, 12, 100] {
        let (ids, pages) = all(&bed, &format!("{EVERYTHING}&limit={limit}"));
        assert_eq!(ids, ordered, "pages of {limit}");
        assert!(pages <= 12_usize.div_ceil(limit) + 1, "{pages} of {limit}");
    }
    let even: Vec<_> = ordered.iter().step_by(2).cloned().collect();
    for limit in [1, 4, 100] {
        let (ids, _) = all(&bed, &format!("reference=SAK-0&limit={limit}"));
        assert_eq!(ids, even);
    }
    assert_eq!(all(&bed, "reference=SAK-2"), (Vec::new(), 1));
    let later = "from=2026-01-15T00:00:00Z&to=2026-01-20T00:00:00Z";
    assert_eq!(all(&bed, later), (Vec::new(), 1));
    // A reference names a job only if no other has it.
    let target = format!("{ORDERS}/SAK-0");
    assert_eq!(Call::get(&target).kind(&bed), Kind::RequestInvalid);
}

#[test]
fn orders_at_the_same_moment_have_a_slot_each() {
    let bed = deployment(&[]);
    bed.bed.platform.set_latency(Duration::from_millis(20));
    let body = order_for_kari(&json!({"reference": "SAK-1"}));
    let calls: Vec<_> = (0..9).map(|_| Call::post(ORDERS, &body)).collect();
    let ends = bed
        .bed
        .platform
        .run(join_all(calls.iter().map(|call| call.send(&bed))));
    let mut ordered: Vec<Value> = ends.into_iter().map(|end| bed.read(end, 201)).collect();
    ordered.sort_by_key(|job| id(job).to_owned());
    for query in [EVERYTHING, "reference=SAK-1"] {
        let (mut ids, _) = all(&bed, query);
        ids.sort_unstable();
        let expected: Vec<_> = ordered.iter().map(|job| id(job).to_owned()).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[test]
fn a_refused_or_stopped_order_is_not_listed_and_hides_no_other() {
    let bed = deployment(&[]);
    let refusal = crate::signature::fake::refused(403, "NOT_AUTHORIZED");
    bed.bed.posten.fail("signature-jobs", Ok(refusal));
    let refused = order_for_kari(&json!({"reference": "SAK-1"}));
    assert!(Call::post(ORDERS, &refused).answer(&bed).is_err());
    let kept = order(&bed, "SAK-1");
    for query in [EVERYTHING, "reference=SAK-1"] {
        assert_eq!(all(&bed, query).0, std::slice::from_ref(&kept), "{query}");
    }

    for steps in 0.. {
        let bed = TestBed::new();
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        let survived = survives(&crashing, bed.order_on(&crashing, portal()));
        let after = bed.made(portal());
        let context = context(&*bed.platform);
        let query = Query::parse(EVERYTHING, Parameters::Only(&["from", "to"])).expect("a query");
        let query = ListQuery::read(&query, bed.platform.now()).expect("a query");
        let consumer = &bed.consumers.default;
        let page = bed.signatures.list(&context, consumer, &query);
        let page = bed.platform.run(page).expect("a page");
        let page = serde_json::to_value(&page).expect("JSON");
        let listed = page["orders"].as_array().expect("a list");
        assert!(
            listed.iter().any(|order| id(order) == after.id),
            "stopped before step {steps}: {page}"
        );
        if survived {
            assert_eq!(listed.len(), 2);
            return;
        }
    }
}

#[test]
fn of_one_reference_there_are_32_jobs_at_most() {
    let bed = deployment(&[]);
    for _ in 0..32 {
        order(&bed, "SAK-1");
    }
    let one_more = order_for_kari(&json!({"reference": "SAK-1"}));
    assert_eq!(
        Call::post(ORDERS, &one_more).kind(&bed),
        Kind::RequestInvalid
    );
    assert_eq!(all(&bed, "reference=SAK-1").0.len(), 32);
}

#[test]
fn a_slow_store_costs_a_reference_no_slot() {
    let bed = TestBed::new();
    let consumer = consumer(CONSUMER);
    let reference = Reference::parse_field("reference", "SAK-1").expect("a reference");
    let mut refused = 0;
    for seed in 0..8 {
        bed.platform.reseed(seed);
        let slow = SlowPlatform::new(&bed.platform, Duration::from_secs(2));
        let context = context(&slow);
        let (rows, until) = (
            bed.signatures.rows(&context),
            context.now() + Duration::from_hours(1),
        );
        let (taken, id) = (bed.rows(), format!("job-{seed}"));
        let acquired = rows.acquire_in_reference(&consumer, &reference, &id, until);
        if let Err(problem) = bed.platform.run(acquired) {
            assert_eq!(problem.kind, Kind::TooManyCalls);
            assert_eq!(bed.rows(), taken);
            refused += 1;
        }
    }
    assert!(refused > 0);
}

#[test]
fn queries_that_mean_nothing_are_refused() {
    let bed = deployment(&[]);
    for query in [
        "",
        "limit=1",
        "reference=a&from=2026-01-01T00:00:00Z",
        "reference=a&to=2026-01-01T00:00:00Z",
        "reference=a%20b",
        "reference=a&limit=0",
        "reference=a&limit=101",
        "reference=a&limit=x",
        "reference=a&cursor=x",
        "from=yesterday",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z",
        "from=2026-01-01T00:00:00Z&cursor=aaaaaaaaaaaaaaaa",
        "from=2026-01-01T00:00:00Z&order=down",
    ] {
        let target = format!("{ORDERS}?{query}");
        assert_eq!(
            Call::get(&target).kind(&bed),
            Kind::RequestInvalid,
            "{query}"
        );
    }
}
