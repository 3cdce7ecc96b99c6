//! Tests of the events about consents.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::consent::Drained;
use crate::consent::fake::{PERSON, raw};
use crate::events::Receivers;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::platform::memory::Delay;
use innsyn_core::platform::{Request, Response};
use innsyn_core::reference::Reference;
use innsyn_runtime::config::{Raw, Resolver};
use innsyn_runtime::inbound::Component;

const RECEIVER: &str = "events.bank.example";
const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
/// Period of the timer.
const PERIOD: Duration = Duration::from_mins(1);

/// Bank's receiver of events.
#[derive(Clone, Default)]
struct Receiver(Rc<State>);

#[derive(Default)]
struct State {
    /// Status of the answers; zero for 204.
    status: Cell<u16>,
    delay: Cell<Duration>,
    received: RefCell<Vec<Request>>,
}

impl Receiver {
    fn install(platform: &Memory, services: &ExternalServices) -> Self {
        let receiver = Self::default();
        let (own, services) = (receiver.clone(), services.clone());
        platform.respond(move |request| {
            if request.uri().host() == Some(RECEIVER) {
                Ok(own.receive(request))
            } else {
                services.answer(request)
            }
        });
        receiver
    }

    fn receive(&self, request: &Request) -> Response {
        self.0.received.borrow_mut().push(request.clone());
        let status = self.0.status.get();
        let mut answer = raw(if status == 0 { 204 } else { status }, "");
        answer.extensions_mut().insert(Delay(self.0.delay.get()));
        answer
    }

    fn received(&self) -> Vec<Request> {
        self.0.received.borrow().clone()
    }

    /// Returns the type and number of each arrivals event.
    fn events(&self) -> Vec<(String, u64)> {
        let bodies = self.received();
        let bodies = bodies.iter().map(body);
        bodies
            .map(|event| {
                (
                    text(&event["type"]),
                    event["data"]["number"].as_u64().expect("one"),
                )
            })
            .collect()
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).expect("JSON")
}

fn header(request: &Request, name: &str) -> String {
    request.headers()[name].to_str().expect("text").to_owned()
}

fn bank() -> Bank {
    let mut bank = Bank::new(PERSON);
    bank.consumers.others.clear();
    bank.reference = Reference::parse("case-7").ok();
    let json = serde_json::json!({"310000205":
        {"address": format!("https://{RECEIVER}/innsyn"), "secrets": [NEW, OLD]}});
    let raw = Raw::from_pairs([("event_receivers", json.to_string().as_str())]);
    let mut resolver = Resolver::new(&raw);
    let receivers = Receivers::resolve(&mut resolver, "event_receivers", Some(&bank.consumers));
    bank.consents.receivers = resolver.finish(receivers).expect("receivers");
    "https://app.example/consent".clone_into(&mut bank.consents.source);
    bank
}

fn bed() -> (Memory, ExternalServices, Receiver, Bank) {
    let (platform, services) = connected_platform();
    let receiver = Receiver::install(&platform, &services);
    (platform, services, receiver, bank())
}

/// Starts a consent, accepts it, and lets the browser return.
fn granted(platform: &Memory, services: &ExternalServices, bank: &Bank) -> String {
    platform.run(bank.start(platform)).expect("started");
    let id = text(&services.newest()["id"]);
    services.answer_at(&id, "Accepted", PERSON, platform.now());
    let arrived = platform.run(handle_return(bank, platform, &newest_state(services)));
    assert_eq!(arrived, back("granted"));
    id
}

async fn drain<P: Platform>(bank: &Bank, platform: &P) -> Drained {
    let context = context(platform);
    let drained = bank.consents.drain(&context, &bank.consumers).await;
    drained.expect("drained")
}

fn sweep(bank: &Bank, platform: &Memory) {
    let context = context(platform);
    let consumers = &bank.consumers;
    let visit = async |row: &innsyn_runtime::store::SealedRow<'_>| {
        let all = consumers.all();
        bank.consents.find_unannounced(&context, all, row).await
    };
    let store = &bank.consents.store;
    let swept = store.sweep_and_visit_in_turn(&context, &consumers.default, visit, async || Ok(0));
    assert!(platform.run(swept).expect("swept").whole);
}

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
    assert!(
        receiver.received().len() <= 3,
        "no more than three failures"
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
