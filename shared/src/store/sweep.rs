//! Removing what has run out: once, however many hosts have a timer for it.

use std::pin::pin;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde::Serialize;

use super::turn::Turn;
use super::{Store, asked, failed, seal};
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

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Swept {
    /// Rows that had run out.
    pub removed: usize,
    /// Whether it went through the whole store. Not, if its time was up, or if it was not its turn.
    pub whole: bool,
}

impl Store {
    /// Removes every row that has run out, and counts them. Others stay, whether they open or not: a wrong key, or a
    /// newer release beside this one, costs nobody a row.
    ///
    /// It ends early when the request's time is nearly up. Each begins somewhere else, so that a store that is too large for
    /// one sweep is gone through by several.
    pub async fn sweep<P: Platform>(&self, context: &Context<'_, P>) -> Result<Swept, Problem> {
        let prefix = seal::prefix(self.name);
        let mut swept = Swept::default();
        let mut keys = context.platform.keys(self.name).await.map_err(failed)?;
        keys.retain(|key| key.starts_with(&prefix));
        let length = keys.len();
        keys.rotate_left(anywhere(context.platform, length));
        let rows = keys.iter().map(|key| self.sweep_row(context, key));
        let mut rows = pin!(stream::iter(rows).buffer_unordered(AT_ONCE));
        while let Some(removed) = rows.next().await {
            swept.removed = swept.removed.saturating_add(usize::from(removed?));
            if context.left() < RESERVE {
                return Ok(swept);
            }
        }
        swept.whole = true;
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
            let mut swept = self.sweep(context).await?;
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

/// An index below `length`; 0 where there is none.
fn anywhere(platform: &impl Platform, length: usize) -> usize {
    let mut bytes = [0; 4];
    platform.random(&mut bytes);
    let number = usize::try_from(u32::from_le_bytes(bytes)).unwrap_or_default();
    number.checked_rem(length).unwrap_or_default()
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

    #[test]
    fn a_store_too_large_for_one_is_gone_through_by_several() {
        let platform = platform();
        let row = |until: i64| {
            let seconds = platform.now().unix_timestamp() + until;
            [&[2][..], &seconds.to_be_bytes()].concat()
        };
        platform.with_store(STORE, |rows| {
            rows.extend((0..100).map(|number| (format!("{STORE}.keeps-{number}"), row(86_400))));
            rows.insert(format!("{STORE}.has-run-out"), row(-1));
        });
        // A sweep gets through a part of the rows before its time is up.
        platform.set_tick(Duration::from_millis(200));
        let has_run_out =
            |rows: &mut HashMap<String, Vec<u8>>| rows.keys().any(|key| key.ends_with("out"));
        let mut sweeps = 0;
        while platform.with_store(STORE, has_run_out) {
            let swept = sweep(&platform, Ok(0)).expect("swept");
            assert!(!swept.whole);
            sweeps += 1;
            assert!(sweeps < 1000, "it never comes to the row");
        }
        platform.with_store(STORE, |rows| assert!(rows.len() >= 100));
    }

    #[test]
    fn one_that_failed_is_made_up_for_at_once() {
        let platform = platform();
        let failed = sweep(&platform, Err(Kind::SourceDown.into()));
        assert_eq!(failed.expect_err("told").kind, Kind::SourceDown);
        assert!(sweep(&platform, Ok(0)).expect("swept").whole);
    }
}
