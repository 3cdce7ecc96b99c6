//! Tests of the agenda and of the settings.

use std::time::Duration;

use futures::future::join_all;

use super::{Agenda, Receivers, next_round};
use innsyn_core::context::Context;
use innsyn_core::fixtures::{CONSUMER, consumer, context};
use innsyn_core::party::Environment;
use innsyn_core::platform::crashing::{CrashingPlatform, survives};
use innsyn_core::platform::memory::Memory;
use innsyn_core::secret::Secret;
use innsyn_runtime::config::{Consumers, Raw, Resolver, StoreKeys};
use innsyn_runtime::store::Store;

const STORE: &str = "consents";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn store() -> Store {
    let keys = StoreKeys {
        current: Secret::new([1; 32]),
        previous: Vec::new(),
    };
    Store::new(STORE, Environment::Test, &keys)
}

/// Slots of an agenda.
const SLOTS: u32 = 2_048;

async fn numbers(agenda: &Agenda<'_, Memory>, round: u32) -> Vec<u32> {
    let entries = agenda.entries::<u32>(round).await.expect("entries");
    let mut numbers: Vec<_> = entries.into_iter().map(|(_, number)| number).collect();
    numbers.sort_unstable();
    numbers
}

/// Adds these entries as a sweep does.
async fn fill(agenda: &Agenda<'_, Memory>, numbers: std::ops::Range<u32>) {
    let snapshot = agenda.snapshot().await.expect("a snapshot");
    for number in numbers {
        agenda.add_to(&snapshot, &number).await.expect("added");
    }
}

#[test]
fn an_agenda_returns_what_was_added_until_it_is_removed() {
    let (platform, store, consumer) = (Memory::new(), store(), consumer(CONSUMER));
    platform.add_store(STORE);
    let context = context(&platform);
    let agenda = Agenda {
        store: &store,
        context: &context,
        consumer: &consumer,
    };
    platform.run(async {
        assert!(numbers(&agenda, 0).await.is_empty());
        for number in 0..8 {
            agenda.add(&number).await;
        }
        fill(&agenda, 0..300).await;
        let expected: Vec<_> = (0..300).collect();
        assert_eq!(numbers(&agenda, 0).await, expected, "each one once");
        let entries = agenda.entries::<u32>(0).await.expect("entries");
        for (slot, number) in &entries {
            agenda
                .remove(*slot, &number.wrapping_add(1))
                .await
                .expect("another's");
        }
        assert_eq!(numbers(&agenda, 0).await, expected);
        for (slot, number) in &entries {
            agenda.remove(*slot, number).await.expect("removed");
        }
        assert!(numbers(&agenda, 0).await.is_empty());
    });
}

#[test]
fn an_entry_behind_an_empty_chunk_is_found_within_128_drains() {
    let (platform, store, consumer) = (Memory::new(), store(), consumer(CONSUMER));
    platform.add_store(STORE);
    // Whatever the timer's period is: the drains are counted.
    for period in [30, 60, 90, 3_600] {
        let first = context(&platform);
        let agenda = Agenda {
            store: &store,
            context: &first,
            consumer: &consumer,
        };
        platform.run(async {
            fill(&agenda, 0..SLOTS).await;
            let entries = agenda.entries::<u32>(0).await.expect("entries");
            for (slot, number) in entries.iter().filter(|(slot, _)| *slot != 1_999) {
                agenda.remove(*slot, number).await.expect("removed");
            }
        });
        let mut found = Vec::new();
        for _ in 0..128 {
            let context = context(&platform);
            let round = platform.run(next_round(&store, &context, &consumer));
            let agenda = Agenda {
                store: &store,
                context: &context,
                consumer: &consumer,
            };
            let entries = agenda.entries::<u32>(round.expect("a round"));
            found.extend(platform.run(entries).expect("entries"));
            platform.advance(Duration::from_secs(period));
        }
        let [(slot, number)] = found.as_slice() else {
            panic!("each {period} s: {} entries", found.len());
        };
        let removed = agenda.remove(*slot, number);
        platform.run(removed).expect("removed");
    }
}

