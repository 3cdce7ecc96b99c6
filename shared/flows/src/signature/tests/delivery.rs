//! Tests of the delivery of evidence.

use super::banks::{Banks, FIRST, PERIOD, header, receivers_at};
use super::*;
use crate::signature::custody::CustodySource;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::problem::Kind;

pub(super) fn completed() -> (TestBed, Banks, String) {
    let mut bed = TestBed::new();
    let banks = Banks::install(&mut bed);
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    (bed, banks, job.id)
}

#[test]
fn each_file_is_delivered_and_signed_before_the_change_is_confirmed() {
    let (bed, _banks, id) = completed();
    let drained = bed.drain();
    assert_eq!(
        (
            drained.changes,
            drained.held,
            drained.delivered,
            drained.confirmed
        ),
        (1, 1, 1, 1)
    );
    assert_eq!(bed.proof(&id), Some(CustodySource::Delivered));
    let requests = bed.sent_to(FIRST);
    let expected = ["pades", "xades-0"].map(|file| format!("evidence-{id}-completed-{file}"));
    assert_eq!(bed.ids_at(FIRST), expected);
    assert_eq!(header(&requests[0], "content-type"), "application/pdf");
    assert_eq!(header(&requests[1], "content-type"), "application/xml");
    assert_eq!(&requests[0].body()[..], b"%PDF-1.7 signed 90000");
    assert_eq!(header(&requests[0], "ce-type"), "innsyn.evidence.pades");
    assert_eq!(header(&requests[1], "ce-type"), "innsyn.evidence.xades");
    assert_eq!(header(&requests[0], "ce-subject"), id);
    assert_eq!(
        header(&requests[0], "ce-source"),
        "https://app.example/signatures"
    );
    for request in &requests {
        // Verified by another library.
        let key: Vec<u8> = (0..32).collect();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        let head = format!(
            "{}.{}.",
            header(request, "webhook-id"),
            header(request, "webhook-timestamp")
        );
        let signed = [head.as_bytes(), request.body()].concat();
        let mac = header(request, "webhook-signature");
        let mac = STANDARD.decode(mac.strip_prefix("v1,").expect("v1"));
        assert!(aws_lc_rs::hmac::verify(&key, &signed, &mac.expect("base64")).is_ok());
    }
    let paths: Vec<_> = bed.platform.requests();
    let paths = paths.iter().map(|request| request.uri().path().to_owned());
    let order: Vec<_> = paths
        .filter(|path| path == "/innsyn" || path.contains("/confirm/"))
        .collect();
    assert_eq!(order, ["/innsyn", "/innsyn", "/api/confirm/1"]);
    // Nothing is left to do.
    bed.platform.advance(PERIOD);
    assert_eq!(bed.drain(), Drained::default());
    bed.assert_discreet();
}

#[test]
fn only_the_end_of_a_job_with_a_signature_is_held() {
    let mut bed = TestBed::new();
    let _banks = Banks::install(&mut bed);
    bed.made(portal());
    bed.posten.happens(90_000, 0, "SIGNED");
    let drained = bed.drain();
    assert_eq!((drained.held, drained.confirmed), (0, 1));
    assert!(bed.sent_to(FIRST).is_empty(), "the document is not final");
    bed.posten.happens(90_000, 1, "REJECTED");
    bed.rest();
    let drained = bed.drain();
    assert_eq!((drained.held, drained.delivered), (1, 1));
    assert!(bed.ids_at(FIRST)[0].ends_with("-failed-pades"));

    bed.made(direct());
    bed.posten.happens(90_001, 0, "REJECTED");
    bed.rest();
    let drained = bed.drain();
    assert_eq!(
        (drained.held, drained.confirmed),
        (0, 1),
        "nobody has signed"
    );
}

#[test]
fn after_fifteen_minutes_the_change_is_confirmed_and_the_job_a_dead_letter() {
    for status in [500, 503, 404, 302, 413] {
        let (bed, banks, id) = completed();
        banks.answer_with(status);
        for minute in 0..15 {
            bed.drain();
            assert!(bed.posten.confirmed().is_empty(), "minute {minute}");
            bed.platform.advance(PERIOD);
        }
        let tried = bed.sent_to(FIRST).len();
        assert!((4..=7).contains(&tried), "{tried} attempts in 15 minutes");
        bed.drain();
        assert_eq!(bed.posten.confirmed(), [90_000]);
        assert!(bed.outcomes("evidence").contains(&"dead-letter".to_owned()));
        assert_eq!(bed.proof(&id), None);
        // The receiver is down for an hour more.
        for _ in 0..60 {
            bed.platform.advance(PERIOD);
            bed.drain();
        }
        banks.answer_with(0);
        let mut delivered = 0;
        for _ in 0..61 {
            bed.platform.advance(PERIOD);
            delivered += bed.drain().delivered;
        }
        assert_eq!(delivered, 1, "{status}");
        assert_eq!(bed.proof(&id), Some(CustodySource::Delivered));
        assert_eq!(bed.posten.confirmed(), [90_000], "once");
        let ids = bed.ids_at(FIRST);
        assert!(ids.len() < 20, "{} attempts", ids.len());
        let (last, pades) = ids.split_last().expect("attempts");
        assert!(last.ends_with("xades-0"));
        assert!(pades.iter().all(|id| *id == ids[0]), "no redirect, one id");
        let outcomes = bed.outcomes("evidence");
        let dead = outcomes.iter().filter(|outcome| *outcome == "dead-letter");
        assert_eq!(dead.count(), 1);
    }
}

