//! Tests of what is announced, in which order, and to whom while others are in trouble.

use super::receiver::{NEW, RECEIVER, bank, bed, body, drain, granted};
use super::*;
use crate::consent::announce::Due;
use crate::consent::fake::{PERSON, raw};
use crate::events::Receivers;
use innsyn_core::platform::memory::Delay;
use innsyn_core::problem::Kind;
use innsyn_runtime::config::{Raw, Resolver};
use innsyn_runtime::inbound::Component;

const CONSUMERS: [&str; 4] = ["310000205", "310000302", "310000418", "310000507"];

/// Returns the number of entries in the bank's agenda.
fn entries(platform: &Memory, bank: &Bank) -> usize {
    let context = context(platform);
    let agenda = bank.consents.agenda(&context, &bank.consumers.default);
    let entries = platform.run(agenda.entries::<Due>(0));
    entries.expect("entries").len()
}

/// Withdraws a consent at Altinn, and lets the app notice it by a status request.
fn revoked(platform: &Memory, services: &ExternalServices, bank: &Bank, id: &str) {
    services.answer_at(id, "Revoked", PERSON, platform.now());
    platform.advance(PERIOD + LOOK_PAUSE);
    let outcome = platform.run(current_outcome(bank, platform));
    assert_eq!(outcome, Some(Outcome::Revoked));
}

#[test]
fn an_end_is_announced_in_place_of_what_was_before() {
    for seed in 0..20 {
        let (platform, services, receiver, bank) = bed();
        platform.reseed(seed);
        let id = granted(&platform, &services, &bank);
        revoked(&platform, &services, &bank, &id);
        // Another request replaces the record: the entries alone say what was.
        platform.run(bank.start(&platform)).expect("started");
        assert_eq!(entries(&platform, &bank), 2);
        for _ in 0..3 {
            platform.run(drain(&bank, &platform));
            platform.advance(PERIOD);
        }
        let expected = [("innsyn.consent.revoked".to_owned(), 1)];
        assert_eq!(receiver.events(), expected, "seed {seed}");
        assert_eq!(entries(&platform, &bank), 0);
    }
}

#[test]
fn an_entry_from_before_the_end_announces_nothing_after_it() {
    let (platform, services, receiver, bank) = bed();
    let id = granted(&platform, &services, &bank);
    let key = bank.about();
    let record = platform.run(bank.consents.rows(&context(&platform)).record(&key));
    let record = record.expect("a store").expect("a record");
    platform.run(drain(&bank, &platform));
    revoked(&platform, &services, &bank, &id);
    platform.run(drain(&bank, &platform));
    for is_replaced in [false, true] {
        if is_replaced {
            platform.run(bank.start(&platform)).expect("started");
        }
        let context = context(&platform);
        let agenda = bank.consents.agenda(&context, &bank.consumers.default);
        let older = Due::new(key.parts(), &record, platform.now());
        platform.run(agenda.add(&older));
        platform.run(drain(&bank, &platform));
        assert_eq!(entries(&platform, &bank), 0);
    }
    let kinds: Vec<_> = receiver
        .events()
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, ["innsyn.consent.granted", "innsyn.consent.revoked"]);
}

#[test]
fn what_a_component_without_receivers_has_noticed_is_announced_from_the_feed() {
    let (platform, services, receiver, bank) = bed();
    let reads = Bank::new(PERSON);
    platform.run(bank.start(&platform)).expect("started");
    let id = text(&services.newest()["id"]);
    services.answer_at(&id, "Accepted", PERSON, platform.now());
    // A read notices the approval, and later the end.
    platform
        .run(reads.require(&context(&platform)))
        .expect("a consent");
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 1);
    services.answer_at(&id, "Revoked", PERSON, platform.now());
    let refused = platform.run(async {
        let context = context(&platform);
        let active = reads.require(&context).await.expect("a consent");
        active.doubt(&context).await
    });
    assert_eq!(refused.expect_err("revoked").kind, Kind::ConsentRevoked);
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    let drained = platform.run(drain(&bank, &platform));
    assert_eq!((drained.ended, drained.delivered), (0, 1));
    let expected = [("innsyn.consent.granted", 1), ("innsyn.consent.revoked", 2)];
    assert_eq!(
        receiver.events(),
        expected.map(|(kind, number)| (kind.to_owned(), number))
    );
}

#[test]
fn while_a_receiver_is_down_a_consent_has_one_entry() {
    let (platform, services, receiver, bank) = bed();
    granted(&platform, &services, &bank);
    receiver.0.status.set(503);
    for _ in 0..30 {
        platform.advance(PERIOD + LOOK_PAUSE);
        services.show_events_until(platform.now() - LAG);
        let outcome = platform.run(current_outcome(&bank, &platform));
        assert_eq!(outcome, Some(Outcome::Granted), "looked up again");
        sweep_if_due(&bank, &platform);
        platform.run(drain(&bank, &platform));
        assert_eq!(entries(&platform, &bank), 1);
    }
    receiver.0.status.set(0);
    platform.advance(Duration::from_hours(1));
    assert_eq!(platform.run(drain(&bank, &platform)).delivered, 1);
    assert_eq!(entries(&platform, &bank), 0);
}

