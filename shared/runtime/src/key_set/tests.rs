use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

use futures::future::{Either, join_all, select};
use serde_json::json;

use crate::fixtures::key_sets;
use crate::key_set::*;
use crate::outbound::RetryPolicy;
use innsyn_core::fixtures::{LOGIN_KEY, context};
use innsyn_core::platform::SendError;
use innsyn_core::platform::memory::Memory;
use innsyn_protocols::jose::Algorithm;

const ADDRESS: &str = "https://login.example/jwks";
const STORE: &str = "keys";

const CALL: Endpoint = Endpoint {
    counterparty: "login",
    timeout: Duration::from_secs(3),
    max_body: 64 * 1024,
    retry: RetryPolicy::OnDisconnect(2),
};

const LIFETIMES: Lifetimes = Lifetimes {
    fresh: Duration::from_mins(10),
    unreachable: Duration::from_hours(1),
};

/// Login service that can rotate its keys and stop responding.
#[derive(Clone, Default)]
struct Login {
    key: Rc<RefCell<String>>,
    is_down: Rc<Cell<bool>>,
    /// Times of the requests.
    asked: Rc<RefCell<Vec<Duration>>>,
}

impl Login {
    fn install(platform: &Rc<Memory>) -> Self {
        let login = Self::default();
        login.rotate("one");
        platform.add_store(STORE);
        let (answering, clock) = (login.clone(), Rc::downgrade(platform));
        platform.respond(move |_| {
            let now = clock.upgrade().expect("a platform").uptime();
            answering.asked.borrow_mut().push(now);
            if answering.is_down.get() {
                return Err(SendError::TimedOut(Duration::from_secs(3)));
            }
            let keys =
                json!({"keys": [LOGIN_KEY.jwk(&answering.key.borrow()), LOGIN_KEY.jwk("always")]});
            Ok(http::Response::new(Bytes::from(keys.to_string())))
        });
        login
    }

    fn rotate(&self, key: &str) {
        key.clone_into(&mut self.key.borrow_mut());
    }

    fn asked(&self) -> usize {
        self.asked.borrow().len()
    }

    /// Returns the shortest interval between two requests.
    fn shortest(&self) -> Duration {
        let asked = self.asked.borrow();
        let pairs = asked.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        pairs.min().unwrap_or(Duration::MAX)
    }
}

fn instance() -> KeySet {
    let location = KeySetLocation::Address(ADDRESS.to_owned());
    KeySet::new(location, CALL, LIFETIMES, &key_sets())
}

fn platform_with_login() -> (Rc<Memory>, Login) {
    let platform = Rc::new(Memory::new());
    platform.set_latency(Duration::from_millis(50));
    let login = Login::install(&platform);
    (platform, login)
}

/// Returns whether the instance has the key, or the kind of the problem if it cannot tell.
async fn has(instance: &KeySet, platform: &Memory, name: &str) -> Result<bool, Kind> {
    let selector = Selector {
        algorithm: Algorithm::Rs256,
        name: Some(name.to_owned()),
    };
    let found = instance.find(&context(platform), &selector).await;
    found
        .map(|found| found.is_ok())
        .map_err(|problem| problem.kind)
}

#[test]
fn a_burst_of_new_instances_asks_once() {
    let (platform, login) = platform_with_login();
    let instances: Vec<_> = (0..20).map(|_| instance()).collect();
    let ask = |instance| has(instance, &platform, "one");
    let ends = platform.run(join_all(instances.iter().map(ask)));
    assert_eq!(ends, [Ok(true); 20]);
    assert_eq!(login.asked(), 1);
    let later = instance();
    assert_eq!(platform.run(has(&later, &platform, "one")), Ok(true));
    assert_eq!(login.asked(), 1, "a new instance takes what is there");
}

#[test]
fn an_instance_that_has_the_key_does_not_use_the_store() {
    let (platform, _login) = platform_with_login();
    let instance = instance();
    assert_eq!(platform.run(has(&instance, &platform, "one")), Ok(true));
    platform.fail_store(STORE, true);
    let lines = platform.lines().len();
    assert_eq!(platform.run(has(&instance, &platform, "one")), Ok(true));
    assert_eq!(platform.lines().len(), lines);
}

