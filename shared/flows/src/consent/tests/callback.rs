use std::time::Duration;

use serde_json::json;

use super::*;
use crate::consent::fake::{ORGANISATION, OTHER_PERSON, PERSON, raw};
use innsyn_core::platform::memory::Delay;

fn started(platform: &Memory, party: &str) -> Bank {
    let bank = Bank::new(party);
    platform.run(bank.start(platform)).expect("started");
    bank
}

#[test]
fn every_answer_leads_back_and_does_so_again() {
    for (status, outcome) in [
        ("Created", "pending"),
        ("Accepted", "granted"),
        ("Rejected", "rejected"),
        ("Revoked", "revoked"),
    ] {
        let (platform, services) = connected_platform();
        let bank = started(&platform, PERSON);
        if status != "Created" {
            services.respond(&services.ids()[0], status, PERSON);
        }
        let state = newest_state(&services);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &state)),
            back(outcome)
        );
        let calls = altinn_calls(&platform);
        for _ in 0..20 {
            assert_eq!(
                platform.run(handle_return(&bank, &platform, &state)),
                back(outcome)
            );
        }
        assert_eq!(altinn_calls(&platform), calls, "it has just been asked");
        platform.advance(LOOK_PAUSE);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &state)),
            back(outcome)
        );
        let again = usize::from(status == "Created");
        assert_eq!(
            altinn_calls(&platform),
            calls + again,
            "settled rows are not looked up"
        );
    }
}

#[test]
fn a_consent_past_its_time_is_expired() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, PERSON);
    services.respond(&services.ids()[0], "Accepted", PERSON);
    platform.shift(time::Duration::days(91));
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &newest_state(&services))),
        back("expired")
    );
    platform.shift(time::Duration::days(30));
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &newest_state(&services))),
        None
    );
}

#[test]
fn a_state_that_was_made_up_leads_nowhere() {
    let (platform, _services) = connected_platform();
    let bank = started(&platform, PERSON);
    let made_up = State::parse(&"a".repeat(43)).expect("of the right form");
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &made_up)),
        None
    );
}

#[test]
fn what_the_browser_says_decides_nothing() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, PERSON);
    let state = newest_state(&services);
    let browser_return = BrowserReturn {
        state: &state,
        says: ANSWERED,
        head: false,
    };
    let address = platform.run(bank.consents.handle_return(
        &context(&platform),
        &bank.consumers,
        browser_return,
    ));
    assert_eq!(address, Ok(back("pending")));
    assert_eq!(
        platform.run(current_outcome(&bank, &platform)),
        Some(Outcome::Pending)
    );
}

#[test]
fn an_answer_that_shows_late_is_waited_for() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, PERSON);
    let state = newest_state(&services);
    let unanswered = services.newest();
    services.respond(&services.ids()[0], "Accepted", PERSON);
    services.fail(ALTINN, Ok(raw(200, &unanswered.to_string())));
    let browser_return = BrowserReturn {
        state: &state,
        says: ANSWERED,
        head: false,
    };
    let address = platform.run(bank.consents.handle_return(
        &context(&platform),
        &bank.consumers,
        browser_return,
    ));
    assert_eq!(address, Ok(back("granted")));
}

#[test]
fn head_changes_nothing() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, PERSON);
    services.respond(&services.ids()[0], "Accepted", PERSON);
    let state = newest_state(&services);
    let before = platform.with_store("consents", |rows| rows.clone());
    let calls = platform.requests().len();
    let browser_return = BrowserReturn {
        state: &state,
        says: ANSWERED,
        head: true,
    };
    let address = platform.run(bank.consents.handle_return(
        &context(&platform),
        &bank.consumers,
        browser_return,
    ));
    assert_eq!(address, Ok(back("pending")));
    assert_eq!(platform.requests().len(), calls);
    assert_eq!(platform.with_store("consents", |rows| rows.clone()), before);
}

#[test]
fn while_altinn_is_away_the_answer_is_pending_and_it_heals() {
    let mut slow = raw(200, "{}");
    slow.extensions_mut().insert(Delay(Duration::from_mins(1)));
    for failure in [
        down(),
        Ok(raw(500, "")),
        Ok(raw(200, "<html>")),
        Ok(raw(401, "")),
        Ok(slow),
    ] {
        let (platform, services) = connected_platform();
        let bank = started(&platform, PERSON);
        services.respond(&services.ids()[0], "Accepted", PERSON);
        let state = newest_state(&services);
        services.fail_often(ALTINN, &failure);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &state)),
            back("pending")
        );
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Pending)
        );
        services.heal();
        platform.advance(LOOK_PAUSE);
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &state)),
            back("granted")
        );
    }
}

