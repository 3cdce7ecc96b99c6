//! Cache of a vault's answers with single-flight: concurrent readings of a variable share one
//! request, also in a burst of new instances. Values are wiped from memory when they expire, and no
//! type here has `Debug`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::lock::locked;
use crate::options::Options;

/// Longest time-to-live of a cached failure: a recovered vault is asked soon.
const FAILURE: Duration = Duration::from_secs(1);

/// Answer: the value, nothing, or a failure's text without any value.
type Answer = Result<Option<String>, String>;

/// Answers by the name of the variable.
pub(super) struct Cache(Arc<SharedCache>);

struct SharedCache {
    lifetime: Duration,
    clock: Clock,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_name: HashMap<String, Entry>,
    /// A task that removes expired answers is running.
    is_swept: bool,
}

/// Entry of the cache, locked during the request to the provider (single-flight). A waiter finds
/// the answer, or asks itself if the request before it was cancelled.
type Entry = Arc<AsyncMutex<Option<CachedAnswer>>>;

struct CachedAnswer {
    answer: Result<Option<Zeroizing<String>>, String>,
    since: i128,
}

/// Clock of the process with the guests' offset, in milliseconds.
struct Clock {
    start: Instant,
    offset: Arc<AtomicI64>,
}

impl Cache {
    pub(super) fn new(options: &Options) -> Self {
        Self(Arc::new(SharedCache {
            lifetime: options.vault_cache,
            clock: Clock {
                start: Instant::now(),
                offset: options.clock_offset.clone(),
            },
            entries: Mutex::default(),
        }))
    }

    /// Returns the cached answer, or else the one of `ask`.
    pub(super) async fn get(&self, name: &str, ask: impl Future<Output = Answer>) -> Answer {
        let answers = &self.0;
        if answers.lifetime.is_zero() {
            return ask.await;
        }
        let entry = {
            let mut entries = locked(&answers.entries);
            entries.by_name.entry(name.to_owned()).or_default().clone()
        };
        let mut kept = entry.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| answers.is_fresh(kept)) {
            return kept.copy();
        }
        let answer = ask.await;
        *kept = Some(CachedAnswer {
            answer: answer.clone().map(|value| value.map(Zeroizing::new)),
            since: answers.clock.now(),
        });
        answers.have_swept();
        answer
    }
}

impl SharedCache {
    fn is_fresh(&self, kept: &CachedAnswer) -> bool {
        let lifetime = match kept.answer {
            Ok(_) => self.lifetime,
            Err(_) => self.lifetime.min(FAILURE),
        };
        let age = self.clock.now().saturating_sub(kept.since);
        // A clock that was moved back extends no lifetime.
        u128::try_from(age).is_ok_and(|age| age < lifetime.as_millis())
    }

    fn have_swept(self: &Arc<Self>) {
        let mut entries = locked(&self.entries);
        if !std::mem::replace(&mut entries.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.lifetime));
        }
    }

    /// Removes expired answers. Returns true if nothing is left.
    fn sweep(&self) -> bool {
        let mut entries = locked(&self.entries);
        entries.by_name.retain(|_, entry| match entry.try_lock() {
            Ok(kept) => kept.as_ref().is_some_and(|kept| self.is_fresh(kept)),
            // A request is in progress.
            Err(_) => true,
        });
        entries.is_swept = !entries.by_name.is_empty();
        !entries.is_swept
    }
}

/// Removes expired answers until nothing is left.
async fn sweep(answers: Weak<SharedCache>, lifetime: Duration) {
    loop {
        sleep(lifetime).await;
        match answers.upgrade() {
            Some(answers) if !answers.sweep() => {}
            _ => return,
        }
    }
}

impl CachedAnswer {
    fn copy(&self) -> Answer {
        match &self.answer {
            Ok(value) => Ok(value.as_ref().map(|value| value.to_string())),
            Err(reason) => Err(reason.clone()),
        }
    }
}