/// Simulates strangers who keep requesting invented keys, and cancel after `patience` if it is set.
async fn strangers(instances: &[KeySet], platform: &Memory, patience: Option<Duration>) {
    let stranger = async |number: usize| {
        for round in 0_u64.. {
            let instance = &instances[number % instances.len()];
            let name = format!("made-up-{number}-{round}");
            let question = pin!(has(instance, platform, &name));
            let hangs_up = async {
                match patience {
                    Some(patience) => platform.sleep(patience).await,
                    None => std::future::pending().await,
                }
            };
            select(question, pin!(hangs_up)).await;
            let pause = 40_u64.saturating_add(number as u64 * 7);
            platform.sleep(Duration::from_millis(pause)).await;
        }
    };
    join_all((0..9).map(stranger)).await;
}

#[test]
fn a_rotation_is_accepted_within_ten_seconds_whatever_strangers_send() {
    let most = Duration::from_secs(10);
    for (patience, at_least) in [
        (None, Duration::from_secs(5)),
        // Cancelled requests cannot block the others; a fetch that they break off may be repeated
        // earlier.
        (Some(Duration::from_millis(30)), CANCELLED_PAUSE),
        (Some(Duration::from_millis(700)), CANCELLED_PAUSE),
    ] {
        for delay in [0, 1_300, 2_900, 4_100, 6_000] {
            let (platform, login) = platform_with_login();
            let instances: Vec<_> = (0..3).map(|_| instance()).collect();
            let platform = &*platform;
            let customers = async {
                for instance in &instances {
                    assert_eq!(has(instance, platform, "one").await, Ok(true));
                }
                platform.sleep(Duration::from_millis(delay)).await;
                login.rotate("two");
                let rotated = platform.uptime();
                for instance in &instances {
                    while has(instance, platform, "two").await != Ok(true) {
                        platform.sleep(Duration::from_millis(100)).await;
                    }
                    let took = platform.uptime().saturating_sub(rotated);
                    assert!(took <= most, "{took:?} after {delay} ms, {patience:?}");
                    assert_eq!(has(instance, platform, "always").await, Ok(true));
                }
            };
            let strangers = pin!(strangers(&instances, platform, patience));
            platform.run(async {
                let Either::Left(_) = select(pin!(customers), strangers).await else {
                    panic!("strangers never end");
                };
            });
            let shortest = login.shortest();
            assert!(
                shortest >= at_least,
                "{shortest:?} after {delay} ms, {patience:?}"
            );
        }
    }
}

#[test]
fn a_withdrawn_key_is_accepted_for_ten_minutes_at_most() {
    let (platform, login) = platform_with_login();
    let (one, other) = (instance(), instance());
    for instance in [&one, &other] {
        assert_eq!(platform.run(has(instance, &platform, "one")), Ok(true));
    }
    login.rotate("two");
    platform.advance(Duration::from_mins(10));
    for instance in [&one, &other] {
        assert_eq!(platform.run(has(instance, &platform, "one")), Ok(false));
    }
    assert_eq!(login.asked(), 2);
}

#[test]
fn the_set_is_renewed_ahead_of_time_by_one_request_while_the_others_go_on() {
    let (platform, login) = platform_with_login();
    let instances: Vec<_> = (0..5).map(|_| instance()).collect();
    let all = || {
        let ask = |instance| has(instance, &platform, "always");
        platform.run(join_all(instances.iter().chain(&instances).map(ask)))
    };
    all();
    platform.advance(Duration::from_mins(6));
    assert_eq!(all(), [Ok(true); 10]);
    assert_eq!(login.asked(), 2);
    platform.advance(Duration::from_mins(5));
    assert_eq!(all(), [Ok(true); 10]);
    assert_eq!(login.asked(), 3, "renewed again, and never too old");
}

