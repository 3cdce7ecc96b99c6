use serde_json::json;
use time::macros::datetime;

use super::*;
use crate::consent::fake::{ORGANISATION, OTHER_PERSON, PERSON, answer, return_address};
use innsyn_core::problem::Kind;
use innsyn_core::secret::Secret;

#[test]
fn asks_for_what_the_service_needs() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    let started = platform.run(bank.start(&platform)).expect("started");
    let kept = services.newest();
    let valid_to = datetime!(2026-04-01 12:00 UTC);
    let page = format!("https://am.ui.example/request?id={}", text(&kept["id"]));
    assert_eq!(
        started,
        Started::Open {
            page,
            valid_to,
            new: true
        }
    );
    assert_eq!(
        kept["from"],
        format!("urn:altinn:person:identifier-no:{PERSON}")
    );
    assert_eq!(
        kept["to"],
        "urn:altinn:organization:identifier-no:310000205"
    );
    assert_eq!(kept["requiredDelegator"], kept["from"]);
    assert_eq!(kept["validTo"], "2026-04-01T12:00:00Z");
    assert_eq!(
        kept["consentRights"][0]["resource"][0]["value"],
        "ske-samtykke-krav-og-betalinger"
    );
    let redirect_url = text(&kept["redirectUrl"]);
    assert!(redirect_url.starts_with("https://app.example/consent/callback?state="));
    assert_eq!(text(&kept["id"]).as_bytes()[14], b'4');
}

#[test]
fn a_key_gives_the_request_its_id() {
    let asked = |key: &str, again: bool| {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        services.lose_created(again);
        let first = platform.run(bank.start_once(&platform, key));
        assert_eq!(first.is_err(), again, "its answer was lost");
        services.lose_created(false);
        let started = platform
            .run(bank.start_once(&platform, key))
            .expect("started");
        assert!(matches!(started, Started::Open { .. }));
        let [id]: [_; 1] = services.ids().try_into().expect("one request");
        id
    };
    let id = asked("\"one\"", false);
    assert_eq!(id.as_bytes()[14], b'4');
    assert_eq!(asked("\"one\"", false), id);
    assert_eq!(asked("\"one\"", true), id);
    assert_ne!(asked("\"two\"", false), id);
}

#[test]
fn nothing_of_it_can_be_read_in_the_store_or_the_log() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    let state = newest_state(&services);
    let secrets = [
        PERSON.as_bytes(),
        state.expose().as_bytes(),
        b"kari",
        b"bank.example",
    ];
    let shows = |bytes: &[u8]| {
        secrets
            .iter()
            .any(|secret| bytes.windows(secret.len()).any(|window| window == *secret))
    };
    platform.with_store("consents", |rows| {
        assert_eq!(
            rows.len(),
            4,
            "the record, the ticket, the index entry and the customer's slot"
        );
        assert!(
            !rows
                .iter()
                .any(|(name, row)| shows(name.as_bytes()) || shows(row))
        );
    });
    assert!(!platform.lines().iter().any(|line| shows(line.as_bytes())));
}

#[test]
fn an_open_request_is_given_again_to_whoever_comes_back_to_the_same_address() {
    let (platform, services) = connected_platform();
    let mut bank = Bank::new(ORGANISATION);
    let first = platform.run(bank.start(&platform)).expect("started");
    bank.subject = Secret::new("ola".to_owned());
    let second = platform.run(bank.start(&platform)).expect("started");
    assert_eq!(page(&first), page(&second));
    assert!(matches!(second, Started::Open { new: false, .. }));
    assert_eq!(services.ids().len(), 1);
    services.respond(&services.ids()[0], "Accepted", OTHER_PERSON);
    let address = platform.run(handle_return(&bank, &platform, &newest_state(&services)));
    assert_eq!(address, back("granted"));
}

