//! Clock of the sandbox: the machine's, with an offset that tests and the admin API set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::{Duration, OffsetDateTime};

/// Clock with an offset. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

/// Returns the time from `start` to `end`, at most the longest representable duration.
pub(crate) fn between(start: OffsetDateTime, end: OffsetDateTime) -> Duration {
    let nanoseconds = end
        .unix_timestamp_nanos()
        .saturating_sub(start.unix_timestamp_nanos());
    i64::try_from(nanoseconds).map_or(Duration::MAX, Duration::nanoseconds)
}

impl Clock {
    /// Creates a clock on this machine's time whose offset is in `offset_seconds`.
    pub const fn sharing(offset_seconds: Arc<AtomicI64>) -> Self {
        Self { offset_seconds }
    }

    /// Returns the current time of the external services.
    pub fn now(&self) -> OffsetDateTime {
        let offset = Duration::seconds(self.offset_seconds.load(Ordering::SeqCst));
        OffsetDateTime::now_utc().saturating_add(offset)
    }

    /// Sets the offset from the machine's time.
    pub fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::SeqCst);
    }

    /// Returns the offset from the machine's time, in seconds.
    pub fn offset(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }
}
