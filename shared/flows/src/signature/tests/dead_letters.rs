//! Tests of evidence that the bank does not get in time.

use super::banks::{Banks, EVENTS, FIRST, PERIOD, receivers_at};
use super::delivery::completed;
use super::*;
use crate::signature::custody::CustodySource;
use crate::signature::orders::{Cursor, PageQuery};

#[test]
fn an_alert_is_given_once_ten_days_before_posten_deletes_the_documents() {
    let (mut bed, banks, id) = completed();
    bed.signatures.event_receivers = receivers_at(&bed, &[(CONSUMER, EVENTS)]);
    banks.answer_with(500);
    bed.drain();
    for day in 0..41 {
        bed.sweep();
        banks.answer_with(500);
        bed.drain();
        let outcomes = bed.outcomes("evidence");
        let alerts = outcomes.iter().filter(|outcome| *outcome == "ends-soon");
        assert_eq!(alerts.count(), usize::from(day >= 30), "day {day}");
        bed.platform.advance(Duration::from_hours(24));
    }
    assert!(bed.outcomes("evidence").contains(&"lost".to_owned()));
    let tried = bed.sent_to(FIRST).len();
    banks.answer_with(0);
    for _ in 0..3 {
        bed.sweep();
        bed.drain();
        bed.platform.advance(Duration::from_hours(24));
    }
    assert_eq!(bed.sent_to(FIRST).len(), tried, "Posten has deleted them");
    let events = bed.sent_to(EVENTS);
    let last = events.last().expect("an event");
    let last: serde_json::Value = serde_json::from_slice(last.body()).expect("JSON");
    assert_eq!(last["subject"], id.as_str());
    let kinds: Vec<_> = events
        .iter()
        .map(|request| String::from_utf8_lossy(request.body()).into_owned())
        .collect();
    assert!(
        kinds
            .iter()
            .any(|body| body.contains("innsyn.evidence.ends_soon"))
    );
    let lines = bed.platform.lines();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("ends-soon") && line.contains(&id))
    );
}

#[test]
fn an_alert_is_given_for_a_job_that_the_bank_has_to_fetch() {
    for is_fetched in [false, true] {
        let mut bed = TestBed::new();
        bed.signatures.needs_custody = true;
        let job = bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        assert_eq!(bed.drain().confirmed, 1);
        if is_fetched {
            bed.acknowledge(&job.id);
        }
        for _ in 0..40 {
            bed.sweep();
            bed.platform.advance(Duration::from_hours(24));
        }
        let outcomes = bed.outcomes("evidence");
        let expected: &[&str] = if is_fetched { &[] } else { &["ends-soon"] };
        assert_eq!(outcomes, expected);
    }
}

#[test]
fn dead_letters_are_listed_until_the_bank_has_its_copy() {
    let (bed, banks, id) = completed();
    banks.answer_with(500);
    bed.drain();
    let list = |bed: &TestBed| {
        let context = context(&*bed.platform);
        let consumer = consumer(CONSUMER);
        let page = PageQuery {
            limit: 100,
            cursor: None,
        };
        let letters = bed.signatures.dead_letters(&context, &consumer, page);
        let letters = bed.platform.run(letters).expect("a list");
        let mut letters = serde_json::to_value(letters).expect("JSON");
        letters["orders"].take()
    };
    assert_eq!(list(&bed), serde_json::json!([]), "the change is held");
    bed.platform.advance(PERIOD * 15);
    bed.drain();
    let letters = list(&bed);
    let letter = &letters[0];
    assert_eq!(letter["id"], id.as_str());
    assert_eq!(letter["status"], "completed");
    assert_eq!(letter["missing"], serde_json::json!(["pades", "xades-0"]));
    assert_eq!(letter["available_until"], "2026-02-10T12:00:00Z");
    bed.acknowledge(&id);
    assert_eq!(list(&bed), serde_json::json!([]));
}

#[test]
fn dead_letters_come_in_pages() {
    let (bed, banks, first) = completed();
    let mut ids = vec![first];
    for _ in 0..2 {
        ids.push(bed.made(direct()).id);
        let job = bed.posten.jobs().last().expect("a job").id;
        bed.posten.happens(job, 0, "SIGNED");
    }
    for _ in 0..20 {
        banks.answer_with(500);
        bed.drain();
        bed.platform.advance(PERIOD);
    }
    let context = context(&*bed.platform);
    let consumer = consumer(CONSUMER);
    let mut found = Vec::new();
    let mut cursor = None;
    for expected in [2, 1] {
        let page = PageQuery { limit: 2, cursor };
        let letters = bed.signatures.dead_letters(&context, &consumer, page);
        let letters = bed.platform.run(letters).expect("a page");
        let letters = serde_json::to_value(letters).expect("JSON");
        let orders = letters["orders"].as_array().expect("a list");
        assert_eq!(orders.len(), expected);
        found.extend(orders.iter().map(|order| order["id"].clone()));
        let next = letters["next_cursor"].as_str();
        cursor = next.map(|text| Cursor::parse(text).expect("a cursor"));
    }
    assert_eq!(cursor, None, "the list ends");
    for id in ids {
        assert!(found.contains(&id.clone().into()), "{id}");
    }
}

#[test]
fn a_job_that_ended_before_there_was_a_receiver_is_found_by_the_sweep() {
    let mut bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    assert_eq!(bed.drain().confirmed, 1);
    let _banks = Banks::install(&mut bed);
    bed.platform.advance(PERIOD);
    assert_eq!(bed.drain().delivered, 0);
    bed.sweep();
    assert_eq!(bed.drain().delivered, 1);
    assert_eq!(bed.proof(&job.id), Some(CustodySource::Delivered));
}
