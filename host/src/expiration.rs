//! Deadline of an instance: how long it may be idle, and how long its requests may take.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use wasmtime_wasi_http::handler::{WorkerExpiration, WorkerStatus};

use crate::deadline::after;
use crate::instances::Slots;
use crate::options::Limits;

/// Extra time after the time limit before an instance is dropped, so that its requests are answered
/// first.
const AFTER_THE_ANSWER: Duration = Duration::from_millis(100);

/// Longest idle time of an instance while requests wait for a place, and the interval at which an
/// idle instance looks for such requests.
const IDLE_IN_DEMAND: Duration = Duration::from_secs(1);

/// Deadline at which an instance is dropped. Its timer may fire early, and is then set anew: setting
/// it for each request would cost more.
pub(crate) struct Expiration {
    idle: Duration,
    busy: Duration,
    places: Arc<Slots>,
    sleep: Pin<Box<Sleep>>,
}

impl Expiration {
    pub(crate) fn new(limits: &Limits, places: Arc<Slots>) -> Self {
        Self {
            idle: limits.idle_instance_timeout,
            busy: limits.request_timeout.saturating_add(AFTER_THE_ANSWER),
            places,
            sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }

    /// Returns the time limit, and the longest time until the limit is looked up again.
    fn limit(&self, status: WorkerStatus, now: Instant) -> (Duration, Duration) {
        match status {
            WorkerStatus::Idle if self.places.are_wanted(now) => {
                (self.idle.min(IDLE_IN_DEMAND), IDLE_IN_DEMAND)
            }
            WorkerStatus::Idle => (self.idle, IDLE_IN_DEMAND),
            WorkerStatus::Requests | WorkerStatus::PostReturn => (self.busy, self.busy),
        }
    }
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        loop {
            let now = Instant::now();
            let (limit, look) = self.limit(status, now);
            let left = limit.saturating_sub(now.saturating_duration_since(since));
            if left.is_zero() {
                return Poll::Ready(());
            }
            let next = after(now.into(), left.min(look));
            if self.sleep.is_elapsed() || self.sleep.deadline() > next {
                self.sleep.as_mut().reset(next);
            }
            ready!(self.sleep.as_mut().poll(context));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_idle_instance_gives_way_to_requests_that_wait() {
        let limits = Limits {
            instances: 1,
            ..Limits::default()
        };
        let places = Slots::new(&limits);
        let expiration = Expiration::new(&limits, places.clone());
        let idle = |now| expiration.limit(WorkerStatus::Idle, now).0;
        let busy = |now| expiration.limit(WorkerStatus::Requests, now).0;
        let own = places.take("claims").unwrap();
        assert_eq!(idle(Instant::now()), limits.idle_instance_timeout);
        assert!(places.take("claims").is_err());
        let refused = Instant::now();
        assert_eq!(idle(refused), IDLE_IN_DEMAND);
        assert!(busy(refused) > limits.request_timeout);
        let later = refused.checked_add(Duration::from_secs(1)).unwrap();
        assert_eq!(idle(later), limits.idle_instance_timeout);
        drop(own);
    }
}
