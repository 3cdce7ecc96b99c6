//! Tests of starts for which Altinn does not respond, or responds differently.

use serde_json::json;

use super::*;
use crate::consent::fake::{ORGANISATION, PERSON, TOKEN, raw};
use innsyn_core::problem::Kind;

#[test]
fn an_unclear_end_is_tried_again_with_the_same_id() {
    for failure in [
        down(),
        Ok(raw(500, "")),
        Ok(raw(503, "<html>")),
        Ok(raw(429, "")),
        Ok(raw(201, "{\"id\":")),
        Err(SendError::Tls("bad certificate".to_owned())),
    ] {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        services.fail_often(ALTINN, &failure);
        let problem = platform.run(bank.start(&platform)).expect_err("down");
        assert!(
            problem.kind.status().is_server_error() || problem.kind == Kind::TooManyCalls,
            "{problem:?}"
        );
        let sent = |platform: &Memory| {
            let posts = platform
                .requests()
                .into_iter()
                .filter(|request| request.uri().host() == Some(ALTINN));
            let bodies = posts.filter_map(|request| {
                serde_json::from_slice::<serde_json::Value>(request.body()).ok()
            });
            bodies.map(|body| text(&body["id"])).collect::<Vec<_>>()
        };
        let first = sent(&platform)[0].clone();
        services.heal();
        platform.run(bank.start(&platform)).expect("started");
        assert_eq!(services.ids(), [first]);
    }
}

#[test]
fn a_lost_answer_is_found_again_by_looking() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    services.lose_created(true);
    assert_eq!(
        platform.run(bank.start(&platform)).expect_err("lost").kind,
        Kind::SourceSlow
    );
    services.lose_created(false);
    let started = platform.run(bank.start(&platform)).expect("started");
    let id = &services.ids()[0];
    assert_eq!(
        page(&started),
        format!("https://am.ui.example/request?id={id}")
    );
    assert_eq!(services.ids().len(), 1);
    // Altinn has kept the first state, whose ticket exists.
    services.respond(id, "Accepted", PERSON);
    assert_eq!(
        platform.run(handle_return(&bank, &platform, &newest_state(&services))),
        back("granted")
    );
}

#[test]
fn a_request_that_was_answered_before_it_was_found_again() {
    for (status, ids) in [("Accepted", 1), ("Rejected", 2)] {
        let (platform, services) = connected_platform();
        let bank = Bank::new(PERSON);
        services.lose_created(true);
        platform.run(bank.start(&platform)).expect_err("lost");
        services.lose_created(false);
        services.respond(&services.ids()[0], status, PERSON);
        let started = platform.run(bank.start(&platform)).expect("started");
        assert_eq!(
            matches!(started, Started::Granted { .. }),
            status == "Accepted"
        );
        assert_eq!(services.ids().len(), ids);
    }
}

#[test]
fn a_page_that_is_not_altinns_is_not_given_out() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    services.lose_created(true);
    platform.run(bank.start(&platform)).expect_err("lost");
    services.lose_created(false);
    services.change(&services.ids()[0], |kept| {
        kept["viewUri"] = json!("https://am.ui.example.evil.example/");
    });
    assert_eq!(
        platform
            .run(bank.start(&platform))
            .expect_err("refused")
            .kind,
        Kind::SourceUnreadable
    );
}

#[test]
fn an_echo_that_is_not_what_was_asked_for_is_given_up() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    services.lose_created(true);
    platform.run(bank.start(&platform)).expect_err("lost");
    services.lose_created(false);
    services.change(&services.ids()[0], |kept| {
        kept["to"] = json!("urn:altinn:organization:identifier-no:310000108");
    });
    assert_eq!(
        platform
            .run(bank.start(&platform))
            .expect_err("refused")
            .kind,
        Kind::SourceUnreadable
    );
    assert!(platform.run(bank.start(&platform)).is_ok());
}

#[test]
fn a_refused_token_is_dropped_and_minted_once() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    services.fail(ALTINN, Ok(raw(401, "")));
    assert!(platform.run(bank.start(&platform)).is_ok());
    assert_eq!(services.minted(), 2);
    let posts: Vec<_> = platform
        .requests()
        .into_iter()
        .filter(|request| request.uri().host() == Some(ALTINN))
        .collect();
    assert_eq!(posts[0].body(), posts[1].body());
    assert_ne!(
        posts[0].headers()["authorization"],
        posts[1].headers()["authorization"]
    );
}

#[test]
fn without_tokens_or_a_store_there_is_a_problem_and_no_request() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(PERSON);
    services.fail_often(TOKEN, &down());
    assert_eq!(
        platform.run(bank.start(&platform)).expect_err("down").kind,
        Kind::SourceDown
    );
    services.heal();
    platform.fail_store("consents", true);
    assert_eq!(
        platform.run(bank.start(&platform)).expect_err("down").kind,
        Kind::StoreDown
    );
    assert!(services.ids().is_empty());
}

#[test]
fn consumers_parties_services_and_metadata_are_apart() {
    let (platform, services) = connected_platform();
    let bank = Bank::new(ORGANISATION);
    platform.run(bank.start(&platform)).expect("started");
    let mut other_consumer = Bank::new(ORGANISATION);
    other_consumer.consumers.default = other_consumer.consumers.others.remove(0);
    let other_party = Bank::new("212201782");
    let mut other_service = Bank::new(ORGANISATION);
    other_service.service.name = "other".to_owned();
    let mut other_metadata = Bank::new(ORGANISATION);
    other_metadata
        .service
        .right
        .metadata
        .insert("inntektsaar".to_owned(), "2024".to_owned());
    for (index, other) in [other_consumer, other_party, other_service, other_metadata]
        .iter()
        .enumerate()
    {
        assert_eq!(platform.run(current_outcome(other, &platform)), None);
        platform.run(other.start(&platform)).expect("started");
        assert_eq!(services.ids().len(), index + 2);
    }
    let mut same = Bank::new(ORGANISATION);
    same.service.right.metadata = [("InntektsAar".to_owned(), "2025".to_owned())].into();
    assert_eq!(
        platform.run(current_outcome(&same, &platform)),
        Some(Outcome::Pending)
    );
    same.service.right.resource = "another".to_owned();
    assert_eq!(platform.run(current_outcome(&same, &platform)), None);
}
