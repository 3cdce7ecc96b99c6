use std::time::Duration;

use super::*;
use innsyn_core::fixtures::{CONSUMER, SECOND_CONSUMER, consumer, context};
use innsyn_core::platform::crashing::CrashingPlatform;
use innsyn_core::platform::memory::Memory;
use innsyn_core::secret::Secret;

const STORE: &str = "consents";

fn keys(current: u8, previous: Option<u8>) -> StoreKeys {
    StoreKeys {
        current: Secret::new([current; 32]),
        previous: previous
            .into_iter()
            .map(|key| Secret::new([key; 32]))
            .collect(),
    }
}

fn store(current: u8, previous: Option<u8>) -> Store {
    Store::new(STORE, Environment::Test, &keys(current, previous))
}

fn platform() -> Memory {
    let platform = Memory::new();
    platform.add_store(STORE);
    platform.add_store("tokens");
    platform
}

fn name<'a>(consumer: &'a OrganisationNumber, parts: &'a [&'a str]) -> Name<'a> {
    Name {
        consumer,
        kind: "consent",
        parts,
    }
}

async fn put(
    store: &Store,
    platform: &Memory,
    consumer: &OrganisationNumber,
    parts: &[&str],
    seconds: i64,
) {
    let context = context(platform);
    let not_after = context.now() + time::Duration::seconds(seconds);
    store
        .set(&context, &name(consumer, parts), &"value", not_after)
        .await
        .expect("kept");
}

async fn read(
    store: &Store,
    platform: &Memory,
    consumer: &OrganisationNumber,
    parts: &[&str],
) -> Option<String> {
    store
        .get(&context(platform), &name(consumer, parts))
        .await
        .expect("a store that works")
}

#[test]
fn a_row_is_kept_and_nothing_shows() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        let store = store(1, None);
        put(&store, &platform, &consumer, &["02829090123"], 60).await;
        assert_eq!(
            read(&store, &platform, &consumer, &["02829090123"])
                .await
                .as_deref(),
            Some("value")
        );
        assert_eq!(
            read(&store, &platform, &consumer, &["0282909012", "3"]).await,
            None
        );
        platform.with_store(STORE, |rows| {
            let (key, row) = rows.iter().next().expect("a row");
            assert_eq!(key.len(), "consents.".len() + 64);
            assert!(!row.windows(5).any(|part| part == b"value"));
        });
        store
            .delete(&context(&platform), &name(&consumer, &["02829090123"]))
            .await
            .expect("deleted");
        assert_eq!(
            read(&store, &platform, &consumer, &["02829090123"]).await,
            None
        );
    });
}

#[test]
fn an_expired_row_is_deleted_when_read() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        let store = store(1, None);
        put(&store, &platform, &consumer, &["a"], 60).await;
        platform.advance(Duration::from_mins(1));
        assert_eq!(read(&store, &platform, &consumer, &["a"]).await, None);
        assert_eq!(platform.with_store(STORE, |rows| rows.len()), 0);
    });
}

#[test]
fn two_swapped_rows_do_not_open() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        let store = store(1, None);
        put(&store, &platform, &consumer, &["a"], 60).await;
        put(&store, &platform, &consumer, &["b"], 60).await;
        platform.with_store(STORE, |rows| {
            let [one, two]: [String; 2] = rows
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .try_into()
                .expect("two rows");
            let (first, second) = (rows[&one].clone(), rows[&two].clone());
            rows.insert(one, second);
            rows.insert(two, first);
        });
        assert_eq!(read(&store, &platform, &consumer, &["a"]).await, None);
        assert_eq!(read(&store, &platform, &consumer, &["b"]).await, None);
        let refused = platform
            .events()
            .iter()
            .filter(|event| event["event"] == "record" && event["outcome"] == "refused")
            .count();
        assert_eq!(refused, 2);
        put(&store, &platform, &consumer, &["a"], 60).await;
        assert_eq!(
            read(&store, &platform, &consumer, &["a"]).await.as_deref(),
            Some("value"),
            "it heals"
        );
    });
}

#[test]
fn a_row_opens_only_where_it_belongs() {
    let (platform, first, second) = (platform(), consumer(CONSUMER), consumer(SECOND_CONSUMER));
    platform.run(async {
        let store = store(1, None);
        put(&store, &platform, &first, &["a"], 60).await;
        let (key, row) = platform.with_store(STORE, |rows| {
            rows.iter()
                .next()
                .map(|(k, r)| (k.clone(), r.clone()))
                .expect("a row")
        });
        let open = |sealer: &Sealer, consumer| sealer.open(&key, consumer, &row).is_some();
        let sealer =
            |name, environment, key| Sealer::new(name, environment, &Secret::new([key; 32]));
        assert!(open(&store.current, &first));
        assert!(!open(&store.current, &second), "another consumer");
        assert!(
            !open(&sealer("tokens", Environment::Test, 1), &first),
            "another store"
        );
        assert!(
            !open(&sealer(STORE, Environment::Production, 1), &first),
            "another environment"
        );
        assert!(
            !open(&sealer(STORE, Environment::Test, 2), &first),
            "another key"
        );
        assert_eq!(read(&store, &platform, &second, &["a"]).await, None);
    });
}

#[test]
fn every_byte_counts() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        let store = store(1, None);
        put(&store, &platform, &consumer, &["a"], 60).await;
        let (key, row) = platform.with_store(STORE, |rows| {
            rows.iter()
                .next()
                .map(|(k, r)| (k.clone(), r.clone()))
                .expect("a row")
        });
        for index in 0..row.len() {
            let mut tampered = row.clone();
            tampered[index] ^= 1;
            assert!(
                store.current.open(&key, &consumer, &tampered).is_none(),
                "byte {index}"
            );
        }
        for length in 0..row.len() {
            assert!(
                store
                    .current
                    .open(&key, &consumer, &row[..length])
                    .is_none(),
                "{length} bytes"
            );
        }
    });
}

