//! Deadlines that do not overflow.

use std::time::Duration;

use tokio::time::Instant;

/// Longest duration, thirty years, in place of one that the clock cannot represent.
const FAR: Duration = Duration::from_hours(30 * 365 * 24);

/// Returns the moment `limit` after `start`, or the far future if that overflows.
pub(crate) fn after(start: Instant, limit: Duration) -> Instant {
    let end = start.checked_add(limit);
    end.or_else(|| start.checked_add(FAR)).unwrap_or(start)
}