impl Clock {
    fn now(&self) -> i128 {
        let offset = i128::from(self.offset.load(Ordering::Relaxed)).saturating_mul(1000);
        let passed = i128::try_from(self.start.elapsed().as_millis()).unwrap_or(i128::MAX);
        passed.saturating_add(offset)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures::FutureExt as _;
    use futures::future::join_all;
    use tokio::sync::Semaphore;
    use tokio::task::yield_now;

    use super::*;

    fn cache(lifetime: Duration) -> (Cache, Arc<AtomicI64>) {
        let mut options = Options::new("spin.toml");
        options.vault_cache = lifetime;
        (Cache::new(&options), options.clock_offset)
    }

    async fn ask(asked: &AtomicUsize, answer: Result<&str, &str>) -> Answer {
        yield_now().await;
        let count = asked.fetch_add(1, Ordering::SeqCst);
        answer
            .map(|text| Some(format!("{text} {count}")))
            .map_err(str::to_owned)
    }

    #[tokio::test]
    async fn an_answer_is_used_for_its_time_and_a_failure_for_less() {
        let (cache, offset) = cache(Duration::from_secs(5));
        let asked = AtomicUsize::new(0);
        let good = async |name| cache.get(name, ask(&asked, Ok("value"))).await;
        assert_eq!(good("a").await, Ok(Some("value 0".to_owned())));
        assert_eq!(good("b").await, Ok(Some("value 1".to_owned())));
        offset.store(4, Ordering::Relaxed);
        assert_eq!(good("a").await, Ok(Some("value 0".to_owned())));
        offset.store(5, Ordering::Relaxed);
        assert_eq!(good("a").await, Ok(Some("value 2".to_owned())));
        offset.store(0, Ordering::Relaxed);
        assert_eq!(good("a").await, Ok(Some("value 3".to_owned())));

        let failed = cache.get("c", ask(&asked, Err("down"))).await;
        assert_eq!(
            (failed, good("c").await),
            (Err("down".to_owned()), Err("down".to_owned()))
        );
        offset.store(1, Ordering::Relaxed);
        assert_eq!(good("c").await, Ok(Some("value 5".to_owned())));
    }

    #[tokio::test]
    async fn a_burst_asks_once_and_goes_on_when_the_one_that_asks_gives_up() {
        let (cache, _) = cache(Duration::from_secs(5));
        let (asked, gate) = (AtomicUsize::new(0), Semaphore::new(0));
        let slowly = || async {
            let answer = ask(&asked, Ok("value"));
            _ = gate.acquire().await;
            answer.await
        };
        {
            let mut first = std::pin::pin!(cache.get("a", slowly()));
            assert!(first.as_mut().now_or_never().is_none());
        }
        let burst = join_all((0..50).map(|_| cache.get("a", slowly())));
        let (answers, ()) = tokio::join!(burst, async {
            yield_now().await;
            gate.add_permits(1);
        });
        let expected = Ok(Some("value 0".to_owned()));
        assert!(
            answers.iter().all(|answer| *answer == expected),
            "{answers:?}"
        );
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_is_over_is_removed() {
        let (cache, offset) = cache(Duration::from_mins(10));
        let asked = AtomicUsize::new(0);
        cache.get("a", ask(&asked, Ok("value"))).await.unwrap();
        assert!(!cache.0.sweep());
        assert_eq!(locked(&cache.0.entries).by_name.len(), 1);
        offset.store(600, Ordering::Relaxed);
        assert!(cache.0.sweep());
        assert!(locked(&cache.0.entries).by_name.is_empty());
    }

    #[tokio::test]
    async fn without_a_lifetime_each_reading_asks() {
        let (cache, _) = cache(Duration::ZERO);
        let asked = AtomicUsize::new(0);
        for _ in 0..2 {
            cache.get("a", ask(&asked, Ok("value"))).await.unwrap();
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(locked(&cache.0.entries).by_name.is_empty());
    }
}
