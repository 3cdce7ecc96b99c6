//! Stopped between any two steps, and two at once: the journey goes on.

use std::cell::Cell;
use std::time::Duration;

use futures::future::poll_immediate;
use time::OffsetDateTime;

use super::super::fake::PERSON;
use super::*;
use crate::platform::{Limits, Request, StoreError, Stream, VariableError};

/// A platform that stops for good before a given step: nothing after it happens.
struct Mortal<'a> {
    platform: &'a Memory,
    steps: Cell<u32>,
}

impl Mortal<'_> {
    async fn step(&self) {
        match self.steps.get().checked_sub(1) {
            Some(left) => self.steps.set(left),
            None => std::future::pending().await,
        }
    }
}

impl Platform for Mortal<'_> {
    fn now(&self) -> OffsetDateTime {
        self.platform.now()
    }

    fn uptime(&self) -> Duration {
        self.platform.uptime()
    }

    fn random(&self, bytes: &mut [u8]) {
        self.platform.random(bytes);
    }

    fn log(&self, line: &str) {
        self.platform.log(line);
    }

    async fn sleep(&self, duration: Duration) {
        self.platform.sleep(duration).await;
    }

    async fn variable(&self, name: &str) -> Result<Option<String>, VariableError> {
        self.platform.variable(name).await
    }

    async fn open(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Stream>, SendError> {
        self.step().await;
        self.platform.open(request, limits).await
    }

    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.step().await;
        self.platform.get(store, key).await
    }

    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.step().await;
        self.platform.set(store, key, value).await
    }

    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError> {
        self.step().await;
        self.platform.delete(store, key).await
    }

    async fn keys(&self, store: &str) -> Result<Vec<String>, StoreError> {
        self.step().await;
        self.platform.keys(store).await
    }
}

/// Runs `work` and says whether it came to its end before the platform stopped.
fn survives<T>(platform: &Memory, work: impl Future<Output = T>) -> bool {
    platform.run(poll_immediate(work)).is_some()
}

#[test]
fn a_start_that_is_stopped_anywhere_goes_on_with_one_request() {
    for steps in 0.. {
        let (platform, world) = world();
        let bank = Bank::new(PERSON);
        let mortal = Mortal {
            platform: &platform,
            steps: Cell::new(steps),
        };
        if survives(&platform, bank.start(&mortal)) {
            assert!(steps >= 6, "a row, a row, a token, Altinn, a row at least");
            return;
        }
        let before = world.ids();
        let bank = Bank::new(PERSON);
        let started = platform.run(bank.start(&platform)).expect("started");
        let ids = world.ids();
        assert_eq!(ids.len(), 1, "stopped before step {steps}");
        assert!(before.is_empty() || before == ids);
        assert_eq!(
            page(&started),
            format!("https://am.ui.example/request?id={}", ids[0])
        );
        world.respond(&ids[0], "Accepted", PERSON);
        assert_eq!(
            platform.run(arrive(&bank, &platform, &newest_state(&world))),
            back("granted")
        );
        assert_eq!(
            platform.run(standing(&bank, &platform)),
            Some(Outcome::Granted)
        );
    }
}

#[test]
fn a_callback_that_is_stopped_anywhere_can_come_again() {
    for steps in 0.. {
        let (platform, world) = world();
        let bank = Bank::new(PERSON);
        platform.run(bank.start(&platform)).expect("started");
        world.respond(&world.ids()[0], "Accepted", PERSON);
        let state = newest_state(&world);
        let bank = Bank::new(PERSON);
        let mortal = Mortal {
            platform: &platform,
            steps: Cell::new(steps),
        };
        if survives(&platform, arrive(&bank, &mortal, &state)) {
            assert!(steps >= 4, "two rows, a token, Altinn, a row");
            return;
        }
        let bank = Bank::new(PERSON);
        assert_eq!(
            platform.run(arrive(&bank, &platform, &state)),
            back("granted")
        );
        assert_eq!(
            platform.run(standing(&bank, &platform)),
            Some(Outcome::Granted)
        );
        assert_eq!(world.ids().len(), 1);
    }
}

/// What two starts at once leave behind: two requests at Altinn, two tickets, and the record of the one that
/// wrote last.
fn two_at_once() -> (Memory, World, Bank, [State; 2]) {
    let (platform, world) = world();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    let first_state = newest_state(&world);
    let first_rows = platform.with_store("consents", std::mem::take);
    platform.run(bank.start(&platform)).expect("started");
    let second_state = newest_state(&world);
    platform.with_store("consents", |rows| {
        for (name, row) in first_rows {
            rows.entry(name).or_insert(row);
        }
        assert_eq!(rows.len(), 3);
    });
    assert_eq!(world.ids().len(), 2);
    (platform, world, bank, [first_state, second_state])
}

#[test]
fn of_two_at_once_either_may_be_answered() {
    for answered in [0, 1] {
        let (platform, world, bank, states) = two_at_once();
        world.respond(&world.ids()[answered], "Accepted", PERSON);
        assert_eq!(
            platform.run(arrive(&bank, &platform, &states[answered])),
            back("granted")
        );
        assert_eq!(
            platform.run(standing(&bank, &platform)),
            Some(Outcome::Granted)
        );
        // The other browser comes back without an answer: the consent is there all the same.
        assert_eq!(
            platform.run(arrive(&bank, &platform, &states[1 - answered])),
            back("granted")
        );
    }
}

#[test]
fn of_two_at_once_a_refusal_of_the_lost_one_does_not_end_the_other() {
    let (platform, world, bank, [first, second]) = two_at_once();
    world.respond(&world.ids()[0], "Rejected", PERSON);
    assert_eq!(
        platform.run(arrive(&bank, &platform, &first)),
        back("rejected")
    );
    assert_eq!(
        platform.run(standing(&bank, &platform)),
        Some(Outcome::Pending)
    );
    world.respond(&world.ids()[1], "Accepted", PERSON);
    assert_eq!(
        platform.run(arrive(&bank, &platform, &second)),
        back("granted")
    );
}

#[test]
fn of_two_at_once_a_lost_way_back_is_an_honest_pending() {
    let (platform, world, bank, _states) = two_at_once();
    world.respond(&world.ids()[0], "Accepted", PERSON);
    assert_eq!(
        platform.run(standing(&bank, &platform)),
        Some(Outcome::Pending)
    );
    let again = platform.run(bank.start(&platform)).expect("started");
    assert!(page(&again).ends_with(&world.ids()[1]));
}