#[test]
fn a_store_that_cannot_be_written_does_not_change_the_truth() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, PERSON);
    services.respond(&services.ids()[0], "Accepted", PERSON);
    platform.fail_store("consents", true);
    let state = newest_state(&services);
    let browser_return = BrowserReturn {
        state: &state,
        says: ReturnQuery::default(),
        head: false,
    };
    let answer = platform.run(bank.consents.handle_return(
        &context(&platform),
        &bank.consumers,
        browser_return,
    ));
    assert!(answer.is_err());
    platform.fail_store("consents", false);
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &state)),
        back("granted")
    );
}

#[test]
fn somebody_elses_approval_is_none() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, PERSON);
    services.respond(&services.ids()[0], "Accepted", OTHER_PERSON);
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &newest_state(&services))),
        back("rejected")
    );
    let mismatch = platform
        .events()
        .into_iter()
        .find(|event| event["outcome"] == "mismatch")
        .expect("a line");
    assert_eq!(
        mismatch["cause"],
        "the consent was approved by somebody else"
    );
    assert!(
        !platform
            .lines()
            .iter()
            .any(|line| line.contains(PERSON) || line.contains(OTHER_PERSON))
    );
    // The party can still give one.
    platform.run(bank.start(&platform)).expect("started");
    assert_eq!(services.ids().len(), 2);
}

#[test]
fn for_an_organisation_whoever_altinn_lets_may_approve() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, ORGANISATION);
    assert_eq!(services.newest().get("requiredDelegator"), None);
    services.respond(&services.ids()[0], "Accepted", OTHER_PERSON);
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &newest_state(&services))),
        back("granted")
    );
}

#[test]
fn another_consent_than_asked_for_is_none() {
    let (platform, services) = connected_platform();
    let bank = started(&platform, ORGANISATION);
    let id = &services.ids()[0];
    services.respond(id, "Accepted", OTHER_PERSON);
    services.change(id, |kept| {
        kept["consentRights"][0]["resource"][0]["value"] = json!("more");
    });
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &newest_state(&services))),
        back("rejected")
    );
}

#[test]
fn somebody_elses_state_settles_the_row_of_whoever_asked() {
    let (platform, services) = connected_platform();
    let kari = started(&platform, PERSON);
    let karis_state = newest_state(&services);
    services.respond(&services.ids()[0], "Accepted", PERSON);
    let ola = started(&platform, OTHER_PERSON);
    // Ola's browser returns with Kari's state: hers is settled, his is unchanged.
    assert_eq!(
        platform.run(handle_return(&ola, &platform, &karis_state)),
        back("granted")
    );
    assert_eq!(
        platform.run(current_outcome(&kari, &platform)),
        Some(Outcome::Granted)
    );
    assert_eq!(
        platform.run(current_outcome(&ola, &platform)),
        Some(Outcome::Pending)
    );
}

#[test]
fn the_second_consumers_customers_come_back_too() {
    let (platform, services) = connected_platform();
    let first = Bank::new(PERSON);
    let mut second = Bank::new(PERSON);
    std::mem::swap(
        &mut second.consumers.default,
        &mut second.consumers.others[0],
    );
    platform.run(second.start(&platform)).expect("started");
    services.respond(&services.ids()[0], "Accepted", PERSON);
    assert_eq!(
        platform.run(handle_return(&first, &platform, &newest_state(&services))),
        back("granted")
    );
    assert_eq!(
        platform.run(current_outcome(&second, &platform)),
        Some(Outcome::Granted)
    );
    assert_eq!(platform.run(current_outcome(&first, &platform)), None);
}

#[test]
fn swapped_rows_do_not_open() {
    let (platform, services) = connected_platform();
    let kari = started(&platform, PERSON);
    let karis_state = newest_state(&services);
    let ola = started(&platform, OTHER_PERSON);
    services.respond(&services.ids()[1], "Accepted", OTHER_PERSON);
    platform.with_store("consents", |rows| {
        let mut values: Vec<Vec<u8>> = rows.values().cloned().collect();
        values.rotate_left(1);
        for (row, value) in rows.values_mut().zip(values) {
            *row = value;
        }
    });
    assert_eq!(
        platform.run(handle_return(&kari, &platform, &karis_state)),
        None
    );
    assert_eq!(platform.run(current_outcome(&kari, &platform)), None);
    assert_eq!(platform.run(current_outcome(&ola, &platform)), None);
}
