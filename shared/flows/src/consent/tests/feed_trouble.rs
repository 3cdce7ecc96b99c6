//! Tests of the event feed while Altinn is in trouble, or sends what cannot be read.

use http::Method;
use serde_json::json;

use super::receiver::{bed, drain, granted};
use super::*;
use crate::consent::fake::{PERSON, raw};

/// Starts consents and accepts them; the browsers do not return. Returns their ids.
fn approved(
    platform: &Memory,
    services: &ExternalServices,
    bank: &mut Bank,
    number: usize,
) -> Vec<String> {
    (0..number)
        .map(|number| {
            bank.service.name = format!("service-{number}");
            platform.run(bank.start(platform)).expect("started");
            let id = text(&services.newest()["id"]);
            services.answer_at(&id, "Accepted", PERSON, platform.now());
            id
        })
        .collect()
}

/// Counts the lookups of consents at Altinn.
fn lookups(platform: &Memory) -> usize {
    let requests = platform.requests().into_iter();
    let lookups = requests.filter(|request| {
        request.method() == Method::GET
            && request.uri().host() == Some(ALTINN)
            && !request.uri().path().ends_with("/events")
    });
    lookups.count()
}

#[test]
fn approvals_whose_lookups_fail_are_found_by_later_drains() {
    let (platform, services, receiver, mut bank) = bed();
    approved(&platform, &services, &mut bank, 5);
    services.add_event("someone-elses", "Accepted", platform.now());
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    services.fail_lookups(true);
    for round in 1..=4 {
        assert_eq!(platform.run(drain(&bank, &platform)).delivered, 0);
        assert!(lookups(&platform) <= round * 2, "few for each drain");
        platform.advance(PERIOD);
        // The feed goes on, behind these events.
        services.add_event("someone-elses", "Accepted", platform.now());
        services.show_events_until(platform.now());
    }
    services.fail_lookups(false);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 5);
    assert_eq!(receiver.events().len(), 5);
    let context = context(&platform);
    let rows = bank.consents.rows(&context);
    let waiting = rows.waiting_approvals(&bank.consumers.default);
    assert!(platform.run(waiting).expect("a store").is_empty());
}

#[test]
fn an_approval_that_cannot_be_looked_up_for_a_day_is_given_up() {
    let (platform, services, _, mut bank) = bed();
    approved(&platform, &services, &mut bank, 1);
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    services.fail_lookups(true);
    platform.run(drain(&bank, &platform));
    // The feed has something newer, so that it does not show the approval again.
    services.add_event("someone-elses", "Accepted", platform.now());
    services.show_events_until(platform.now());
    for _ in 0..3 {
        platform.advance(Duration::from_hours(13));
        platform.run(drain(&bank, &platform));
    }
    let context = context(&platform);
    let rows = bank.consents.rows(&context);
    let waiting = rows.waiting_approvals(&bank.consumers.default);
    assert!(platform.run(waiting).expect("a store").is_empty());
    let events = platform.events();
    assert!(events.iter().any(|event| event["outcome"] == "given-up"));
}

#[test]
fn an_entry_that_cannot_be_read_is_looked_up_and_stops_nothing() {
    let (platform, services, receiver, bank) = bed();
    let id = granted(&platform, &services, &bank);
    platform.run(drain(&bank, &platform));
    services.respond(&id, "Revoked", PERSON);
    platform.advance(PERIOD + LOOK_PAUSE);
    let page = json!({"links": {"next": null}, "data": [
        {"consentRequestId": id, "eventType": "revoked", "changedDate": "yesterday"},
        {"consentRequestId": "someone-elses", "eventType": "revoked", "changedDate": null},
        {"eventType": "revoked", "changedDate": "2026-01-01T12:00:00Z"},
    ]});
    services.fail(ALTINN, Ok(raw(200, &page.to_string())));
    let drained = platform.run(drain(&bank, &platform));
    assert_eq!((drained.ended, drained.delivered), (1, 1));
    let kinds: Vec<_> = receiver
        .events()
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, ["innsyn.consent.granted", "innsyn.consent.revoked"]);
    let lines = platform.events().into_iter();
    let unreadable: Vec<_> = lines
        .filter(|event| event["outcome"] == "unreadable")
        .collect();
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0]["count"], 3);
    // What follows is read.
    services.show_events_until(platform.now() + LAG);
    services.add_event(&id, "Deleted", platform.now());
    platform.advance(PERIOD);
    assert_eq!(platform.run(drain(&bank, &platform)).events, 2);
}
