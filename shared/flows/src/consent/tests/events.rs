//! Tests of the events about consents.

use super::receiver::{RECEIVER, bank, bed, body, drain, granted, header, sweep};
use super::*;
use crate::consent::Drained;
use crate::consent::fake::PERSON;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_runtime::inbound::Component;

#[test]
fn a_consent_that_was_given_is_announced_once_signed_and_without_numbers() {
    let (platform, services, receiver, bank) = bed();
    let id = granted(&platform, &services, &bank);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 1);
    platform.advance(PERIOD);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 0);
    let arrivals = receiver.received();
    let [request] = arrivals.as_slice() else {
        panic!("{} events", arrivals.len())
    };
    let event = body(request);
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "innsyn.consent.granted");
    assert_eq!(event["subject"], id.as_str());
    assert_eq!(event["source"], "https://app.example/consent");
    assert_eq!(event["data"]["number"], 1);
    assert_eq!(event["data"]["reference"], "case-7");
    assert_eq!(event["data"]["service"], "krav-og-betalinger");
    assert_eq!(event["data"]["valid_to"], "2026-04-01T12:00:00Z");
    assert_eq!(
        header(request, "content-type"),
        "application/cloudevents+json"
    );
    assert_eq!(event["id"], header(request, "webhook-id").as_str());
    let written = String::from_utf8(request.body().to_vec()).expect("text");
    assert!(!innsyn_core::text::holds_number(&written), "{written}");
    // Either secret verifies, by another library.
    let signed = [
        header(request, "webhook-id").as_bytes(),
        b".",
        header(request, "webhook-timestamp").as_bytes(),
        b".",
        request.body(),
    ]
    .concat();
    let signatures = header(request, "webhook-signature");
    let signatures: Vec<_> = signatures.split(' ').collect();
    assert_eq!(signatures.len(), 2);
    for (first, signature) in [(32_u8, signatures[0]), (0, signatures[1])] {
        let key: Vec<u8> = (first..first + 32).collect();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        let mac = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            signature.strip_prefix("v1,").expect("v1"),
        );
        assert!(aws_lc_rs::hmac::verify(&key, &signed, &mac.expect("base64")).is_ok());
    }
}

#[test]
fn a_withdrawal_is_announced_with_the_next_number() {
    let (platform, services, receiver, bank) = bed();
    let id = granted(&platform, &services, &bank);
    platform.run(drain(&bank, &platform));
    services.answer_at(&id, "Revoked", PERSON, platform.now());
    platform.advance(PERIOD * 6);
    services.show_events_until(platform.now() - PERIOD * 5);
    let drained = platform.run(drain(&bank, &platform));
    assert_eq!((drained.ended, drained.delivered), (1, 1));
    let expected = [("innsyn.consent.granted", 1), ("innsyn.consent.revoked", 2)];
    assert_eq!(
        receiver.events(),
        expected.map(|(kind, number)| (kind.to_owned(), number))
    );
}

#[test]
fn an_approval_whose_browser_is_lost_is_announced_from_the_feed() {
    let (platform, services, receiver, bank) = bed();
    platform.run(bank.start(&platform)).expect("started");
    let id = text(&services.newest()["id"]);
    services.answer_at(&id, "Accepted", PERSON, platform.now());
    platform.advance(PERIOD * 6);
    services.show_events_until(platform.now() - PERIOD * 5);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 1);
    assert_eq!(
        receiver.events(),
        [("innsyn.consent.granted".to_owned(), 1)]
    );
}

#[test]
fn a_receiver_that_is_down_for_an_hour_gets_the_same_event_later() {
    for status in [500, 503, 404, 302, 410] {
        let (platform, services, receiver, bank) = bed();
        granted(&platform, &services, &bank);
        receiver.0.status.set(status);
        for _ in 0..60 {
            assert_eq!(platform.run(drain(&bank, &platform)).waiting, 1);
            platform.advance(PERIOD);
        }
        let failed = receiver.received().len();
        assert!((4..=12).contains(&failed), "{failed} attempts in an hour");
        receiver.0.status.set(0);
        let mut delivered = 0;
        for _ in 0..61 {
            delivered += platform.run(drain(&bank, &platform)).delivered;
            platform.advance(PERIOD);
        }
        assert_eq!(delivered, 1, "{status}");
        let arrivals = receiver.received();
        assert_eq!(arrivals.len(), failed + 1);
        for request in &arrivals {
            assert_eq!(
                request.uri().host(),
                Some(RECEIVER),
                "no redirect is followed"
            );
            assert_eq!(
                header(request, "webhook-id"),
                header(&arrivals[0], "webhook-id")
            );
            assert_eq!(request.body(), arrivals[0].body());
        }
    }
}

