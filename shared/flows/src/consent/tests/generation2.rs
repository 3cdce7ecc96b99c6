//! Tests of the flow at Altinn 2, which names requests itself and shows the outcome of a consent
//! only at its token endpoint.

use super::*;
use crate::consent::fake::{ORGANISATION, PERSON};
use crate::consent::fake2::{FORMER, FakeAltinn2};
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::problem::Kind;

fn former() -> (Memory, FakeAltinn2) {
    let platform = Memory::new();
    let former = FakeAltinn2::install(&platform);
    (platform, former)
}

fn state(former: &FakeAltinn2) -> State {
    state_of(&former.newest("RedirectUrl"))
}

#[test]
fn a_code_of_altinns_is_kept_from_the_start_to_the_way_back() {
    for (party, name) in [
        (PERSON, "Brekke"),
        (ORGANISATION, "Fjordvik Snekkerverksted"),
    ] {
        let (platform, former) = former();
        let bank = FakeAltinn2::bank(party, name);
        let started = platform.run(bank.start(&platform)).expect("started");
        assert!(page(&started).ends_with(&former.code()));
        assert_eq!(former.newest("Name"), name);
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Pending)
        );
        // A second start leads to the same request.
        let again = platform.run(bank.start(&platform)).expect("started");
        assert_eq!((page(&again), former.count()), (page(&started), 1));

        former.respond(&former.code(), "Accepted");
        let arrived = platform.run(handle_return(&bank, &platform, &state(&former)));
        assert_eq!(arrived, back("granted"));
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
    }
}

#[test]
fn a_refusal_is_known_by_the_request() {
    let (platform, former) = former();
    let bank = FakeAltinn2::bank(ORGANISATION, "Fjordvik Snekkerverksted");
    platform.run(bank.start(&platform)).expect("started");
    former.respond(&former.code(), "Rejected");
    let arrived = platform.run(handle_return(&bank, &platform, &state(&former)));
    assert_eq!(arrived, back("rejected"));
}

#[test]
fn a_withdrawal_is_known_by_the_token_endpoint() {
    let (platform, former) = former();
    let bank = FakeAltinn2::bank(ORGANISATION, "Fjordvik Snekkerverksted");
    platform.run(bank.start(&platform)).expect("started");
    former.respond(&former.code(), "Accepted");
    former.end(&former.code());
    let arrived = platform.run(handle_return(&bank, &platform, &state(&former)));
    assert_eq!(arrived, back("revoked"));
}

#[test]
fn the_older_of_two_requests_can_be_settled_by_its_own_code() {
    let (platform, former) = former();
    let bank = FakeAltinn2::bank(ORGANISATION, "Fjordvik Snekkerverksted");
    platform.run(bank.start(&platform)).expect("started");
    let (code, older) = (former.code(), state(&former));
    // Another instance that started at the same time would do so.
    let key = bank.about();
    let context = context(&platform);
    platform
        .run(bank.consents.rows(&context).forget(&key))
        .expect("forgotten");
    platform.run(bank.start(&platform)).expect("started");
    assert_ne!(former.code(), code);

    former.respond(&code, "Accepted");
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &older)),
        back("granted")
    );
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Granted)
    );
}

#[test]
fn a_lost_answer_makes_another_request_and_nobody_is_sent_to_the_first() {
    let (platform, former) = former();
    let bank = FakeAltinn2::bank(ORGANISATION, "Fjordvik Snekkerverksted");
    former.lose_created();
    let problem = platform.run(bank.start(&platform)).expect_err("lost");
    assert_eq!((problem.kind, former.count()), (Kind::SourceSlow, 1));
    // No consent is known at Altinn, so none can be active.
    assert_eq!(platform.run(current_outcome(&bank, &platform)), None);

    let started = platform.run(bank.start(&platform)).expect("started");
    assert_eq!(former.count(), 2);
    assert!(page(&started).ends_with(&former.code()));
}

#[test]
fn a_start_that_is_stopped_anywhere_goes_on_with_a_request_that_can_be_answered() {
    for steps in 0.. {
        let (platform, former) = former();
        let bank = || FakeAltinn2::bank(ORGANISATION, "Fjordvik Snekkerverksted");
        let crashing = CrashingPlatform::new(&platform, steps);
        if survives(&crashing, bank().start(&crashing)) {
            assert!(
                steps >= 7,
                "a row, a row, a token, Altinn, a row, a row at least"
            );
            return;
        }
        let bank = bank();
        let started = platform.run(bank.start(&platform)).expect("started");
        assert!(page(&started).ends_with(&former.code()));
        assert!(former.count() <= 2, "stopped before step {steps}");
        former.respond(&former.code(), "Accepted");
        let arrived = platform.run(handle_return(&bank, &platform, &state(&former)));
        assert_eq!(arrived, back("granted"), "stopped before step {steps}");
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
    }
}

#[test]
fn without_the_partys_name_nothing_is_asked_and_nothing_stays() {
    let (platform, former) = former();
    let mut bank = FakeAltinn2::bank(ORGANISATION, "");
    bank.party_name = None;
    let problem = platform.run(bank.start(&platform)).expect_err("no name");
    assert_eq!(problem.kind, Kind::RequestInvalid);
    assert_eq!(
        (
            former.count(),
            platform.run(current_outcome(&bank, &platform))
        ),
        (0, None)
    );
    let asked = platform.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.uri().host() != Some(FORMER))
    );
}
