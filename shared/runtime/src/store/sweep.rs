//! Expiry sweep: removal of expired rows, under a cross-host lease.

use std::pin::pin;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::lease::Lease;
use super::{Name, Store, asked, seal};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;

/// Part of a request's time that the sweep leaves unused before the deadline.
const RESERVE: Duration = Duration::from_secs(1);

/// Number of rows examined concurrently: most of the time is spent on waiting for the store.
const AT_ONCE: usize = 16;

/// Minimum interval after a complete sweep. Shorter than the timers' quarter of an hour.
const REST: Duration = Duration::from_mins(10);

/// Type of the row that stores the position at which a sweep stopped.
const PLACE: &str = "sweep-place";

/// Time-to-live of the row that says where a sweep stopped. Timers sweep every quarter of an hour.
const REMEMBERED: time::Duration = time::Duration::days(1);

/// Position at which a sweep stopped.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Position {
    /// Number of keys before the position that still exist.
    passed: usize,
}

/// Row of a store, as a sweep sees it: without its name's parts.
#[derive(Clone, Copy, Debug)]
pub struct SealedRow<'a> {
    key: &'a str,
    sealed: &'a [u8],
}

/// Result of a sweep.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct SweepResult {
    /// Number of expired rows removed.
    pub removed: usize,
    /// Set if the sweep reached the end of the store; not set if its time was up or it could not
    /// take the lease.
    pub whole: bool,
}

