//! Platform with slow stores, for tests of concurrency.

use std::cell::Cell;
use std::time::Duration;

use time::OffsetDateTime;

use super::memory::Memory;
use super::{Keys, Limits, Platform, Request, SendError, StoreError, Stream, VariableError};

/// Platform that delays about half of the uses of a store by a random time, up to a maximum.
pub struct SlowPlatform<'a> {
    platform: &'a Memory,
    longest: Duration,
    /// Number of uses of a store that are still not delayed.
    quick: Cell<u32>,
}

impl<'a> SlowPlatform<'a> {
    /// Creates a platform whose stores answer after at most `longest`.
    pub const fn new(platform: &'a Memory, longest: Duration) -> Self {
        Self {
            platform,
            longest,
            quick: Cell::new(0),
        }
    }

    /// Returns the platform with stores that become slow only after this many uses.
    #[must_use]
    pub fn after(self, quick: u32) -> Self {
        self.quick.set(quick);
        self
    }

    async fn later<T>(&self, act: impl Future<Output = T>) -> T {
        if let Some(left) = self.quick.get().checked_sub(1) {
            self.quick.set(left);
            return act.await;
        }
        let mut chance = [0; 2];
        self.platform.random(&mut chance);
        let [is_slow, time] = chance;
        if is_slow % 2 == 1 {
            self.platform
                .sleep(
                    self.longest
                        .saturating_mul(time.into())
                        .checked_div(255)
                        .unwrap_or_default(),
                )
                .await;
        }
        act.await
    }
}

impl Platform for SlowPlatform<'_> {
    fn now(&self) -> OffsetDateTime {
        self.platform.now()
    }

    fn uptime(&self) -> Duration {
        self.platform.uptime()
    }

    fn random(&self, bytes: &mut [u8]) {
        self.platform.random(bytes);
    }

    fn log(&self, line: &str) {
        self.platform.log(line);
    }

    async fn sleep(&self, duration: Duration) {
        self.platform.sleep(duration).await;
    }

    async fn variable(&self, name: &str) -> Result<Option<String>, VariableError> {
        self.platform.variable(name).await
    }

    async fn open(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Stream>, SendError> {
        self.platform.open(request, limits).await
    }

    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.later(self.platform.get(store, key)).await
    }

    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.later(self.platform.set(store, key, value)).await
    }

    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError> {
        self.later(self.platform.delete(store, key)).await
    }

    async fn keys(&self, store: &str) -> Result<Keys, StoreError> {
        self.later(self.platform.keys(store)).await
    }
}
