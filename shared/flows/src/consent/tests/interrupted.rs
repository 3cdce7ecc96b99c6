//! Tests of starts that stop between any two steps, and of concurrent starts: the flow continues.

use super::*;
use crate::consent::fake::PERSON;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};

#[test]
fn a_start_that_is_stopped_anywhere_goes_on_with_one_request() {
    for steps in 0.. {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        let crashing = CrashingPlatform::new(&platform, steps);
        if survives(&crashing, bank.start(&crashing)) {
            assert!(steps >= 6, "a row, a row, a token, Altinn, a row at least");
            return;
        }
        let before = services.ids();
        let bank = Bank::new(PERSON);
        let started = platform.run(bank.start(&platform)).expect("started");
        let ids = services.ids();
        assert_eq!(ids.len(), 1, "stopped before step {steps}");
        assert!(before.is_empty() || before == ids);
        assert_eq!(
            page(&started),
            format!("https://am.ui.example/request?id={}", ids[0])
        );
        services.respond(&ids[0], "Accepted", PERSON);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &newest_state(&services))),
            back("granted")
        );
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
    }
}

#[test]
fn a_callback_that_is_stopped_anywhere_can_come_again() {
    for steps in 0.. {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        platform.run(bank.start(&platform)).expect("started");
        services.respond(&services.ids()[0], "Accepted", PERSON);
        let state = newest_state(&services);
        let bank = Bank::new(PERSON);
        let crashing = CrashingPlatform::new(&platform, steps);
        if survives(&crashing, handle_return(&bank, &crashing, &state)) {
            assert!(steps >= 4, "two rows, a token, Altinn, a row");
            return;
        }
        let bank = Bank::new(PERSON);
        platform.advance(LOOK_PAUSE);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &state)),
            back("granted")
        );
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
        assert_eq!(services.ids().len(), 1);
    }
}

/// Builds the state that two concurrent starts leave behind: two requests at Altinn, two tickets,
/// two index entries, two slots, and the record of the start that wrote last.
fn two_at_once() -> (Memory, ExternalServices, Bank, [State; 2]) {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    let first_state = newest_state(&services);
    let first_rows = platform.with_store("consents", std::mem::take);
    platform.run(bank.start(&platform)).expect("started");
    let second_state = newest_state(&services);
    platform.with_store("consents", |rows| {
        for (name, row) in first_rows {
            rows.entry(name).or_insert(row);
        }
        assert_eq!(rows.len(), 7);
    });
    assert_eq!(services.ids().len(), 2);
    (platform, services, bank, [first_state, second_state])
}

#[test]
fn of_two_at_once_either_may_be_answered() {
    for answered in [0, 1] {
        let (platform, services, bank, states) = two_at_once();
        services.respond(&services.ids()[answered], "Accepted", PERSON);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &states[answered])),
            back("granted")
        );
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
        // The other browser returns without an answer: the consent exists nevertheless.
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &states[1 - answered])),
            back("granted")
        );
    }
}

#[test]
fn of_two_at_once_a_refusal_of_the_lost_one_does_not_end_the_other() {
    let (platform, services, bank, [first, second]) = two_at_once();
    services.respond(&services.ids()[0], "Rejected", PERSON);
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &first)),
        back("rejected")
    );
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Pending)
    );
    services.respond(&services.ids()[1], "Accepted", PERSON);
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &second)),
        back("granted")
    );
}

#[test]
fn of_two_at_once_a_lost_way_back_is_an_honest_pending() {
    let (platform, services, bank, _states) = two_at_once();
    services.respond(&services.ids()[0], "Accepted", PERSON);
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Pending)
    );
    let again = platform.run(bank.start(&platform)).expect("started");
    assert!(page(&again).ends_with(&services.ids()[1]));
}