#[test]
fn of_two_who_ask_for_one_consent_each_comes_home() {
    for (first, second, address) in [
        ("Accepted", "Created", "bank-app://consent?tab=2"),
        ("Rejected", "Accepted", "bank-app://consent?tab=2"),
        ("Accepted", "Accepted", "no.bank.app:/done?tab=2"),
    ] {
        let app = |outcome: &str| Some(format!("{address}&consent={outcome}"));
        let (platform, services) = connected_platform();
        let mut bank = Bank::new(ORGANISATION);
        let web_page = page(&platform.run(bank.start(&platform)).expect("started"));
        let web_state = newest_state(&services);
        bank.subject = Secret::new("ola".to_owned());
        bank.return_address = return_address(address);
        let app_page = page(&platform.run(bank.start(&platform)).expect("started"));
        let app_state = newest_state(&services);
        assert_ne!(web_page, app_page);
        let [web_id, app_id] = services.ids().try_into().expect("two requests");
        services.respond(&web_id, first, OTHER_PERSON);
        if second != "Created" {
            services.respond(&app_id, second, OTHER_PERSON);
        }
        let web = platform.run(handle_return(&bank, &platform, &web_state));
        let outcome = if first == "Accepted" {
            "granted"
        } else {
            "rejected"
        };
        assert_eq!(web, back(outcome), "the first asker's address");
        let arrived = platform.run(handle_return(&bank, &platform, &app_state));
        assert_eq!(arrived, app("granted"), "the second asker's address");
        assert_eq!(
            platform.run(current_outcome(&bank, &platform)),
            Some(Outcome::Granted)
        );
        // Again, and in the other order.
        assert_eq!(
            platform.run(handle_return(&bank, &platform, &app_state)),
            app("granted")
        );
    }
}

#[test]
fn a_start_that_was_stopped_is_not_taken_over_by_another_address() {
    let (platform, services) = connected_platform();
    let mut bank = Bank::new(ORGANISATION);
    services.lose_created(true);
    platform.run(bank.start(&platform)).expect_err("lost");
    services.lose_created(false);
    bank.return_address = return_address("bank-app://consent");
    platform.run(bank.start(&platform)).expect("started");
    assert_eq!(services.ids().len(), 2);
    services.respond(&services.ids()[1], "Accepted", OTHER_PERSON);
    let address = platform.run(handle_return(&bank, &platform, &newest_state(&services)));
    assert_eq!(
        address.as_deref(),
        Some("bank-app://consent?consent=granted")
    );
}

#[test]
fn a_given_consent_is_not_asked_for_again() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    // The browser return was lost.
    services.respond(&services.ids()[0], "Accepted", PERSON);
    let valid_to = datetime!(2026-04-01 12:00 UTC);
    assert_eq!(
        platform.run(bank.start(&platform)),
        Ok(Started::Granted { valid_to })
    );
    let calls = altinn_calls(&platform);
    assert_eq!(
        platform.run(bank.start(&platform)),
        Ok(Started::Granted { valid_to })
    );
    assert_eq!(altinn_calls(&platform), calls);
}

#[test]
fn what_is_over_is_asked_for_anew() {
    for end in ["Rejected", "Revoked", "Expired"] {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        platform.run(bank.start(&platform)).expect("started");
        match end {
            "Expired" => platform.shift(time::Duration::days(90)),
            status => services.respond(&services.ids()[0], status, PERSON),
        }
        let started = platform.run(bank.start(&platform)).expect("started");
        assert!(matches!(started, Started::Open { new: true, .. }), "{end}");
        let ids = services.ids();
        assert_eq!(ids.len(), 2, "{end}");
        assert_ne!(ids[0], ids[1]);
    }
}

#[test]
fn a_request_that_altinn_does_not_know_any_more_gives_way() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    services.fail(ALTINN, Ok(answer(404, &json!({ "code": "AM-00001" }))));
    platform.run(bank.start(&platform)).expect("started");
    assert_eq!(services.ids().len(), 2);
}

#[test]
fn a_refused_request_leaves_nothing_behind() {
    for (status, body, kind) in [
        (400, json!({ "code": "AM-00005" }), Kind::SourceRefused),
        (
            400,
            json!({ "code": "AM-00004", "fnumber": PERSON }),
            Kind::PartyUnknown,
        ),
        (403, json!(""), Kind::SourceRefused),
        (
            500,
            json!({ "code": "STD-00001", "problems": [{ "status": 400, "code": "AM-00006" }] }),
            Kind::SourceRefused,
        ),
    ] {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        services.fail(ALTINN, Ok(answer(status, &body)));
        let problem = platform.run(bank.start(&platform)).expect_err("refused");
        assert_eq!(problem.kind, kind);
        assert!(!format!("{problem:?}").contains(PERSON));
        assert_eq!(platform.run(current_outcome(&bank, &platform)), None);
        let rows = platform.with_store("consents", |rows| rows.len());
        assert_eq!(
            rows, 1,
            "the slot alone, for two minutes: no record, no ticket"
        );
        assert!(platform.run(bank.start(&platform)).is_ok());
    }
}
