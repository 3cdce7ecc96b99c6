//! Tests of the events about jobs.

use serde_json::Value;

use super::banks::{Banks, EVENTS, PERIOD, receivers_at};
use super::*;
use innsyn_core::platform::Request;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};

fn hearing() -> (TestBed, Banks) {
    let mut bed = TestBed::new();
    let banks = Banks::install(&mut bed);
    bed.signatures.evidence_receivers = Receivers::default();
    bed.signatures.event_receivers = receivers_at(&bed, &[(CONSUMER, EVENTS)]);
    (bed, banks)
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).expect("JSON")
}

fn heard(bed: &TestBed) -> Vec<(String, u64)> {
    let events = bed.sent_to(EVENTS);
    events
        .iter()
        .map(|request| {
            let event = body(request);
            let kind = event["type"].as_str().expect("text").to_owned();
            (kind, event["data"]["number"].as_u64().expect("a number"))
        })
        .collect()
}

#[test]
fn each_step_of_a_job_is_announced_once_with_growing_numbers_and_nobodys_name() {
    let (bed, _banks) = hearing();
    let job = bed.made(portal());
    assert_eq!(bed.drain().events, 0, "nothing has changed");
    bed.rest();
    bed.posten.happens(90_000, 0, "SIGNED");
    assert_eq!(bed.drain().events, 1);
    bed.platform.advance(PERIOD);
    assert_eq!(bed.drain().events, 0);
    bed.rest();
    bed.posten.happens(90_000, 1, "SIGNED");
    assert_eq!(bed.drain().events, 1);
    let expected = [("in_progress", 1), ("completed", 2)];
    let expected = expected.map(|(end, number)| (format!("innsyn.signature.{end}"), number));
    assert_eq!(heard(&bed), expected);
    let events = bed.sent_to(EVENTS);
    let event = body(&events[1]);
    assert_eq!(event["subject"], job.id.as_str());
    assert_eq!(event["source"], "https://app.example/signatures");
    assert_eq!(event["data"]["status"], "completed");
    assert_eq!(
        (&event["data"]["signed"], &event["data"]["signers"]),
        (&2.into(), &2.into())
    );
    for request in &events {
        let text = String::from_utf8(request.body().to_vec()).expect("text");
        assert!(!innsyn_core::text::holds_number(&text), "{text}");
    }
    bed.assert_discreet();
}

#[test]
fn a_signer_who_comes_back_is_announced_before_posten_tells() {
    let (bed, _banks) = hearing();
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    let end = super::browser_return::handle_return(&bed, &*bed.platform, Some("good"));
    bed.platform.run(end).expect("an answer");
    bed.drain();
    assert_eq!(heard(&bed), [("innsyn.signature.completed".to_owned(), 1)]);
}

#[test]
fn a_receiver_that_fails_hears_later_under_the_same_id() {
    let (bed, banks) = hearing();
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    banks.answer_with(500);
    for _ in 0..10 {
        assert_eq!(bed.drain().events, 0);
        bed.platform.advance(PERIOD);
    }
    assert_eq!(bed.posten.confirmed(), [90_000], "no change waits for it");
    banks.answer_with(0);
    for _ in 0..20 {
        bed.drain();
        bed.platform.advance(PERIOD);
    }
    let events = bed.sent_to(EVENTS);
    assert!(events.len() > 2);
    for request in &events {
        assert_eq!(
            request.headers()["webhook-id"],
            events[0].headers()["webhook-id"]
        );
        assert_eq!(request.body(), events[0].body());
    }
}

#[test]
fn a_drain_that_is_stopped_anywhere_announces_at_least_once_under_one_id() {
    for steps in 0.. {
        let (bed, _banks) = hearing();
        bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        let survived = survives(&crashing, bed.drain_on(&crashing));
        for _ in 0..3 {
            bed.rest();
            bed.drain();
        }
        let events = bed.sent_to(EVENTS);
        assert!((1..=2).contains(&events.len()), "step {steps}");
        assert!(
            events
                .iter()
                .all(|request| request.body() == events[0].body())
        );
        if survived {
            return;
        }
    }
}

#[test]
fn what_the_agenda_has_lost_is_found_by_the_sweep() {
    let (mut bed, _banks) = hearing();
    let receivers = std::mem::take(&mut bed.signatures.event_receivers);
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.drain();
    bed.signatures.event_receivers = receivers;
    bed.platform.advance(PERIOD);
    assert_eq!(bed.drain().events, 0);
    bed.sweep();
    assert_eq!(bed.drain().events, 1);
}