#[test]
fn keys_are_rotated_without_losing_rows() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        put(&store(1, None), &platform, &consumer, &["a"], 60).await;
        let rotated = store(2, Some(1));
        assert_eq!(
            read(&rotated, &platform, &consumer, &["a"])
                .await
                .as_deref(),
            Some("value")
        );
        put(&rotated, &platform, &consumer, &["a"], 60).await;
        assert_eq!(
            platform.with_store(STORE, |rows| rows.len()),
            1,
            "the old row is gone"
        );
        assert_eq!(
            read(&store(2, None), &platform, &consumer, &["a"])
                .await
                .as_deref(),
            Some("value")
        );
        assert_eq!(
            read(&store(1, None), &platform, &consumer, &["a"]).await,
            None
        );
        put(&store(1, None), &platform, &consumer, &["b"], 60).await;
        rotated
            .delete(&context(&platform), &name(&consumer, &["b"]))
            .await
            .expect("deleted");
        assert_eq!(
            read(&rotated, &platform, &consumer, &["b"]).await,
            None,
            "deleted under either name"
        );
    });
}

#[test]
fn while_a_key_is_changed_old_and_new_read_each_other() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        // One instance without the change and one with it, which was given both keys beforehand.
        let both = vec![Secret::new([1; 32]), Secret::new([2; 32])];
        let with = |current: u8| {
            let current = Secret::new([current; 32]);
            let previous = both.clone();
            Store::new(STORE, Environment::Test, &StoreKeys { current, previous })
        };
        let (before, after) = (with(1), with(2));
        for (writer, reader) in [(&before, &after), (&after, &before), (&before, &after)] {
            put(writer, &platform, &consumer, &["a"], 60).await;
            assert_eq!(platform.with_store(STORE, |rows| rows.len()), 1);
            for store in [writer, reader] {
                let read = read(store, &platform, &consumer, &["a"]).await;
                assert_eq!(read.as_deref(), Some("value"));
            }
        }
    });
}

#[test]
fn the_sweep_removes_what_has_run_out_and_nothing_else() {
    let (platform, first, second) = (platform(), consumer(CONSUMER), consumer(SECOND_CONSUMER));
    platform.run(async {
        let (rotated, lost) = (store(2, Some(1)), store(3, None));
        put(&store(1, None), &platform, &first, &["previous key"], 600).await;
        put(&rotated, &platform, &second, &["kept"], 600).await;
        put(&rotated, &platform, &first, &["expired"], 60).await;
        put(&lost, &platform, &first, &["no key, kept"], 600).await;
        put(&lost, &platform, &first, &["no key, expired"], 60).await;
        write_as_a_newer_release(&platform, &rotated, &second, &["newer, expired"], 60).await;
        // Rows of another store in the same database, or of none.
        platform.with_store(STORE, |rows| {
            rows.insert("tokens.0".to_owned(), vec![0; 40]);
            rows.insert("consents.0".to_owned(), vec![1, 2, 3]);
        });
        platform.advance(Duration::from_secs(100));
        for removed in [3, 0] {
            let swept = rotated
                .sweep(&context(&platform), &consumer(CONSUMER))
                .await
                .expect("swept");
            assert_eq!((swept.removed, swept.whole), (removed, true));
        }
        assert_eq!(platform.with_store(STORE, |rows| rows.len()), 5);
    });
}

#[test]
fn what_a_newer_release_wrote_is_left_to_it() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.run(async {
        let store = store(1, None);
        write_as_a_newer_release(&platform, &store, &consumer, &["a"], 60).await;
        let context = context(&platform);
        let read: Result<Option<String>, Problem> =
            store.get(&context, &name(&consumer, &["a"])).await;
        assert_eq!(read.expect_err("it would be lost").kind, Kind::Internal);
        assert_eq!(platform.with_store(STORE, |rows| rows.len()), 1);
    });
}

/// Writes a row in a format that this release does not know.
async fn write_as_a_newer_release(
    platform: &Memory,
    store: &Store,
    consumer: &OrganisationNumber,
    parts: &[&str],
    seconds: i64,
) {
    put(store, platform, consumer, parts, seconds).await;
    let key = store.current.name(&name(consumer, parts));
    platform.with_store(STORE, |rows| {
        let format = rows.get_mut(&key).and_then(|row| row.first_mut());
        *format.expect("a row") += 1;
    });
}

#[test]
fn a_store_that_fails_is_our_own_fault() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    platform.fail_store(STORE, true);
    platform.run(async {
        let end: Result<Option<String>, Problem> = store(1, None)
            .get(&context(&platform), &name(&consumer, &["a"]))
            .await;
        let problem = end.expect_err("failed");
        assert_eq!(problem.kind, Kind::StoreDown);
        assert!(problem.retry_after.is_some());
    });
}

#[test]
fn a_store_that_never_answers_is_not_waited_for() {
    let (platform, consumer) = (platform(), consumer(CONSUMER));
    let silent = CrashingPlatform::new(&platform, 0);
    let context = Context::new(&silent, "test", Duration::from_secs(9));
    let start = platform.uptime();
    let (store, name) = (store(1, None), name(&consumer, &["a"]));
    platform.run(async {
        let read: Result<Option<String>, Problem> = store.get(&context, &name).await;
        assert_eq!(read.expect_err("no answer").kind, Kind::StoreDown);
    });
    assert_eq!(platform.uptime().saturating_sub(start), PATIENCE);
}
