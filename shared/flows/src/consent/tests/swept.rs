//! Tests of the sweep, as far as it is the consent component's own.

use serde_json::json;

use super::receiver::{bed, body, drain, granted, sweep};
use super::*;
use crate::consent::fake::PERSON;
use crate::consent::fake2::FakeAltinn2;
use innsyn_runtime::store::Name;

/// Time after which a sweep is due again.
const REST: Duration = Duration::from_mins(15);

/// Deletes the index entry of a consent, as if an earlier release had made the consent.
fn forget_index(platform: &Memory, bank: &Bank, id: &str) {
    let name = Name {
        consumer: &bank.consumers.default,
        kind: "consent-id",
        parts: &[id],
    };
    let context = context(platform);
    let deleted = bank.consents.store.delete(&context, &name);
    platform.run(deleted).expect("deleted");
}

fn is_indexed(platform: &Memory, bank: &Bank, id: &str) -> bool {
    let context = context(platform);
    let rows = bank.consents.rows(&context);
    let entry = platform.run(rows.indexed(&bank.consumers.default, id));
    entry.expect("a store").is_some()
}

#[test]
fn a_consent_from_before_the_index_gets_its_entry_from_the_sweep() {
    let (platform, services, receiver, bank) = bed();
    let id = granted(&platform, &services, &bank);
    platform.run(drain(&bank, &platform));
    forget_index(&platform, &bank, &id);
    sweep(&bank, &platform);
    assert!(is_indexed(&platform, &bank, &id));
    services.answer_at(&id, "Revoked", PERSON, platform.now());
    platform.advance(LAG + PERIOD);
    services.show_events_until(platform.now() - LAG);
    assert_eq!(platform.run(drain(&bank, &platform)).ended, 1);
    let kinds: Vec<_> = receiver
        .events()
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, ["innsyn.consent.granted", "innsyn.consent.revoked"]);
}

#[test]
fn the_search_for_entries_ends_with_the_second_sweep_of_the_whole_store() {
    let (platform, services, _, bank) = bed();
    let id = granted(&platform, &services, &bank);
    for is_found in [true, true, false] {
        forget_index(&platform, &bank, &id);
        sweep(&bank, &platform);
        assert_eq!(is_indexed(&platform, &bank, &id), is_found);
        platform.advance(REST);
    }
}

#[test]
fn consents_of_altinn_2_have_entries_too() {
    let platform = Memory::new();
    let _former = FakeAltinn2::install(&platform);
    let bank = FakeAltinn2::bank(PERSON, "Brekke");
    platform.run(bank.start(&platform)).expect("started");
    let record = platform.run(
        bank.consents
            .rows(&context(&platform))
            .record(&bank.about()),
    );
    let record = record.expect("a store").expect("a record");
    assert!(is_indexed(&platform, &bank, &record.request.id));
}

#[test]
fn a_certificate_that_ends_soon_is_announced_once_for_each_threshold() {
    let (platform, _, receiver, bank) = bed();
    let ends = platform.now() + time::Duration::days(20);
    let certificate = json!({"consumer": "310000205", "organisation": "310000205",
        "ends": ends.unix_timestamp()});
    let swept = json!({"removed": 0, "certificates": [certificate]}).to_string();
    receiver.0.swept.replace(swept);
    let day = Duration::from_hours(24);
    for days in [1, 1, 5, 1] {
        sweep(&bank, &platform);
        for _ in 0..2 {
            platform.run(drain(&bank, &platform));
            platform.advance(PERIOD);
        }
        platform.advance(day * days);
    }
    // Its successor is in use.
    receiver.0.swept.replace(json!({"removed": 0}).to_string());
    platform.advance(day * 8);
    sweep(&bank, &platform);
    platform.run(drain(&bank, &platform));
    let expected = [
        ("innsyn.certificate.expiring", 1),
        ("innsyn.certificate.expiring", 2),
    ];
    assert_eq!(
        receiver.events(),
        expected.map(|(kind, number)| (kind.to_owned(), number))
    );
    let bodies: Vec<_> = receiver.received().iter().map(body).collect();
    let days: Vec<_> = bodies.iter().map(|event| &event["data"]["days"]).collect();
    assert_eq!(days, [&json!(30), &json!(14)]);
    let subject = format!("310000205-{}", ends.date());
    assert!(
        bodies
            .iter()
            .all(|event| event["subject"] == subject.as_str())
    );
}