#[test]
fn a_file_whose_answer_was_lost_is_delivered_again_under_the_same_id() {
    let (bed, banks, id) = completed();
    banks.0.breaking.set(1);
    assert_eq!(bed.drain().delivered, 0);
    bed.platform.advance(PERIOD);
    let drained = bed.drain();
    assert_eq!((drained.delivered, drained.confirmed), (1, 1));
    let ids = bed.ids_at(FIRST);
    assert_eq!((ids.len(), &ids[0]), (3, &ids[1]));
    assert_eq!(bed.proof(&id), Some(CustodySource::Delivered));
}

#[test]
fn a_drain_that_is_stopped_anywhere_delivers_each_file_before_it_confirms() {
    for steps in 0.. {
        let (bed, _banks, id) = completed();
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        let survived = survives(&crashing, bed.drain_on(&crashing));
        if !bed.posten.confirmed().is_empty() {
            assert_eq!(
                bed.proof(&id),
                Some(CustodySource::Delivered),
                "step {steps}"
            );
        }
        for _ in 0..3 {
            bed.rest();
            bed.drain();
        }
        assert_eq!(
            bed.proof(&id),
            Some(CustodySource::Delivered),
            "step {steps}"
        );
        assert_eq!(bed.posten.confirmed(), [90_000], "step {steps}");
        let mut ids = bed.ids_at(FIRST);
        assert!(ids.len() <= 3, "at most one is repeated: {ids:?}");
        ids.dedup();
        assert_eq!(ids.len(), 2, "step {steps}: {ids:?}");
        if survived {
            assert!(steps >= 20);
            return;
        }
    }
}

#[test]
fn a_receiver_that_hangs_delays_no_change_and_no_other_consumer() {
    let mut bed = TestBed::new();
    let banks = Banks::install(&mut bed);
    banks.0.hanging.borrow_mut().push(FIRST);
    for _ in 0..3 {
        bed.made(direct());
    }
    let other = Customer::invented("ola", Some(OLA), &consumer(SECOND_CONSUMER), &[]);
    let own_context = context(&*bed.platform);
    let placement = Placement::by_customer(&other, None);
    let order = bed
        .signatures
        .order(&own_context, &placement, direct(), None);
    made(bed.platform.run(order));
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    let start = bed.platform.uptime();
    let drained = bed.drain();
    assert_eq!((drained.changes, drained.held), (4, 4));
    assert_eq!(drained.delivered, 1);
    assert_eq!(bed.posten.confirmed(), [90_003]);
    let lasted = bed.platform.uptime().saturating_sub(start);
    assert!(lasted < TIME, "{lasted:?}");
    assert!(bed.sent_to(FIRST).len() <= 3, "no more than three failures");
    // All changes of the consumer that hangs are confirmed in the end.
    for _ in 0..40 {
        bed.platform.advance(PERIOD);
        bed.drain();
    }
    assert_eq!(bed.posten.confirmed().len(), 4);
    assert_eq!(bed.posten.early(), 0);
}

#[test]
fn a_slow_receiver_gets_everything_in_several_drains() {
    let mut bed = TestBed::new();
    let banks = Banks::install(&mut bed);
    banks.0.delay.set(Duration::from_secs(4));
    for _ in 0..6 {
        bed.made(direct());
    }
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    let mut delivered = 0;
    for _ in 0..6 {
        let start = bed.platform.uptime();
        delivered += bed.drain().delivered;
        assert!(bed.platform.uptime().saturating_sub(start) < TIME);
        bed.platform.advance(PERIOD);
    }
    assert_eq!((delivered, bed.posten.confirmed().len()), (6, 6));
    assert_eq!(bed.sent_to(FIRST).len(), 12, "each file once");
}

#[test]
fn a_customer_cannot_confirm_the_change_before_the_bank_has_its_copy() {
    let (bed, banks, id) = completed();
    banks.answer_with(500);
    bed.drain();
    let confirm = |bed: &TestBed| {
        let context = context(&*bed.platform);
        let confirmed = bed.signatures.confirm(&context, &bed.kari, &id);
        bed.platform.run(confirmed).map_err(|problem| problem.kind)
    };
    assert_eq!(confirm(&bed), Err(Kind::CustodyPending));
    bed.acknowledge(&id);
    assert!(confirm(&bed).is_ok());
}

#[test]
fn what_the_bank_has_fetched_is_not_delivered() {
    let (bed, banks, id) = completed();
    banks.answer_with(500);
    bed.drain();
    let tried = bed.sent_to(FIRST).len();
    bed.acknowledge(&id);
    bed.platform.advance(PERIOD);
    assert_eq!(bed.drain().confirmed, 1);
    bed.rest();
    bed.drain();
    assert_eq!(bed.sent_to(FIRST).len(), tried);
}

#[test]
fn a_receiver_of_one_consumer_makes_no_other_consumers_customers_wait() {
    let mut bed = TestBed::new();
    bed.signatures.evidence_receivers = receivers_at(&bed, &[(CONSUMER, FIRST)]);
    for (number, expected) in [(CONSUMER, true), (SECOND_CONSUMER, false)] {
        assert_eq!(bed.signatures.needs_custody(&consumer(number)), expected);
    }
}
