//! Tests of stops between any two steps: nothing is lost, and nothing is ordered twice.

use super::*;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};

#[test]
fn an_order_that_is_stopped_anywhere_is_there_once_or_not_at_all() {
    for steps in 0.. {
        let bed = TestBed::new();
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        if survives(&crashing, bed.order_on(&crashing, portal())) {
            assert!(steps >= 3, "a row, Posten, a row at least");
            return;
        }
        let jobs = bed.posten.jobs();
        assert!(jobs.len() <= 1);
        let Some(job) = jobs.first() else {
            continue;
        };
        // Whether or not the response was stored, the queue finds the row by its reference.
        bed.posten.happens(job.id, 0, "SIGNED");
        let drained = bed.drain();
        assert_eq!(
            (drained.changes, drained.orphans),
            (1, 0),
            "stopped before step {steps}"
        );
        let healed = bed.status(&job.reference);
        assert_eq!(
            (healed.status, healed.signers[0].status),
            (Status::InProgress, "signed")
        );
        assert_eq!(bed.posten.jobs().len(), 1);
    }
}

#[test]
fn a_direct_order_has_its_ticket_before_posten_knows_the_way_back() {
    for steps in 0.. {
        let bed = TestBed::new();
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        if survives(&crashing, bed.order_on(&crashing, direct())) {
            assert!(steps >= 4, "two rows, Posten, a row at least");
            return;
        }
        if !bed.posten.jobs().is_empty() {
            assert!(bed.rows() >= 2, "stopped before step {steps}");
        }
    }
}

#[test]
fn a_drain_that_is_stopped_anywhere_loses_nothing() {
    for steps in 0.. {
        let bed = TestBed::new();
        let first = bed.made(portal());
        let second = bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        bed.platform.advance(Duration::from_secs(5));
        bed.posten.happens(90_000, 1, "REJECTED");
        bed.posten.happens(90_001, 0, "SIGNED");
        bed.posten.tell_of_a_stranger(7, "another", CONSUMER);
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        let survived = survives(&crashing, bed.drain_on(&crashing));
        // A confirmed change is not delivered again: it must be stored.
        let confirmed = bed.posten.confirmed();
        let status = |job: &JobView| bed.status(&job.id).status;
        if confirmed.iter().filter(|job| **job == 90_000).count() == 2 {
            assert_eq!(
                status(&first),
                Status::Failed,
                "stopped before step {steps}"
            );
        }
        if confirmed.contains(&90_001) {
            assert_eq!(
                status(&second),
                Status::Completed,
                "stopped before step {steps}"
            );
        }
        bed.rest();
        bed.drain();
        let view = bed.status(&first.id);
        assert_eq!(view.status, Status::Failed);
        assert_eq!(
            (view.signers[0].status, view.signers[1].status),
            ("signed", "rejected")
        );
        assert_eq!(status(&second), Status::Completed);
        assert_eq!(bed.posten.waiting(), 0);
        assert_eq!(bed.posten.early(), 0);
        if survived {
            assert!(steps >= 20);
            return;
        }
    }
}

#[test]
fn a_way_back_that_is_stopped_anywhere_can_be_gone_again() {
    for steps in 0.. {
        let bed = TestBed::new();
        let job = bed.made(direct());
        bed.posten.happens(90_000, 0, "SIGNED");
        let crashing = CrashingPlatform::new(&bed.platform, steps);
        let survived = survives(
            &crashing,
            super::browser_return::handle_return(&bed, &crashing, Some("good")),
        );
        let end = super::browser_return::handle_return(&bed, &*bed.platform, Some("good"));
        let end = bed.platform.run(end).expect("an answer");
        assert_eq!(
            end.as_deref(),
            Some("https://bank.example/back?signature=completed")
        );
        assert_eq!(bed.status(&job.id).status, Status::Completed);
        if survived {
            assert!(
                steps >= 8,
                "a ticket, a record, three standings, Posten, two more"
            );
            return;
        }
    }
}
