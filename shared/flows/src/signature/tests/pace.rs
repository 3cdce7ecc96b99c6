//! Tests of the polling times: no poll is too early or too frequent.

use super::*;
use crate::signature::fake::shut_out;

#[test]
fn a_hundred_changes_are_fetched_without_one_question_too_early() {
    let bed = TestBed::new();
    let jobs: Vec<JobView> = (0..100).map(|_| bed.made(direct())).collect();
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    let mut changes = 0;
    for _ in 0..4 {
        let drained = bed.drain();
        changes += drained.changes;
        if !drained.more {
            break;
        }
    }
    assert_eq!(changes, 100);
    assert_eq!(bed.posten.confirmed().len(), 100);
    assert!(
        jobs.iter()
            .all(|job| bed.status(&job.id).status == Status::Completed)
    );
    assert_eq!(bed.posten.early(), 0);
    // And again, although the timer is early.
    let calls = bed.platform.requests().len();
    assert_eq!(bed.drain(), Drained::default());
    assert_eq!(bed.platform.requests().len(), calls);
    bed.rest();
    bed.drain();
    assert_eq!(bed.posten.early(), 0);
    bed.assert_discreet();
}

#[test]
fn no_more_than_eight_calls_are_made_in_a_second() {
    let bed = TestBed::new();
    for _ in 0..20 {
        bed.made(direct());
    }
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    let (start, before) = (bed.platform.uptime(), bed.platform.requests().len());
    bed.drain();
    let calls = u32::try_from(bed.platform.requests().len() - before).expect("few");
    let took = bed.platform.uptime().saturating_sub(start);
    assert!(
        took >= Duration::from_millis(125) * (calls - 1),
        "{calls} calls in {took:?}"
    );
}

#[test]
fn a_drain_ends_before_its_time_and_says_that_there_is_more() {
    let bed = TestBed::new();
    for _ in 0..3 {
        bed.made(direct());
    }
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    bed.platform.set_latency(Duration::from_secs(9));
    let drained = bed.drain();
    assert!(drained.more && drained.changes < 4);
    assert_eq!(drained.changes, drained.confirmed);
    bed.platform.set_latency(Duration::ZERO);
    let rest = bed.drain();
    assert_eq!(drained.changes + rest.changes, 3);
}

#[test]
fn a_queue_that_was_asked_too_early_is_left_alone_until_it_may_be_asked() {
    let bed = TestBed::new();
    bed.drain();
    // Another system's poll, or a lost row: the next poll time is unknown.
    bed.platform
        .with_store(STORE, std::collections::HashMap::clear);
    assert_eq!(bed.drain(), Drained::default());
    assert_eq!(bed.posten.early(), 4, "each queue once");
    bed.drain();
    assert_eq!(bed.posten.early(), 4);
    bed.rest();
    bed.drain();
    assert_eq!(bed.posten.early(), 4);
}

#[test]
fn shut_out_for_half_a_minute_nothing_is_asked() {
    for path in ["direct/signature-jobs", "confirm"] {
        let bed = TestBed::new();
        bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        bed.posten.fail(path, Ok(shut_out()));
        let drained = bed.drain();
        assert_eq!(drained.confirmed, 0);
        assert!(
            bed.platform
                .events()
                .iter()
                .any(|event| event["outcome"] == "shut-out")
        );
        let asked = |bed: &TestBed| {
            let requests = bed.platform.requests();
            let path = format!("/api/{CONSUMER}/");
            let polls = requests.iter().filter(|request| {
                request.method() == "GET" && request.uri().path().starts_with(&path)
            });
            polls.count()
        };
        let before = asked(&bed);
        bed.platform.advance(Duration::from_secs(29));
        bed.drain();
        assert_eq!(asked(&bed), before, "{path}");
        bed.rest();
        assert_eq!(bed.drain().confirmed, 1);
        assert_eq!(bed.posten.early(), 0);
    }
}

#[test]
fn to_be_shut_out_does_not_wake_a_queue_that_rests() {
    let bed = TestBed::new();
    bed.posten.fail("portal/signature-jobs", Ok(shut_out()));
    bed.drain();
    // The direct queue was empty a moment before, and has an interval of ten minutes.
    bed.platform.advance(Duration::from_secs(31));
    bed.drain();
    assert_eq!(bed.posten.early(), 0);
}

#[test]
fn a_clock_that_differs_by_seconds_is_waited_for() {
    let bed = TestBed::new();
    bed.posten.run_ahead(time::Duration::seconds(3));
    for _ in 0..3 {
        bed.made(direct());
    }
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    let drained = bed.drain();
    assert_eq!((drained.changes, drained.more), (3, false));
    assert_eq!(bed.posten.early(), 0);
}
