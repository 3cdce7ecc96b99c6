use futures::future::join_all;

use super::*;
use crate::config::StoreKeys;
use innsyn_core::fixtures::{CONSUMER, SECOND_CONSUMER, consumer};
use innsyn_core::party::Environment;
use innsyn_core::platform::memory::Memory;

const STORE: &str = "jobs";
const TIME: Duration = Duration::from_mins(1);

fn platform() -> Memory {
    let platform = Memory::new();
    platform.add_store(STORE);
    platform
}

fn store() -> Store {
    let keys = StoreKeys {
        current: Secret::new([1; 32]),
        previous: Vec::new(),
    };
    Store::new(STORE, Environment::Test, &keys)
}

fn key(text: &str) -> Key {
    let key = Key::read(Some(&format!("\"{text}\"")));
    key.expect("a key").expect("one")
}

fn asked(text: &str) -> Fingerprint {
    Fingerprint::from_parts(&[text.as_bytes()])
}

/// Runs a request to its end and returns its id.
async fn done(
    platform: &Memory,
    of: (&str, &str, &'static str, &str),
    asked_for: &str,
    kept: bool,
) -> Result<[u8; 16], Kind> {
    let (organisation, subject, route, key_text) = of;
    let (store, consumer) = (store(), consumer(organisation));
    let (subject, key) = (Secret::new(subject.to_owned()), key(key_text));
    let context = Context::new(platform, "test", TIME);
    let entry = Entry::new(&store, &consumer, &subject, route, &key);
    let running = entry.begin(&context, &asked(asked_for)).await;
    let running = running.map_err(|problem| problem.kind)?;
    let id = running.id(0);
    running.end(&context, kept).await;
    Ok(id)
}

const OF: (&str, &str, &str, &str) = (CONSUMER, "kari", "POST /x", "k");

#[test]
fn a_key_is_a_string_in_quotes() {
    for (value, text) in [
        (
            r#""8e03978e-40d5-43dd-bc93-6894a57f9324""#,
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
        ),
        (r#" "a" "#, "a"),
        (r#""a b~!""#, "a b~!"),
        (r#""\"\\""#, r#""\"#),
    ] {
        let key = Key::read(Some(value)).expect("a key").expect("one");
        assert_eq!(key.0.expose(), text);
    }
    assert!(Key::read(None).expect("none").is_none());
    let longest = "a".repeat(LONGEST);
    assert!(Key::read(Some(&format!("\"{longest}\""))).is_ok());
    for value in [
        "",
        "\"",
        "\"\"",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "'a'",
        r#""a"#,
        r#"a""#,
        r#""a"b""#,
        r#""a";x=1"#,
        r#""a", "b""#,
        r#""a\n""#,
        r#""a\""#,
        "\"a\tb\"",
        "\"å\"",
        &format!("\"{longest}a\""),
        r#""17897432161""#,
        r#""order 178974 32161""#,
    ] {
        let problem = Key::read(Some(value)).expect_err(value);
        assert_eq!(problem.kind, Kind::RequestInvalid);
        assert!(!format!("{problem:?}").contains("1789"), "{problem:?}");
    }
}

#[test]
fn the_same_request_has_the_same_id_for_a_day() {
    let platform = platform();
    let run = |kept| platform.run(done(&platform, OF, "a", kept));
    let id = run(true).expect("the first");
    platform.shift(time::Duration::hours(23));
    assert_eq!(run(true), Ok(id));
    platform.shift(time::Duration::hours(2));
    assert_ne!(run(true), Ok(id));
    assert!(run(true).is_ok());
}

#[test]
fn another_request_with_the_key_is_refused() {
    let platform = platform();
    platform
        .run(done(&platform, OF, "a", true))
        .expect("the first");
    let end = platform.run(done(&platform, OF, "b", true));
    assert_eq!(end, Err(Kind::IdempotencyKeyReused));
    assert!(platform.run(done(&platform, OF, "a", true)).is_ok());
}

#[test]
fn a_request_without_effect_leaves_the_key_free() {
    let platform = platform();
    platform
        .run(done(&platform, OF, "a", false))
        .expect("the first");
    let end = platform.run(done(&platform, OF, "b", true));
    assert!(end.is_ok(), "another");
}

#[test]
fn a_key_is_its_customers_consumers_and_routes() {
    let platform = platform();
    let (organisation, subject, route, key) = OF;
    let id = platform.run(done(&platform, OF, "a", true));
    let id = id.expect("the first");
    for other in [
        (SECOND_CONSUMER, subject, route, key),
        (organisation, "ola", route, key),
        (organisation, subject, "POST /y", key),
        (organisation, subject, route, "l"),
    ] {
        let own = platform.run(done(&platform, other, "b", true));
        assert_ne!(own.expect("own"), id, "{other:?}");
    }
}

#[test]
fn of_many_at_once_one_is_at_work() {
    let platform = platform();
    let ends = platform.run(join_all((0..20).map(|_| done(&platform, OF, "a", true))));
    let begun = ends.iter().filter(|end| end.is_ok()).count();
    assert_eq!(begun, 1, "{ends:?}");
    let busy = Err(Kind::RequestInProgress);
    assert_eq!(ends.iter().filter(|end| **end == busy).count(), 19);
}

#[test]
fn one_that_died_keeps_others_away_no_longer_than_its_time() {
    let platform = platform();
    let (store, consumer) = (store(), consumer(CONSUMER));
    let (subject, key) = (Secret::new("kari".to_owned()), key("k"));
    let context = Context::new(&platform, "test", TIME);
    let entry = Entry::new(&store, &consumer, &subject, "POST /x", &key);
    let died = platform
        .run(entry.begin(&context, &asked("a")))
        .expect("begun");
    let id = died.id(0);
    drop(died);
    let again = || platform.run(done(&platform, OF, "a", true));
    assert_eq!(again(), Err(Kind::RequestInProgress));
    platform.advance(TIME);
    assert_eq!(again(), Ok(id));
}

#[test]
fn nothing_of_it_is_named_in_the_store_or_logged() {
    let platform = platform();
    platform
        .run(done(
            &platform,
            (CONSUMER, "kari", "POST /x", "sesame"),
            "a",
            true,
        ))
        .expect("done");
    let mut texts = platform.lines();
    platform.with_store(STORE, |rows| {
        for (name, row) in rows {
            texts.push(name.clone());
            texts.push(String::from_utf8_lossy(row).into_owned());
        }
    });
    assert!(
        texts
            .iter()
            .all(|text| !text.contains("sesame") && !text.contains("kari"))
    );
}