/// Sweeps, unless that was done in the last ten minutes.
fn sweep_if_due(bank: &Bank, platform: &Memory) {
    let context = context(platform);
    let swept = bank.consents.sweep(&context, &bank.consumers);
    platform.run(swept).expect("swept");
}

/// Host of a receiver that several consumers share, and that does not answer in time.
const SHARED: &str = "slow.example";

/// Returns a bank with several consumers, whose receivers have these hosts. One that begins with
/// `slow` does not answer in time, and for `altinn` the feed does not.
fn banks(hosts: [&'static str; 4]) -> (Memory, ExternalServices, Bank) {
    let (platform, services) = connected_platform();
    let answering = services.clone();
    platform.respond(move |request| {
        let host = request.uri().host().expect("a host");
        let is_slow = host.starts_with("slow");
        if host.ends_with(RECEIVER) || is_slow {
            let mut answer = raw(204, "");
            let delay = Duration::from_secs(if is_slow { 30 } else { 0 });
            answer.extensions_mut().insert(Delay(delay));
            return Ok(answer);
        }
        let mut answer = answering.answer(request)?;
        if hosts[0] == "altinn" && request.uri().path().ends_with("/events") {
            answer
                .extensions_mut()
                .insert(Delay(Duration::from_secs(30)));
        }
        Ok(answer)
    });
    let mut bank = bank();
    bank.consumers.others = CONSUMERS[1..]
        .iter()
        .map(|number| innsyn_core::fixtures::consumer(number))
        .collect();
    let entries = CONSUMERS.iter().zip(hosts).map(|(number, host)| {
        let address = match host {
            "altinn" => format!("https://{RECEIVER}/{number}"),
            SHARED => format!("https://{SHARED}/events"),
            host => format!("https://{host}/{number}"),
        };
        let entry = serde_json::json!({"address": address, "secrets": [NEW]});
        ((*number).to_owned(), entry)
    });
    let entries: serde_json::Map<_, _> = entries.collect();
    let json = serde_json::Value::from(entries).to_string();
    let raw = Raw::from_pairs([("event_receivers", json.as_str())]);
    let mut resolver = Resolver::new(&raw);
    let receivers = Receivers::resolve(&mut resolver, "event_receivers", Some(&bank.consumers));
    bank.consents.receivers = resolver.finish(receivers).expect("receivers");
    (platform, services, bank)
}

/// Lets each consumer get a consent.
fn granted_to_all(platform: &Memory, services: &ExternalServices, bank: &mut Bank) {
    let first = bank.consumers.default.clone();
    for number in CONSUMERS {
        bank.consumers.default = innsyn_core::fixtures::consumer(number);
        granted(platform, services, bank);
    }
    bank.consumers.default = first;
}

/// Returns the paths of the receivers that have got an event, in order.
fn received(platform: &Memory) -> Vec<String> {
    let requests = platform.requests().into_iter();
    let sent = requests.filter(|request| request.headers().contains_key("webhook-id"));
    sent.map(|request| {
        assert!(body(&request)["id"].is_string());
        request.uri().path().trim_start_matches('/').to_owned()
    })
    .collect()
}

#[test]
fn receivers_that_hang_delay_another_by_as_many_drains_at_most() {
    let hosts = ["slow1.example", "slow2.example", "slow3.example", RECEIVER];
    let (platform, services, mut bank) = banks(hosts);
    granted_to_all(&platform, &services, &mut bank);
    for _ in 0..4 {
        let start = platform.uptime();
        platform.run(drain(&bank, &platform));
        let lasted = platform.uptime().saturating_sub(start);
        assert!(
            lasted < <crate::consent::ConsentApi as Component<Memory>>::TIME,
            "{lasted:?}"
        );
        platform.advance(PERIOD);
    }
    let received = received(&platform);
    assert!(received.contains(&CONSUMERS[3].to_owned()), "{received:?}");
    let feeds = platform.requests().into_iter();
    let feeds = feeds.filter(|request| request.uri().path().ends_with("/events"));
    assert!(feeds.count() >= 4, "and the feeds are polled");
}

#[test]
fn consumers_that_share_a_receiver_that_hangs_wait_for_it_once() {
    let (platform, services, mut bank) = banks([SHARED; 4]);
    granted_to_all(&platform, &services, &mut bank);
    let drained = platform.run(drain(&bank, &platform));
    assert_eq!((drained.delivered, drained.waiting), (0, 4));
    assert_eq!(received(&platform).len(), 1);
}

#[test]
fn a_feed_that_hangs_delays_no_event() {
    let (platform, services, mut bank) = banks(["altinn", RECEIVER, RECEIVER, RECEIVER]);
    granted_to_all(&platform, &services, &mut bank);
    let context = context(&platform);
    let drained = platform.run(bank.consents.drain(&context, &bank.consumers));
    assert_eq!(drained.expect_err("Altinn").kind, Kind::SourceSlow);
    let mut received = received(&platform);
    received.sort_unstable();
    assert_eq!(received, CONSUMERS);
}
