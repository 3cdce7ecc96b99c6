//! How many calls may come in a minute. There is one caller's address here, the loopback's.

use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use crate::clock::between;

/// The minute that runs, and its calls.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Option<(OffsetDateTime, u32)>>);

impl Throttle {
    /// Counts a call. One too many is told how many milliseconds to wait.
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