#[test]
fn while_the_login_service_is_away_its_keys_hold_for_an_hour() {
    let (platform, login) = platform_with_login();
    let (one, new) = (instance(), instance());
    assert_eq!(platform.run(has(&one, &platform, "one")), Ok(true));
    login.is_down.set(true);
    for minutes in [4, 10, 45] {
        let before = login.asked();
        platform.advance(Duration::from_mins(minutes));
        for instance in [&one, &new] {
            assert_eq!(platform.run(has(instance, &platform, "one")), Ok(true));
        }
        assert!(
            login.asked() <= before + 2,
            "one look, and at most one more"
        );
    }
    platform.advance(Duration::from_mins(2));
    for instance in [&one, &new] {
        let end = platform.run(has(instance, &platform, "one"));
        assert!(
            matches!(end, Err(Kind::SourceSlow | Kind::SourceDown)),
            "{end:?}"
        );
    }
    assert!(login.shortest() >= Duration::from_secs(5));
    login.is_down.set(false);
    platform.advance(Duration::from_secs(6));
    assert_eq!(platform.run(has(&new, &platform, "one")), Ok(true));
}

#[test]
fn instances_without_keys_ask_a_silent_login_service_no_more_often() {
    let (platform, login) = platform_with_login();
    login.is_down.set(true);
    let instances: Vec<_> = (0..8).map(|_| instance()).collect();
    platform.run(async {
        while platform.uptime() < Duration::from_secs(30) {
            let ask = |instance| has(instance, &platform, "one");
            let ends = join_all(instances.iter().map(ask)).await;
            assert!(ends.iter().all(Result::is_err));
            platform.sleep(Duration::from_millis(500)).await;
        }
    });
    assert!(
        login.shortest() >= Duration::from_secs(5),
        "{:?}",
        login.asked
    );
    assert!(login.asked() >= 3, "it is asked again");
}

#[test]
fn a_store_that_fails_refuses_nobody() {
    let (platform, login) = platform_with_login();
    platform.fail_store(STORE, true);
    let (one, other) = (instance(), instance());
    for instance in [&one, &other] {
        assert_eq!(platform.run(has(instance, &platform, "one")), Ok(true));
    }
    assert_eq!(login.asked(), 2, "each for itself");
    for _ in 0..3 {
        platform.advance(Duration::from_secs(1));
        assert_eq!(platform.run(has(&one, &platform, "made-up")), Ok(false));
    }
    assert_eq!(login.asked(), 2, "and as seldom");
    platform.advance(Duration::from_secs(2));
    login.rotate("two");
    assert_eq!(platform.run(has(&one, &platform, "two")), Ok(true));
    platform.fail_store(STORE, false);
    let new = instance();
    assert_eq!(platform.run(has(&new, &platform, "two")), Ok(true));
}

#[test]
fn the_row_is_sealed_and_one_that_was_changed_is_made_anew() {
    let (platform, login) = platform_with_login();
    platform
        .run(has(&instance(), &platform, "one"))
        .expect("there");
    platform.with_store(STORE, |rows| {
        assert_eq!(rows.len(), 1, "the lease is given back");
        for (name, row) in rows {
            for text in [name.as_bytes(), row] {
                let text = String::from_utf8_lossy(text);
                assert!(
                    !text.contains("kid") && !text.contains("login.example"),
                    "{text}"
                );
            }
            *row.last_mut().expect("a byte") ^= 1;
        }
    });
    assert_eq!(platform.run(has(&instance(), &platform, "one")), Ok(true));
    assert_eq!(login.asked(), 2);
}

#[test]
fn what_another_clock_says_of_the_future_counts_for_nothing() {
    let (platform, login) = platform_with_login();
    platform.shift(time::Duration::hours(2));
    platform
        .run(has(&instance(), &platform, "one"))
        .expect("there");
    platform.shift(time::Duration::hours(-2));
    login.rotate("two");
    let new = instance();
    assert_eq!(platform.run(has(&new, &platform, "one")), Ok(false));
    assert_eq!(platform.run(has(&new, &platform, "two")), Ok(true));
}
