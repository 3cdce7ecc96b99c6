//! Removing what has run out: once, however many hosts have a timer for it.

use std::pin::pin;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::turn::Turn;
use super::{Name, Store, asked, seal};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::Problem;

/// The sweep stops this long before the request's deadline.
const RESERVE: Duration = Duration::from_secs(1);

/// How many rows are looked at together: most of the time goes into waiting for the store.
const AT_ONCE: usize = 16;

/// No other sweep begins for this long after one that came to its end. Shorter than the timers' quarter of an hour.
const REST: Duration = Duration::from_mins(10);

/// The kind of the row that says where a sweep stopped.
const PLACE: &str = "sweep-place";

/// Time-to-live of the row that says where a sweep stopped. Timers sweep every quarter of an hour.
const REMEMBERED: time::Duration = time::Duration::days(1);

/// Position at which a sweep stopped.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Place {
    /// Number of keys before the position that still exist.
    passed: usize,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Swept {
    /// Rows that had run out.
    pub removed: usize,
    /// Set if the sweep reached the end of the store; not set if its time was up or it could not take the lease.
    pub whole: bool,
}

impl Store {
    /// Removes every row that has run out, and counts them. Others stay, whether they open or not: a wrong key, or a
    /// newer release beside this one, costs nobody a row.
    ///
    /// Stops early when the request's time is nearly up, and stores its position: the next sweep continues there, so
    /// that several sweeps cover a store that is too large for one. Keys come in pages, and a sweep skips the keys that
    /// earlier sweeps have examined. The position is a count of the keys before it: stores list keys in much the same
    /// order each time, and the next round finds what a change of the order makes a sweep miss.
    pub async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
    ) -> Result<Swept, Problem> {
        let prefix = seal::prefix(self.name);
        let name = Name {
            consumer,
            kind: PLACE,
            parts: &[],
        };
        let half = context.left().checked_div(2).unwrap_or_default();
        let before = self.get::<_, Place>(context, &name).await?;
        let mut to_pass = before.as_ref().map_or(0, |place| place.passed);
        let (mut place, mut swept) = (Place::default(), Swept::default());
        let mut pages = asked(context, context.platform.keys(self.name)).await?;
        swept.whole = 'pages: loop {
            let page = asked(context, async { pages.next().await.transpose() }).await?;
            let Some(mut keys) = page else { break true };
            keys.retain(|key| key.starts_with(&prefix));
            if context.left() < half {
                // The rest of the time is for looking, wherever that is.
                to_pass = 0;
            }
            let passed = keys.len().min(to_pass);
            to_pass = to_pass.saturating_sub(passed);
            place.passed = place.passed.saturating_add(passed);
            let rows = keys.iter().skip(passed);
            let rows = rows.map(|key| self.sweep_row(context, key));
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

    /// Whether the row had run out, and so was removed.
    async fn sweep_row<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &str,
    ) -> Result<bool, Problem> {
        let row = asked(context, context.platform.get(self.name, key)).await?;
        let not_after = row.as_deref().and_then(seal::not_after);
        let has_run_out = not_after.is_some_and(|not_after| not_after <= context.now());
        if has_run_out {
            asked(context, context.platform.delete(self.name, key)).await?;
        }
        Ok(has_run_out)
    }

    /// The same for a deployment whose first consumer is `consumer`, together with what else is to be swept: not while
    /// another host is at it, and not soon after it was done.
    pub async fn sweep_in_turn<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        also: impl AsyncFnOnce() -> Result<usize, Problem>,
    ) -> Result<Swept, Problem> {
        let Some(turn) = Turn::take(context, self, consumer, "sweep").await? else {
            context.log(&Event::new(Level::Info, "sweep", "not-due"));
            return Ok(Swept::default());
        };
        let work = async || {
            let mut swept = self.sweep(context, consumer).await?;
            let mut event = Event::new(Level::Info, "sweep", "ok");
            event.count = Some(swept.removed);
            context.log(&event);
            swept.removed = swept.removed.saturating_add(also().await?);
            Ok(swept)
        };
        let end: Result<Swept, Problem> = work().await;
        let over = if end.as_ref().is_ok_and(|swept| swept.whole) {
            turn.rest(context, REST).await
        } else {
            turn.give_back(context).await
        };
        if let Err(problem) = over {
            context.log(&Event::of("sweep", &problem));
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::StoreKeys;
    use crate::fixtures::{CONSUMER, consumer, context};
    use crate::party::Environment;
    use crate::platform::memory::Memory;
    use crate::problem::Kind;
    use crate::secret::Secret;

    const STORE: &str = "consents";

    fn sweep(platform: &Memory, also: Result<usize, Problem>) -> Result<Swept, Problem> {
        let keys = StoreKeys {
            current: Secret::new([1; 32]),
            previous: Vec::new(),
        };
        let store = Store::new(STORE, Environment::Test, &keys);
        let consumer = consumer(CONSUMER);
        let context = context(platform);
        platform.run(store.sweep_in_turn(&context, &consumer, async || also))
    }

    fn platform() -> Memory {
        let platform = Memory::new();
        platform.add_store(STORE);
        platform
    }

    #[test]
    fn one_that_came_to_its_end_is_the_last_for_a_while() {
        let platform = platform();
        let swept = |removed, whole| Ok(Swept { removed, whole });
        assert_eq!(sweep(&platform, Ok(2)), swept(2, true));
        assert_eq!(sweep(&platform, Ok(2)), swept(0, false));
        platform.advance(REST);
        assert_eq!(sweep(&platform, Ok(3)), swept(3, true));
    }

    fn row(platform: &Memory, until: i64) -> Vec<u8> {
        let seconds = platform.now().unix_timestamp() + until;
        [&[2][..], &seconds.to_be_bytes()].concat()
    }

    /// Sweeps until one comes to the end of the store; how many that were, and how many rows they removed.
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
                // Every fourth has run out.
                let until = if number % 4 == 0 { -1 } else { 86_400 };
                rows.insert(format!("{STORE}.{number:03}"), row(&platform, until));
                rows.insert(format!("another.{number:03}"), row(&platform, -1));
            }
        });
        // A sweep gets through a part of the rows before its time is up.
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
        // Beside those that have not run out there is the turn, and no place any more.
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
