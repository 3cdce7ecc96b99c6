//! Tests of the queue drain: no change is lost, and no job moves back.

use super::*;
use crate::signature::fake::{answered, refused};
use innsyn_core::platform::SendError;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::problem::Kind;

fn completed(bed: &TestBed, id: &str) -> bool {
    bed.status(id).status == Status::Completed
}

#[test]
fn a_job_whose_answer_was_lost_is_found_by_its_reference() {
    let bed = TestBed::new();
    bed.posten.lose_created(true);
    let job = unknown(bed.order(portal()));
    bed.posten.lose_created(false);
    let kept = bed.posten.jobs()[0].id;
    bed.posten.happens(kept, 0, "SIGNED");
    let drained = bed.drain();
    assert_eq!(
        (drained.changes, drained.orphans, drained.confirmed),
        (1, 0, 1)
    );
    let healed = bed.status(&job.id);
    assert_eq!(healed.status, Status::InProgress);
    assert_eq!(
        (healed.signers[0].status, healed.signers[1].status),
        ("signed", "waiting")
    );
    // The addresses are stored as well.
    let context = context(&*bed.platform);
    let cancelled = bed.signatures.cancel(&context, &bed.kari, &job.id);
    assert!(bed.platform.run(cancelled).is_ok());
    assert_eq!(bed.posten.jobs().len(), 1);
}

#[test]
fn old_and_repeated_changes_take_nothing_back() {
    for turned in [false, true] {
        let bed = TestBed::new();
        let job = bed.made(portal());
        let kept = bed.posten.jobs()[0].id;
        bed.posten.happens(kept, 0, "SIGNED");
        bed.platform.advance(Duration::from_secs(5));
        bed.posten.happens(kept, 1, "SIGNED");
        bed.posten.repeat_change();
        if turned {
            bed.posten.turn_around();
        }
        assert_eq!(bed.drain().changes, 3);
        let view = bed.status(&job.id);
        assert_eq!(view.status, Status::Completed);
        assert!(view.signers.iter().all(|signer| signer.status == "signed"));
        assert_eq!(bed.posten.waiting(), 0);
    }
}

#[test]
fn of_two_changes_of_one_status_the_newer_counts_for_each_signer() {
    let bed = TestBed::new();
    let job = bed.made(for_three());
    let kept = bed.posten.jobs()[0].id;
    for place in [0, 1] {
        bed.platform.advance(Duration::from_secs(5));
        bed.posten.happens(kept, place, "SIGNED");
    }
    bed.posten.turn_around();
    bed.drain();
    let view = bed.status(&job.id);
    let statuses: Vec<_> = view.signers.iter().map(|signer| signer.status).collect();
    assert_eq!(statuses, ["signed", "signed", "waiting"]);
    // The order waited 0.3 s for its slot.
    assert_eq!(
        view.signers[1].since.as_deref(),
        Some("2026-01-01T12:00:10.3Z")
    );
}

#[test]
fn a_change_of_nobody_we_know_is_kept_and_confirmed() {
    let bed = TestBed::new();
    for (id, reference) in [(1, ""), (2, "another system's"), (3, &"a".repeat(32))] {
        bed.posten.tell_of_a_stranger(id, reference, CONSUMER);
    }
    let drained = bed.drain();
    assert_eq!(
        (drained.changes, drained.orphans, drained.confirmed),
        (3, 3, 3)
    );
    // One row for each, and the poll times of the queues.
    assert_eq!(bed.rows(), 3 + 4);
    let orphans = bed.platform.events();
    let orphans = orphans.iter().filter(|event| event["outcome"] == "orphan");
    assert_eq!(orphans.count(), 3);
    bed.assert_discreet();
}

#[test]
fn a_second_job_with_our_reference_does_not_touch_ours() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.tell_of_a_stranger(7, &job.id, CONSUMER);
    assert_eq!(bed.drain().orphans, 1);
    assert_eq!(bed.status(&job.id).status, Status::InProgress);
}

