//! Platform that crashes, for tests of the state that a crash leaves behind.

use std::cell::Cell;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::future::{Either, select};
use time::OffsetDateTime;

use super::memory::Memory;
use super::{Keys, Limits, Platform, Request, SendError, StoreError, Stream, VariableError};

/// Platform that stops permanently before a given step.
pub struct CrashingPlatform<'a> {
    platform: &'a Memory,
    steps: Cell<u32>,
    is_dead: Cell<bool>,
}

impl<'a> CrashingPlatform<'a> {
    /// Creates a platform that stops after this many steps: calls, and uses of a store.
    pub const fn new(platform: &'a Memory, steps: u32) -> Self {
        Self {
            platform,
            steps: Cell::new(steps),
            is_dead: Cell::new(false),
        }
    }

    async fn step(&self) {
        if let Some(left) = self.steps.get().checked_sub(1) {
            self.steps.set(left);
        } else {
            self.is_dead.set(true);
            std::future::pending::<()>().await;
        }
    }
}

impl Platform for CrashingPlatform<'_> {
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
        self.step().await;
        self.platform.open(request, limits).await
    }

    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.step().await;
        self.platform.get(store, key).await
    }

    async fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.step().await;
        self.platform.set(store, key, value).await
    }

    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError> {
        self.step().await;
        self.platform.delete(store, key).await
    }

    async fn keys(&self, store: &str) -> Result<Keys, StoreError> {
        self.step().await;
        self.platform.keys(store).await
    }
}

/// Runs `work` on `crashing` and returns whether it completed before the platform stopped.
pub fn survives<T>(crashing: &CrashingPlatform<'_>, work: impl Future<Output = T>) -> bool {
    let death = std::future::poll_fn(|_| {
        if crashing.is_dead.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    let (work, death) = (pin!(work), pin!(death));
    matches!(crashing.platform.run(select(work, death)), Either::Left(_))
}