#[test]
fn a_request_looks_at_four_slots_and_leaves_the_rest_to_the_sweep() {
    let (platform, store, consumer) = (Memory::new(), store(), consumer(CONSUMER));
    platform.add_store(STORE);
    let context = context(&platform);
    let agenda = Agenda {
        store: &store,
        context: &context,
        consumer: &consumer,
    };
    platform.run(fill(&agenda, 0..80));
    let crashing = CrashingPlatform::new(&platform, 4);
    let context = Context::new(&crashing, "test", Duration::from_secs(9));
    let late = Context::new(&crashing, "test", Duration::from_secs(1));
    for context in [&context, &late] {
        let agenda = Agenda {
            store: &store,
            context,
            consumer: &consumer,
        };
        assert!(survives(&crashing, agenda.add(&1_000_u32)));
        let events = platform.events();
        assert_eq!(events.last().expect("a line")["outcome"], "full");
    }
    platform.run(async {
        fill(&agenda, 1_000..1_001).await;
        assert_eq!(numbers(&agenda, 0).await.last(), Some(&1_000));
    });
}

#[test]
fn a_sweep_fills_an_agenda_up_and_stops() {
    let (platform, store, consumer) = (Memory::new(), store(), consumer(CONSUMER));
    platform.add_store(STORE);
    let context = context(&platform);
    let agenda = Agenda {
        store: &store,
        context: &context,
        consumer: &consumer,
    };
    platform.run(async {
        let snapshot = agenda.snapshot().await.expect("a snapshot");
        agenda.add(&9_999_u32).await;
        for number in 0..SLOTS + 10 {
            agenda.add_to(&snapshot, &number).await.expect("added");
        }
        assert!(snapshot.is_full());
        let found = numbers(&agenda, 0).await;
        assert_eq!(found.len(), SLOTS as usize);
        assert!(found.contains(&9_999), "another writer's entry stays");
    });
    let full = platform.events().into_iter();
    let full = full.filter(|event| event["outcome"] == "full");
    assert_eq!(full.count(), 1);
}

#[test]
fn writers_at_once_lose_little_and_a_store_in_trouble_stops_nobody() {
    let (platform, store, consumer) = (Memory::new(), store(), consumer(CONSUMER));
    platform.add_store(STORE);
    let context = context(&platform);
    let agenda = Agenda {
        store: &store,
        context: &context,
        consumer: &consumer,
    };
    platform.run(async {
        join_all((0..20_u32).map(async |number| agenda.add(&number).await)).await;
        let found = numbers(&agenda, 0).await.len();
        assert!((15..=20).contains(&found), "{found}");
        platform.refuse_writes(STORE, true);
        agenda.add(&99_u32).await;
    });
    let events = platform.events();
    let last = events.last().expect("a line");
    assert_eq!(last["event"], "agenda");
    assert_eq!(last["outcome"], "store-down");
}

fn resolved(json: &str) -> Result<Receivers, String> {
    let consumers = Consumers {
        default: consumer(CONSUMER),
        others: Vec::new(),
        claim: None,
    };
    let raw = Raw::from_pairs([("event_receivers", json)]);
    let mut resolver = Resolver::new(&raw);
    let receivers = Receivers::resolve(&mut resolver, "event_receivers", Some(&consumers));
    resolver
        .finish(receivers)
        .map_err(|error| error.to_string())
}

#[test]
fn receivers_are_checked_and_secrets_are_not_repeated() {
    let entry = |number: &str, address: &str, secrets: &[&str]| {
        serde_json::json!({number: {"address": address, "secrets": secrets}}).to_string()
    };
    let address = "https://bank.example/innsyn/events";
    for fine in [
        String::new(),
        entry(CONSUMER, address, &[SECRET]),
        entry(
            CONSUMER,
            "https://bank.example:8443/?to=innsyn",
            &[SECRET, SECRET],
        ),
        entry(CONSUMER, "http://127.0.0.1:3000/events", &[SECRET]),
    ] {
        assert!(resolved(&fine).is_ok(), "{fine}");
    }
    assert!(resolved("").expect("none").is_empty());
    for wrong in [
        "[]".to_owned(),
        entry("310000302", address, &[SECRET]),
        entry(CONSUMER, "http://bank.example/events", &[SECRET]),
        entry(CONSUMER, "https://user@bank.example/events", &[SECRET]),
        entry(CONSUMER, "https://bank.example/events#x", &[SECRET]),
        entry(CONSUMER, "https://bank.example/02829090123", &[SECRET]),
        entry(CONSUMER, address, &[]),
        entry(CONSUMER, address, &[SECRET, SECRET, SECRET]),
        entry(CONSUMER, address, &["whsec_short"]),
    ] {
        let error = resolved(&wrong).expect_err(&wrong);
        assert!(error.contains("event_receivers"), "{error}");
        assert!(!error.contains("AAECAw"), "{error}");
    }
}