#[test]
fn another_consumers_queue_is_another() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.tell_of_a_stranger(7, &job.id, SECOND_CONSUMER);
    assert_eq!(bed.drain().orphans, 1);
    assert_eq!(bed.status(&job.id).status, Status::InProgress);
}

#[test]
fn a_slow_drain_with_an_older_change_does_not_overwrite_a_newer_one() {
    let bed = TestBed::new();
    let job = bed.made(for_three());
    let rows_of = |bed: &TestBed| bed.platform.with_store(STORE, |rows| rows.clone());
    let before = rows_of(&bed);
    bed.posten.happens(90_000, 0, "SIGNED");
    // One drain has fetched the first change, but its write arrives last.
    bed.drain();
    let late: Vec<_> = rows_of(&bed)
        .into_iter()
        .filter(|(name, row)| before.get(name) != Some(row))
        .collect();
    for (place, status) in [(1, Status::InProgress), (2, Status::Completed)] {
        bed.rest();
        bed.posten.happens(90_000, place, "SIGNED");
        bed.drain();
        let late = late.clone();
        bed.platform.with_store(STORE, |rows| rows.extend(late));
        let view = bed.status(&job.id);
        assert_eq!(
            (view.status, view.signers[place].status),
            (status, "signed")
        );
        assert_eq!(view.signers[0].status, "signed");
    }
}

/// Returns the order of the portal job, with a third signer.
fn for_three() -> Order {
    let mut order = portal();
    let third = Signer {
        notifications: order.signers[0].notifications.clone(),
        ..signer("02829090123")
    };
    order.signers.push(third);
    order
}

#[test]
fn a_confirmation_that_fails_is_made_up_for() {
    for end in [
        Err(SendError::Broken("x".to_owned())),
        Ok(answered(500, "")),
        Ok(refused(400, "SOMETHING_NEW")),
    ] {
        let bed = TestBed::new();
        let job = bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        for _ in 0..2 {
            bed.posten.fail("confirm", end.clone());
        }
        let drained = bed.drain();
        assert_eq!((drained.changes, drained.confirmed), (1, 0));
        assert!(completed(&bed, &job.id), "stored all the same");
        bed.posten.heal();
        bed.rest();
        let drained = bed.drain();
        assert_eq!((drained.changes, drained.confirmed), (1, 1));
        assert!(completed(&bed, &job.id));
    }
}

#[test]
fn what_cannot_be_stored_is_not_confirmed() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    let platform = Rc::clone(&bed.platform);
    let posten = bed.posten.clone();
    // The store fails while the change is in transit.
    bed.platform.respond(move |request| {
        platform.fail_store(STORE, true);
        posten.give(request)
    });
    let problem = bed.platform.run(bed.drain_on(&*bed.platform));
    assert_eq!(problem.expect_err("down").kind, Kind::StoreDown);
    assert!(bed.posten.confirmed().is_empty());
    bed.platform.fail_store(STORE, false);
    let posten = bed.posten.clone();
    bed.platform.respond(move |request| posten.give(request));
    bed.rest();
    bed.drain();
    assert!(completed(&bed, &job.id));
}

#[test]
fn a_change_that_cannot_be_read_does_not_hide_the_others() {
    let bed = TestBed::new();
    let job = bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    bed.posten
        .fail("direct/signature-jobs", Ok(answered(200, "<nonsense/>")));
    let drained = bed.drain();
    assert_eq!(
        (drained.changes, drained.confirmed, drained.unreadable),
        (1, 1, 1)
    );
    assert!(completed(&bed, &job.id));
    let events = bed.platform.events();
    assert!(
        events
            .iter()
            .any(|event| event["level"] == "error" && event["event"] == "drain")
    );
}

#[test]
fn one_consumers_trouble_is_not_anothers() {
    let bed = TestBed::new();
    bed.posten.tell_of_a_stranger(7, "x", SECOND_CONSUMER);
    bed.posten.fail(
        "310000205/direct/signature-jobs",
        Ok(refused(403, "NOT_AUTHORIZED")),
    );
    let problem = bed
        .platform
        .run(bed.drain_on(&*bed.platform))
        .expect_err("told");
    assert_eq!(problem.kind, Kind::PostenAccessRefused);
    assert_eq!(bed.posten.confirmed(), [7]);
}

