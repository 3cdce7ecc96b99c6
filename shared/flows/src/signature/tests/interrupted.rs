//! Tests of stops between any two steps: nothing is lost, and nothing is ordered twice.

use super::*;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};

#[test]
fn an_order_that_is_stopped_anywhere_is_there_once_or_not_at_all() {
    for steps in 0.. {
        let world = World::new();
        let crashing = CrashingPlatform::new(&world.platform, steps);
        if survives(&crashing, world.order_on(&crashing, portal())) {
            assert!(steps >= 3, "a row, Posten, a row at least");
            return;
        }
        let jobs = world.posten.jobs();
        assert!(jobs.len() <= 1);
        let Some(job) = jobs.first() else {
            continue;
        };
        // Whether or not the response was stored, the queue finds the row by its reference.
        world.posten.happens(job.id, 0, "SIGNED");
        let drained = world.drain();
        assert_eq!(
            (drained.changes, drained.orphans),
            (1, 0),
            "stopped before step {steps}"
        );
        let healed = world.status(&job.reference);
        assert_eq!(
            (healed.status, healed.signers[0].status),
            (Status::InProgress, "signed")
        );
        assert_eq!(world.posten.jobs().len(), 1);
    }
}

#[test]
fn a_direct_order_has_its_ticket_before_posten_knows_the_way_back() {
    for steps in 0.. {
        let world = World::new();
        let crashing = CrashingPlatform::new(&world.platform, steps);
        if survives(&crashing, world.order_on(&crashing, direct())) {
            assert!(steps >= 4, "two rows, Posten, a row at least");
            return;
        }
        if !world.posten.jobs().is_empty() {
            assert!(world.rows() >= 2, "stopped before step {steps}");
        }
    }
}

#[test]
fn a_drain_that_is_stopped_anywhere_loses_nothing() {
    for steps in 0.. {
        let world = World::new();
        let first = world.made(portal());
        let second = world.made(direct());
        world.posten.happens(90_000, 0, "SIGNED");
        world.platform.advance(Duration::from_secs(5));
        world.posten.happens(90_000, 1, "REJECTED");
        world.posten.happens(90_001, 0, "SIGNED");
        world.posten.tell_of_a_stranger(7, "another", CONSUMER);
        let crashing = CrashingPlatform::new(&world.platform, steps);
        let survived = survives(&crashing, world.drain_on(&crashing));
        // A confirmed change is not delivered again: it must be stored.
        let confirmed = world.posten.confirmed();
        let status = |job: &JobView| world.status(&job.id).status;
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
        world.rest();
        world.drain();
        let view = world.status(&first.id);
        assert_eq!(view.status, Status::Failed);
        assert_eq!(
            (view.signers[0].status, view.signers[1].status),
            ("signed", "rejected")
        );
        assert_eq!(status(&second), Status::Completed);
        assert_eq!(world.posten.waiting(), 0);
        assert_eq!(world.posten.early(), 0);
        if survived {
            assert!(steps >= 20);
            return;
        }
    }
}

#[test]
fn a_way_back_that_is_stopped_anywhere_can_be_gone_again() {
    for steps in 0.. {
        let world = World::new();
        let job = world.made(direct());
        world.posten.happens(90_000, 0, "SIGNED");
        let crashing = CrashingPlatform::new(&world.platform, steps);
        let survived = survives(
            &crashing,
            super::browser_return::handle_return(&world, &crashing, Some("good")),
        );
        let end = super::browser_return::handle_return(&world, &*world.platform, Some("good"));
        let end = world.platform.run(end).expect("an answer");
        assert_eq!(
            end.as_deref(),
            Some("https://bank.example/back?signature=completed")
        );
        assert_eq!(world.status(&job.id).status, Status::Completed);
        if survived {
            assert!(
                steps >= 8,
                "a ticket, a record, three standings, Posten, two more"
            );
            return;
        }
    }
}
