//! Limit of calls per minute. The loopback is the only caller's address here.

use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use crate::kit::clock::between;

/// Rate limit: the start of the current minute and its number of calls.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Option<(OffsetDateTime, u32)>>);

impl Throttle {
    /// Counts a call against a limit of `most` a minute. A call over the limit fails with the
    /// waiting time, in milliseconds.
    pub(super) fn pass(&self, now: OffsetDateTime, most: u32) -> Result<(), u64> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, calls) = running
            .filter(|(since, _)| now < since.saturating_add(Duration::MINUTE))
            .unwrap_or((now, 0));
        *running = Some((since, calls.saturating_add(1)));
        if calls < most {
            return Ok(());
        }
        let left = between(now, since.saturating_add(Duration::MINUTE));
        Err(u64::try_from(left.whole_milliseconds()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_minute_has_so_many_calls() {
        let throttle = Throttle::default();
        let start = datetime!(2026-11-20 12:00 UTC);
        let after = |seconds| start + Duration::seconds(seconds);
        assert_eq!(throttle.pass(start, 2), Ok(()));
        assert_eq!(throttle.pass(after(20), 2), Ok(()));
        assert_eq!(throttle.pass(after(50), 2), Err(10_000));
        assert_eq!(throttle.pass(after(60), 2), Ok(()));
        assert_eq!(throttle.pass(after(61), 2), Ok(()));
        assert!(throttle.pass(after(61), 2).is_err());
    }
}