#[test]
fn two_drains_at_once_do_no_harm() {
    let bed = TestBed::new();
    let jobs: Vec<JobView> = (0..10).map(|_| bed.made(direct())).collect();
    for job in bed.posten.jobs() {
        bed.posten.happens(job.id, 0, "SIGNED");
    }
    bed.platform.set_latency(Duration::from_millis(40));
    let start = bed.platform.requests().len();
    let (one, other) = bed.platform.run(futures::future::join(
        bed.drain_on(&*bed.platform),
        bed.drain_on(&*bed.platform),
    ));
    let changes = [one, other].map(|drained| drained.expect("drained").changes);
    assert!(changes == [0, 10] || changes == [10, 0], "{changes:?}");
    assert_eq!(bed.posten.confirmed().len(), 10);
    assert!(jobs.iter().all(|job| completed(&bed, &job.id)));
    let events = bed.platform.events();
    assert!(events.iter().any(|event| event["outcome"] == "busy"));
    // Ten changes, ten confirmations, and four queues that are empty in the end.
    assert_eq!(bed.platform.requests().len() - start, 24);
}

#[test]
fn a_drain_that_died_does_not_keep_others_away_for_long() {
    let bed = TestBed::new();
    bed.made(direct());
    bed.posten.happens(90_000, 0, "SIGNED");
    let crashing = CrashingPlatform::new(&bed.platform, 3);
    assert!(!survives(&crashing, bed.drain_on(&crashing)));
    assert_eq!(bed.drain().changes, 0);
    bed.platform.advance(TIME);
    assert_eq!(bed.drain().changes, 1);
}

#[test]
fn a_withdrawn_job_ends_when_the_queue_says_so() {
    let bed = TestBed::new();
    let job = bed.made(portal());
    let context = context(&*bed.platform);
    let cancelled = bed.signatures.cancel(&context, &bed.kari, &job.id);
    let view = bed.platform.run(cancelled).expect("withdrawn");
    assert_eq!(view.status, Status::InProgress);
    bed.posten.happens(90_000, 0, "CANCELLED");
    bed.posten.happens(90_000, 1, "CANCELLED");
    bed.drain();
    let view = bed.status(&job.id);
    assert_eq!(view.status, Status::Failed);
    assert_eq!(view.signers[0].status, "cancelled");
}

#[test]
fn a_signer_without_a_number_is_known_by_where_they_are_told() {
    let bed = TestBed::new();
    let mut order = portal();
    order.signers[1].who = SignerIdentifier::Contact;
    let job = bed.made(order);
    let reference = &job.id;
    let change = format!(
        "<portal-signature-job-status-change-response xmlns=\"http://signering.posten.no/schema/v1\"><reference>{reference}</reference><signature-job-id>90000</signature-job-id><status>IN_PROGRESS</status><confirmation-url>{ORIGIN}/api/confirm/1</confirmation-url><signatures><signature><status since=\"2026-01-01T13:00:01+01:00\">WAITING</status><identifier><email address=\"ola@bank.example\"/></identifier></signature><signature><status since=\"2026-01-01T13:00:00+01:00\">A_NEW_ONE</status><personal-identification-number>{KARI}</personal-identification-number></signature></signatures></portal-signature-job-status-change-response>"
    );
    bed.posten
        .fail("portal/signature-jobs", Ok(answered(200, &change)));
    assert_eq!(bed.drain().changes, 1);
    let view = bed.status(&job.id);
    let signers: Vec<_> = view
        .signers
        .iter()
        .map(|signer| (signer.status, signer.since.as_deref()))
        .collect();
    let at = |time| Some(time);
    assert_eq!(
        signers,
        [
            ("unknown", at("2026-01-01T12:00:00Z")),
            ("waiting", at("2026-01-01T12:00:01Z"))
        ]
    );
}
