//! Tests of the polling times: no poll is too early or too frequent.

use super::*;
use crate::signature::fake::shut_out;

#[test]
fn a_hundred_changes_are_fetched_without_one_question_too_early() {
    let world = World::new();
    let jobs: Vec<JobView> = (0..100).map(|_| world.made(direct())).collect();
    for job in world.posten.jobs() {
        world.posten.happens(job.id, 0, "SIGNED");
    }
    let mut changes = 0;
    for _ in 0..4 {
        let drained = world.drain();
        changes += drained.changes;
        if !drained.more {
            break;
        }
    }
    assert_eq!(changes, 100);
    assert_eq!(world.posten.confirmed().len(), 100);
    assert!(
        jobs.iter()
            .all(|job| world.status(&job.id).status == Status::Completed)
    );
    assert_eq!(world.posten.early(), 0);
    // And again, although the timer is early.
    let calls = world.platform.requests().len();
    assert_eq!(world.drain(), Drained::default());
    assert_eq!(world.platform.requests().len(), calls);
    world.rest();
    world.drain();
    assert_eq!(world.posten.early(), 0);
    world.assert_discreet();
}

#[test]
fn no_more_than_eight_calls_are_made_in_a_second() {
    let world = World::new();
    for _ in 0..20 {
        world.made(direct());
    }
    for job in world.posten.jobs() {
        world.posten.happens(job.id, 0, "SIGNED");
    }
    let (start, before) = (world.platform.uptime(), world.platform.requests().len());
    world.drain();
    let calls = u32::try_from(world.platform.requests().len() - before).expect("few");
    let took = world.platform.uptime().saturating_sub(start);
    assert!(
        took >= Duration::from_millis(125) * (calls - 1),
        "{calls} calls in {took:?}"
    );
}

#[test]
fn a_drain_ends_before_its_time_and_says_that_there_is_more() {
    let world = World::new();
    for _ in 0..3 {
        world.made(direct());
    }
    for job in world.posten.jobs() {
        world.posten.happens(job.id, 0, "SIGNED");
    }
    world.platform.set_latency(Duration::from_secs(9));
    let drained = world.drain();
    assert!(drained.more && drained.changes < 4);
    assert_eq!(drained.changes, drained.confirmed);
    world.platform.set_latency(Duration::ZERO);
    let rest = world.drain();
    assert_eq!(drained.changes + rest.changes, 3);
}

#[test]
fn a_queue_that_was_asked_too_early_is_left_alone_until_it_may_be_asked() {
    let world = World::new();
    world.drain();
    // Another system's poll, or a lost row: the next poll time is unknown.
    world
        .platform
        .with_store(STORE, std::collections::HashMap::clear);
    assert_eq!(world.drain(), Drained::default());
    assert_eq!(world.posten.early(), 4, "each queue once");
    world.drain();
    assert_eq!(world.posten.early(), 4);
    world.rest();
    world.drain();
    assert_eq!(world.posten.early(), 4);
}

#[test]
fn shut_out_for_half_a_minute_nothing_is_asked() {
    for path in ["direct/signature-jobs", "confirm"] {
        let world = World::new();
        world.made(direct());
        world.posten.happens(90_000, 0, "SIGNED");
        world.posten.fail(path, Ok(shut_out()));
        let drained = world.drain();
        assert_eq!(drained.confirmed, 0);
        assert!(
            world
                .platform
                .events()
                .iter()
                .any(|event| event["outcome"] == "shut-out")
        );
        let asked = |world: &World| {
            let requests = world.platform.requests();
            let path = format!("/api/{CONSUMER}/");
            let polls = requests.iter().filter(|request| {
                request.method() == "GET" && request.uri().path().starts_with(&path)
            });
            polls.count()
        };
        let before = asked(&world);
        world.platform.advance(Duration::from_secs(29));
        world.drain();
        assert_eq!(asked(&world), before, "{path}");
        world.rest();
        assert_eq!(world.drain().confirmed, 1);
        assert_eq!(world.posten.early(), 0);
    }
}

#[test]
fn to_be_shut_out_does_not_wake_a_queue_that_rests() {
    let world = World::new();
    world.posten.fail("portal/signature-jobs", Ok(shut_out()));
    world.drain();
    // The direct queue was empty a moment before, and has an interval of ten minutes.
    world.platform.advance(Duration::from_secs(31));
    world.drain();
    assert_eq!(world.posten.early(), 0);
}

#[test]
fn a_clock_that_differs_by_seconds_is_waited_for() {
    let world = World::new();
    world.posten.run_ahead(time::Duration::seconds(3));
    for _ in 0..3 {
        world.made(direct());
    }
    for job in world.posten.jobs() {
        world.posten.happens(job.id, 0, "SIGNED");
    }
    let drained = world.drain();
    assert_eq!((drained.changes, drained.more), (3, false));
    assert_eq!(world.posten.early(), 0);
}
