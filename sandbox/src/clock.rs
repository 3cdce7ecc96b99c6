//! The sandbox's time: the machine's, moved by an offset that tests and the admin address set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::{Duration, OffsetDateTime};

/// A clock that can be moved. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

/// The time from `start` to `end`; the longest that can be said, where it is longer.
pub(crate) fn between(start: OffsetDateTime, end: OffsetDateTime) -> Duration {
    let nanoseconds = end
        .unix_timestamp_nanos()
        .saturating_sub(start.unix_timestamp_nanos());
    i64::try_from(nanoseconds).map_or(Duration::MAX, Duration::nanoseconds)
}

impl Clock {
    /// A clock on this machine's time whose offset is kept in `offset_seconds`.
    pub const fn sharing(offset_seconds: Arc<AtomicI64>) -> Self {
        Self { offset_seconds }
    }

    /// Now, as the counterparties see it.
    pub fn now(&self) -> OffsetDateTime {
        let offset = Duration::seconds(self.offset_seconds.load(Ordering::SeqCst));
        OffsetDateTime::now_utc().saturating_add(offset)
    }

    /// Sets the offset from the machine's time.
    pub fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::SeqCst);
    }

    /// The offset from the machine's time, in seconds.
    pub fn offset(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }
}
