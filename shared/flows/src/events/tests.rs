//! Tests of the agenda and of the settings.

use std::time::Duration;

use futures::future::join_all;

use super::{Agenda, Receivers};
use innsyn_core::fixtures::{CONSUMER, consumer, context};
use innsyn_core::party::Environment;
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
        assert!(agenda.entries::<u32>().await.expect("entries").is_empty());
        for number in 0..300_u32 {
            agenda.add(&number).await;
        }
        let entries = agenda.entries::<u32>().await.expect("entries");
        let mut numbers: Vec<_> = entries.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..300).collect::<Vec<_>>());
        for (slot, number) in &entries {
            agenda
                .remove(*slot, &number.wrapping_add(1))
                .await
                .expect("another's");
        }
        assert_eq!(agenda.entries::<u32>().await.expect("entries").len(), 300);
        for (slot, number) in &entries {
            agenda.remove(*slot, number).await.expect("removed");
        }
        assert!(agenda.entries::<u32>().await.expect("entries").is_empty());
    });
}

#[test]
fn an_entry_behind_an_empty_chunk_is_found_within_64_minutes() {
    let (platform, store, consumer) = (Memory::new(), store(), consumer(CONSUMER));
    platform.add_store(STORE);
    let context = context(&platform);
    let agenda = Agenda {
        store: &store,
        context: &context,
        consumer: &consumer,
    };
    platform.run(async {
        for number in 0..300_u32 {
            agenda.add(&number).await;
        }
        let entries = agenda.entries::<u32>().await.expect("entries");
        let (last, kept) = entries.iter().max_by_key(|(slot, _)| *slot).expect("one");
        assert!(*last >= 32, "in the third chunk or later: {last}");
        for (slot, number) in entries.iter().filter(|(slot, _)| slot != last) {
            agenda.remove(*slot, number).await.expect("removed");
        }
        let mut found = Vec::new();
        for _ in 0..128 {
            found.extend(agenda.entries::<u32>().await.expect("entries"));
            platform.advance(Duration::from_secs(30));
        }
        assert_eq!(found, [(*last, *kept)]);
    });
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
        let found = agenda.entries::<u32>().await.expect("entries").len();
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