impl Store {
    /// Removes every expired row and counts them. Other rows stay, whether they open or not: a
    /// wrong key, or a newer release beside this one, costs no row.
    ///
    /// A sweep stops early when the request's time is nearly up, and stores its position. The next
    /// sweep continues there, so that several sweeps cover a store that is too large for one. Keys
    /// come in pages, and a sweep skips the keys that earlier sweeps have examined. The position is
    /// a count of the keys before it: stores list keys in much the same order each time, and the
    /// next round finds what a change of the order makes a sweep miss.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
    ) -> Result<SweepResult, Problem> {
        self.sweep_and_visit(context, consumer, async |_| Ok(()))
            .await
    }

    /// Sweeps as [`Self::sweep`] does, and shows each row that stays to `visit`.
    async fn sweep_and_visit<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        visit: impl AsyncFn(&SealedRow<'_>) -> Result<(), Problem>,
    ) -> Result<SweepResult, Problem> {
        let prefix = seal::prefix(self.name);
        let name = Name {
            consumer,
            kind: PLACE,
            parts: &[],
        };
        let half = context.left().checked_div(2).unwrap_or_default();
        let before = self.get::<_, Position>(context, &name).await?;
        let mut to_pass = before.as_ref().map_or(0, |place| place.passed);
        let (mut place, mut swept) = (Position::default(), SweepResult::default());
        let mut pages = asked(context, context.platform.keys(self.name)).await?;
        swept.whole = 'pages: loop {
            let page = asked(context, async { pages.next().await.transpose() }).await?;
            let Some(mut keys) = page else { break true };
            keys.retain(|key| key.starts_with(&prefix));
            if context.left() < half {
                // The remaining time goes into the examination of rows, whatever the position.
                to_pass = 0;
            }
            let passed = keys.len().min(to_pass);
            to_pass = to_pass.saturating_sub(passed);
            place.passed = place.passed.saturating_add(passed);
            let rows = keys.iter().skip(passed);
            let rows = rows.map(|key| self.sweep_row(context, key, &visit));
            let mut rows = pin!(stream::iter(rows).buffered(AT_ONCE));
            while let Some(removed) = rows.next().await {
                if removed? {
                    swept.removed = swept.removed.saturating_add(1);
                } else {
                    place.passed = place.passed.saturating_add(1);
                }
                if context.left() < RESERVE {
                    break 'pages false;
                }
            }
            if context.left() < RESERVE {
                break false;
            }
        };
        if !swept.whole {
            let until = context.now().saturating_add(REMEMBERED);
            self.set(context, &name, &place, until).await?;
        } else if before.is_some() {
            self.delete(context, &name).await?;
        }
        Ok(swept)
    }

    /// Removes the row if it has expired, and returns whether it had. Shows another row to `visit`.
    async fn sweep_row<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &str,
        visit: &impl AsyncFn(&SealedRow<'_>) -> Result<(), Problem>,
    ) -> Result<bool, Problem> {
        let row = asked(context, context.platform.get(self.name, key)).await?;
        let not_after = row.as_deref().and_then(seal::not_after);
        let has_run_out = not_after.is_some_and(|not_after| not_after <= context.now());
        if has_run_out {
            asked(context, context.platform.delete(self.name, key)).await?;
        } else if let Some(sealed) = &row {
            visit(&SealedRow { key, sealed }).await?;
        }
        Ok(has_run_out)
    }

    /// Returns the value of a row of the consumer's, if it opens and has the form of `T`.
    pub fn opened<T: DeserializeOwned>(
        &self,
        consumer: &OrganisationNumber,
        row: &SealedRow<'_>,
    ) -> Option<T> {
        let opened = self
            .sealers()
            .find_map(|sealer| sealer.open(row.key, consumer, row.sealed))?;
        serde_json::from_slice(&opened.value).ok()
    }

    /// Sweeps under the lease of a deployment whose default consumer is `consumer`, and calls
    /// `also`. Does nothing while another host sweeps, or soon after a complete sweep.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the errors of `also`.
    pub async fn sweep_under_lease<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        also: impl AsyncFnOnce() -> Result<usize, Problem>,
    ) -> Result<SweepResult, Problem> {
        self.sweep_and_visit_in_turn(context, consumer, async |_| Ok(()), also)
            .await
    }

    /// Sweeps as [`Self::sweep_under_lease`] does, and shows each row that stays to `visit`, whose
    /// errors end the sweep.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the errors of `visit` and `also`.
    pub async fn sweep_and_visit_in_turn<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        visit: impl AsyncFn(&SealedRow<'_>) -> Result<(), Problem>,
        also: impl AsyncFnOnce() -> Result<usize, Problem>,
    ) -> Result<SweepResult, Problem> {
        let Some(lease) = Lease::acquire(context, self, consumer, "sweep").await? else {
            context.log(&Event::new(Level::Info, "sweep", "not-due"));
            return Ok(SweepResult::default());
        };
        let work = async || {
            let mut swept = self.sweep_and_visit(context, consumer, &visit).await?;
            let mut event = Event::new(Level::Info, "sweep", "ok");
            event.count = Some(swept.removed);
            context.log(&event);
            swept.removed = swept.removed.saturating_add(also().await?);
            Ok(swept)
        };
        let end: Result<SweepResult, Problem> = work().await;
        let over = if end.as_ref().is_ok_and(|swept| swept.whole) {
            lease.extend(context, REST).await
        } else {
            lease.release(context).await
        };
        if let Err(problem) = over {
            context.log(&Event::from_problem("sweep", &problem));
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::StoreKeys;
    use innsyn_core::fixtures::{CONSUMER, consumer, context};
    use innsyn_core::party::Environment;
    use innsyn_core::platform::memory::Memory;
    use innsyn_core::problem::Kind;
    use innsyn_core::secret::Secret;

    const STORE: &str = "consents";

    fn sweep(platform: &Memory, also: Result<usize, Problem>) -> Result<SweepResult, Problem> {
        let keys = StoreKeys {
            current: Secret::new([1; 32]),
            previous: Vec::new(),
        };
        let store = Store::new(STORE, Environment::Test, &keys);
        let consumer = consumer(CONSUMER);
        let context = context(platform);
        platform.run(store.sweep_under_lease(&context, &consumer, async || also))
    }

    fn platform() -> Memory {
        let platform = Memory::new();
        platform.add_store(STORE);
        platform
    }

    #[test]
    fn one_that_came_to_its_end_is_the_last_for_a_while() {
        let platform = platform();
        let swept = |removed, whole| Ok(SweepResult { removed, whole });
        assert_eq!(sweep(&platform, Ok(2)), swept(2, true));
        assert_eq!(sweep(&platform, Ok(2)), swept(0, false));
        platform.advance(REST);
        assert_eq!(sweep(&platform, Ok(3)), swept(3, true));
    }

    fn row(platform: &Memory, until: i64) -> Vec<u8> {
        let seconds = platform.now().unix_timestamp() + until;
        [&[2][..], &seconds.to_be_bytes()].concat()
    }

    /// Sweeps until a sweep reaches the end of the store; returns the number of sweeps and of rows
    /// removed.
    fn sweep_through(platform: &Memory) -> (usize, usize) {
        let (mut sweeps, mut removed) = (0, 0);
        loop {
            let swept = sweep(platform, Ok(0)).expect("swept");
            sweeps += 1;
            removed += swept.removed;
            if swept.whole {
                return (sweeps, removed);
            }
            assert!(sweeps < 100, "it never comes to the end");
        }
    }

    #[test]
    fn a_store_too_large_for_one_is_gone_through_by_several_without_looking_twice() {
        let platform = platform();
        platform.with_store(STORE, |rows| {
            for number in 0..100 {
                // Every fourth row has expired.
                let until = if number % 4 == 0 { -1 } else { 86_400 };
                rows.insert(format!("{STORE}.{number:03}"), row(&platform, until));
                rows.insert(format!("another.{number:03}"), row(&platform, -1));
            }
        });
        // A sweep examines a part of the rows before its time is up.
        platform.set_tick(Duration::from_millis(100));
        let first = sweep(&platform, Ok(0)).expect("swept");
        assert!(!first.whole && first.removed > 0, "{first:?}");
        let (sweeps, removed) = sweep_through(&platform);
        assert_eq!(first.removed + removed, 25);
        assert!(
            sweeps < 6,
            "each goes on where the last one stopped: {sweeps}"
        );
        let own = |rows: &mut HashMap<String, Vec<u8>>| {
            rows.keys().filter(|key| key.starts_with(STORE)).count()
        };
        // Beside the rows that have not expired there is the lease; the position row is gone.
        assert_eq!(platform.with_store(STORE, own), 76);
        platform.with_store(STORE, |rows| {
            assert_eq!(
                rows.keys().filter(|key| key.starts_with("another")).count(),
                100
            );
        });
    }

    #[test]
    fn what_two_million_rows_hold_is_found() {
        const ROWS: usize = 2_000_000;
        let platform = platform();
        let (kept, over) = (row(&platform, 86_400), row(&platform, -1));
        platform.with_store(STORE, |rows| {
            rows.extend((0..ROWS).map(|number| (format!("{STORE}.{number:07}"), kept.clone())));
            for number in [0, ROWS / 2, ROWS - 1] {
                rows.insert(format!("{STORE}.{number:07}"), over.clone());
            }
        });
        let (_, removed) = sweep_through(&platform);
        assert_eq!(removed, 3);
    }

    #[test]
    fn one_that_failed_is_made_up_for_at_once() {
        let platform = platform();
        let failed = sweep(&platform, Err(Kind::SourceDown.into()));
        assert_eq!(failed.expect_err("told").kind, Kind::SourceDown);
        assert!(sweep(&platform, Ok(0)).expect("swept").whole);
    }
}
