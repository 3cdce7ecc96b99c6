//! Rate limit of lookups at Altinn, whichever caller asks.

use std::time::Duration;

use futures::future::join_all;

use super::*;
use crate::consent::fake::{PERSON, raw};
use innsyn_core::problem::Kind;

/// Returns an open request at a slow Altinn.
fn open() -> (Memory, ExternalServices, Bank) {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    platform.set_latency(Duration::from_millis(200));
    (platform, services, bank)
}

#[test]
fn twenty_who_ask_how_it_stands_make_one_look() {
    let (platform, services, bank) = open();
    // Another instance, on the same store.
    let other = Bank::new(PERSON);
    let before = altinn_calls(&platform);
    let ask = |bank| current_outcome(bank, &platform);
    let ends = platform.run(join_all((0..20).map(|_| ask(&bank))));
    assert_eq!(ends, [Some(Outcome::Pending); 20]);
    assert_eq!(altinn_calls(&platform), before + 1);
    for bank in [&bank, &other, &bank, &other] {
        assert_eq!(platform.run(ask(bank)), Some(Outcome::Pending));
        platform.advance(Duration::from_secs(1));
    }
    assert_eq!(
        altinn_calls(&platform),
        before + 1,
        "one in five seconds, of the deployment"
    );
    services.respond(&services.ids()[0], "Accepted", PERSON);
    platform.advance(Duration::from_secs(1));
    assert_eq!(platform.run(ask(&other)), Some(Outcome::Granted));
    assert_eq!(altinn_calls(&platform), before + 2);
    assert_eq!(platform.run(ask(&bank)), Some(Outcome::Granted));
    assert_eq!(altinn_calls(&platform), before + 2);
}

#[test]
fn every_way_to_ask_counts_and_failures_too() {
    let (platform, services, bank) = open();
    services.fail_often(ALTINN, &Ok(raw(500, "")));
    let before = altinn_calls(&platform);
    for _ in 0..5 {
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Pending)
        );
        let required = platform.run(bank.require(&context(&platform)));
        assert_eq!(required.expect_err("open").kind, Kind::ConsentPending);
        assert!(matches!(
            platform.run(bank.start(&platform)),
            Ok(Started::Open { new: false, .. })
        ));
    }
    assert_eq!(altinn_calls(&platform), before + 1);
}

#[test]
fn a_consent_in_force_is_not_asked_about_more_often_while_altinn_is_down() {
    let (platform, services, bank) = open();
    services.respond(&services.ids()[0], "Accepted", PERSON);
    platform.run(handle_return(&bank, &platform, &newest_state(&services)));
    platform.advance(Duration::from_mins(2));
    services.fail_often(ALTINN, &Ok(raw(500, "")));
    let before = altinn_calls(&platform);
    for _ in 0..5 {
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
    }
    assert_eq!(altinn_calls(&platform), before + 1);
}

#[test]
fn a_request_that_altinn_does_not_know_is_none_for_everybody() {
    let (platform, services, bank) = open();
    let unknown = raw(404, r#"{"code":"AM-00001"}"#);
    services.fail(ALTINN, Ok(unknown));
    for _ in 0..3 {
        assert_eq!(platform.run(current_outcome(&bank, &platform)), None);
    }
    platform.run(bank.start(&platform)).expect("started");
    assert_eq!(services.ids().len(), 2, "another takes its place");
}

#[test]
fn what_is_known_is_told_without_a_look() {
    let (platform, services, bank) = open();
    services.respond(&services.ids()[0], "Accepted", PERSON);
    let calls = platform.requests().len();
    let rows = platform.with_store("consents", |rows| rows.clone());
    let known = platform.run(
        bank.consents
            .stored_status(&context(&platform), bank.about()),
    );
    let outcome = known.expect("known").map(|status| status.outcome);
    assert_eq!(outcome, Some(Outcome::Pending));
    assert_eq!(platform.requests().len(), calls);
    assert_eq!(platform.with_store("consents", |rows| rows.clone()), rows);
}

#[test]
fn a_browser_that_comes_back_is_looked_up_at_once_whoever_has_just_asked() {
    let (platform, services, bank) = open();
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Pending)
    );
    services.respond(&services.ids()[0], "Accepted", PERSON);
    let state = newest_state(&services);
    let before = altinn_calls(&platform);
    let ends = platform.run(join_all(
        (0..20).map(|_| handle_return(&bank, &platform, &state)),
    ));
    assert_eq!(ends, vec![back("granted"); 20]);
    assert_eq!(altinn_calls(&platform), before + 1);
}

#[test]
fn where_the_look_cannot_be_written_down_altinn_is_not_asked() {
    let (platform, _services, bank) = open();
    let before = altinn_calls(&platform);
    platform.refuse_writes("consents", true);
    for _ in 0..3 {
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Pending)
        );
    }
    assert_eq!(altinn_calls(&platform), before);
}