#[test]
fn a_slow_receiver_delays_no_drain_and_holds_up_nobody_else() {
    let (platform, services, receiver, mut bank) = bed();
    for number in 0..5 {
        bank.service.name = format!("service-{number}");
        granted(&platform, &services, &bank);
    }
    receiver.0.delay.set(Duration::from_secs(6));
    let start = platform.uptime();
    let drained = platform.run(drain(&bank, &platform));
    assert_eq!((drained.delivered, drained.waiting), (0, 5));
    let lasted = platform.uptime().saturating_sub(start);
    assert!(
        lasted < <crate::consent::ConsentApi as Component<Memory>>::TIME,
        "{lasted:?}"
    );
    assert_eq!(
        receiver.received().len(),
        1,
        "one attempt without an answer"
    );
    receiver.0.delay.set(Duration::from_secs(1));
    let mut delivered = 0;
    for _ in 0..5 {
        platform.advance(PERIOD);
        delivered += platform.run(drain(&bank, &platform)).delivered;
    }
    assert_eq!(delivered, 5);
}

#[test]
fn a_drain_that_is_stopped_anywhere_delivers_at_least_once_under_one_id() {
    for steps in 0.. {
        let (platform, services, receiver, bank) = bed();
        granted(&platform, &services, &bank);
        let crashing = CrashingPlatform::new(&platform, steps);
        let survived = survives(&crashing, drain(&bank, &crashing));
        let again = self::bank();
        for _ in 0..3 {
            platform.advance(PERIOD);
            platform.run(drain(&again, &platform));
        }
        let arrivals = receiver.received();
        let ids: Vec<_> = arrivals
            .iter()
            .map(|request| header(request, "webhook-id"))
            .collect();
        assert!(!ids.is_empty() && ids.len() <= 2, "step {steps}: {ids:?}");
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert!(
            arrivals
                .iter()
                .all(|request| request.body() == arrivals[0].body())
        );
        if survived {
            assert_eq!(ids.len(), 1);
            return;
        }
    }
}

#[test]
fn what_the_agenda_has_lost_and_what_has_expired_is_found_by_the_sweep() {
    let (platform, services, receiver, bank) = bed();
    let silent = Bank::new(PERSON);
    // Without receivers, nothing is entered in the agenda.
    granted(&platform, &services, &silent);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 0);
    sweep(&bank, &platform);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 1);
    platform.advance(Duration::from_hours(24 * 91));
    platform.run(drain(&bank, &platform));
    assert_eq!(receiver.events().len(), 1);
    sweep(&bank, &platform);
    platform.run(drain(&bank, &platform));
    let expected = [("innsyn.consent.granted", 1), ("innsyn.consent.expired", 2)];
    assert_eq!(
        receiver.events(),
        expected.map(|(kind, number)| (kind.to_owned(), number))
    );
    platform.advance(Duration::from_mins(20));
    sweep(&bank, &platform);
    assert_eq!(platform.run(drain(&bank, &platform)), Drained::default());
}

#[test]
fn a_consent_that_another_replaces_is_announced_nevertheless() {
    let (platform, services, receiver, bank) = bed();
    platform.run(bank.start(&platform)).expect("started");
    let id = text(&services.newest()["id"]);
    services.respond(&id, "Rejected", PERSON);
    let arrived = platform.run(handle_return(&bank, &platform, &newest_state(&services)));
    assert_eq!(arrived, back("rejected"));
    platform.run(bank.start(&platform)).expect("started again");
    assert_eq!(services.ids().len(), 2);
    platform.run(drain(&bank, &platform));
    let arrivals = receiver.received();
    assert_eq!(body(&arrivals[0])["type"], "innsyn.consent.rejected");
    assert_eq!(body(&arrivals[0])["subject"], id.as_str());
    assert_eq!(arrivals.len(), 1);
}
