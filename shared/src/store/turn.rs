//! One at a time, however many hosts share a store.
//!
//! The store has no compare-and-set, so this is a lock by time (Fischer's): who finds no holder writes itself down, waits,
//! and has the turn if it is still the one that is written down. That holds because nobody writes later than [`SETTLING`]
//! after it looked: one that took longer does not take the turn, whatever is written down.

use std::cell::RefCell;
use std::time::Duration;

use super::{Name, Store};
use crate::context::Context;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::Problem;
use serde::{Deserialize, Serialize};

/// How long it may take from the look to the end of the writing, and how long is waited before the second look.
const SETTLING: Duration = Duration::from_secs(1);

/// A turn at something, until it is given back or its time is up.
pub(crate) struct Turn<'a> {
    store: &'a Store,
    name: Name<'a>,
    row: Row,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Row {
    /// Random: whose turn it is.
    holder: String,
}

/// The requests of one instance, which take a turn one after another. One that goes on where another was cancelled does
/// not wait for that one's time to be up, nor for all of its settling.
#[derive(Debug, Default)]
pub(crate) struct Holder(RefCell<Option<Claim>>);

/// Claim to the lease that an instance has written to the store.
#[derive(Clone, Debug)]
struct Claim {
    row: Row,
    /// When it was written, and until when it holds, on the platform's clock; `None` while that is not sure.
    written: Option<(Duration, Duration)>,
}

impl Holder {
    fn row(&self, platform: &impl Platform) -> Row {
        let claim = self
            .0
            .borrow_mut()
            .get_or_insert_with(|| Claim {
                row: Row::random(platform),
                written: None,
            })
            .clone();
        claim.row
    }

    /// When the row was written, if it still holds.
    fn written(&self, now: Duration) -> Option<Duration> {
        let claim = self.0.borrow();
        let (written, until) = claim.as_ref()?.written?;
        (now < until).then_some(written)
    }

    fn write(&self, written: Option<(Duration, Duration)>) {
        if let Some(claim) = self.0.borrow_mut().as_mut() {
            claim.written = written;
        }
    }
}

impl Row {
    fn random(platform: &impl Platform) -> Self {
        let mut chance = [0; 16];
        platform.random(&mut chance);
        let holder = format!("{:032x}", u128::from_be_bytes(chance));
        Self { holder }
    }
}

impl<'a> Turn<'a> {
    /// Takes the turn at `what` for a deployment whose first consumer is `consumer`, for as long as the request may take;
    /// `None` while another has it.
    pub(crate) async fn take<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        consumer: &'a OrganisationNumber,
        what: &'static str,
    ) -> Result<Option<Self>, Problem> {
        let name = Name {
            consumer,
            kind: what,
            parts: &[],
        };
        Self::take_for(context, store, name, &Holder::default()).await
    }

    /// Takes the turn that is called `name` for `holder`, for as long as the request may take; `None` while another has it.
    pub(crate) async fn take_for<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        name: Name<'a>,
        holder: &Holder,
    ) -> Result<Option<Self>, Problem> {
        Self::take_within(context, store, name, holder, context.left(), SETTLING).await
    }

    /// Takes the turn that is called `name` for `time`, in whole seconds; `None` while another has it.
    ///
    /// `settling` is how long it may take from the look to the end of the writing, and how long is waited before the second
    /// look: the same for all that are after this turn. Where the store is slower than that, nobody has it.
    pub(crate) async fn take_briefly<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        name: Name<'a>,
        time: Duration,
        settling: Duration,
    ) -> Result<Option<Self>, Problem> {
        let holder = Holder::default();
        Self::take_within(context, store, name, &holder, time, settling).await
    }

    async fn take_within<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        name: Name<'a>,
        holder: &Holder,
        time: Duration,
        settling: Duration,
    ) -> Result<Option<Self>, Problem> {
        let look = context.platform.uptime();
        let row = holder.row(context.platform);
        let turn = Self { store, name, row };
        let written = if let Some(written) = holder.written(look) {
            written
        } else {
            let there = store.get::<_, Row>(context, &turn.name).await?;
            if there.is_some_and(|row| row != turn.row) {
                return Ok(None);
            }
            turn.keep(context, time).await?;
            let written = context.platform.uptime();
            if written.saturating_sub(look) > settling {
                return Ok(None);
            }
            holder.write(Some((written, look.saturating_add(time))));
            written
        };
        let settled = written.saturating_add(settling);
        let rest = settled.saturating_sub(context.platform.uptime());
        context.platform.sleep(rest).await;
        let is_ours = turn.is_ours(context).await?;
        if !is_ours {
            holder.write(None);
        }
        Ok(is_ours.then_some(turn))
    }

    /// Gives back what was taken for `holder`, if it is still ours.
    pub(crate) async fn give_back_for<P: Platform>(
        self,
        context: &Context<'_, P>,
        holder: &Holder,
    ) -> Result<(), Problem> {
        holder.write(None);
        self.give_back(context).await
    }

    /// Gives it back, if it is still ours.
    pub(crate) async fn give_back<P: Platform>(
        self,
        context: &Context<'_, P>,
    ) -> Result<(), Problem> {
        if self.is_ours(context).await? {
            self.store.delete(context, &self.name).await?;
        }
        Ok(())
    }

    /// Keeps it from everybody for `time`, if it is still ours.
    pub(crate) async fn rest<P: Platform>(
        self,
        context: &Context<'_, P>,
        time: Duration,
    ) -> Result<(), Problem> {
        if self.is_ours(context).await? {
            self.keep(context, time).await?;
        }
        Ok(())
    }

    async fn keep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        time: Duration,
    ) -> Result<(), Problem> {
        let time = time::Duration::try_from(time).unwrap_or(time::Duration::MAX);
        let until = context.now().saturating_add(time);
        self.store.set(context, &self.name, &self.row, until).await
    }

    async fn is_ours<P: Platform>(&self, context: &Context<'_, P>) -> Result<bool, Problem> {
        let row: Option<Row> = self.store.get(context, &self.name).await?;
        Ok(row.is_some_and(|row| row == self.row))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures::future::{join, join_all};

    use super::*;
    use crate::config::StoreKeys;
    use crate::fixtures::{CONSUMER, consumer};
    use crate::party::Environment;
    use crate::platform::memory::Memory;
    use crate::platform::slow::Slow;
    use crate::secret::Secret;

    const STORE: &str = "jobs";
    const TIME: Duration = Duration::from_secs(9);

    fn store() -> Store {
        let keys = StoreKeys {
            current: Secret::new([1; 32]),
            previous: Vec::new(),
        };
        Store::new(STORE, Environment::Test, &keys)
    }

    fn platform() -> Memory {
        let platform = Memory::new();
        platform.add_store(STORE);
        platform
    }

    #[test]
    fn of_two_at_once_one_has_it_until_it_is_given_back() {
        let (platform, consumer, store) = (platform(), consumer(CONSUMER), store());
        let context = Context::new(&platform, "test", TIME);
        let take = async || {
            let taken = Turn::take(&context, &store, &consumer, "drain").await;
            taken.expect("a store that works")
        };
        platform.run(async {
            let (one, other) = join(take(), take()).await;
            assert!(one.is_some() != other.is_some());
            assert!(take().await.is_none());
            let turn = one.or(other).expect("one of them");
            turn.give_back(&context).await.expect("given back");
            assert!(take().await.is_some());
        });
    }

    #[test]
    fn one_that_died_has_it_no_longer_than_its_request() {
        let (platform, consumer, store) = (platform(), consumer(CONSUMER), store());
        let is_taken = async || {
            let context = Context::new(&platform, "test", TIME);
            let taken = Turn::take(&context, &store, &consumer, "drain").await;
            taken.expect("a store that works").is_some()
        };
        platform.run(async {
            assert!(is_taken().await);
            assert!(!is_taken().await);
            platform.advance(TIME);
            assert!(is_taken().await);
        });
    }

    /// Hosts that try again and again, on a store whose every answer takes as long as it likes.
    #[test]
    fn no_two_have_it_at_once_however_slow_the_store_is() {
        let mut taken = 0;
        for (seed, slowness) in (0..60).map(|seed| (seed, [20, 400, 900, 2_500][seed % 4])) {
            let (platform, consumer) = (platform(), consumer(CONSUMER));
            platform.reseed(seed as u64);
            let slow = Slow::new(&platform, Duration::from_millis(slowness));
            let (holders, most) = (Cell::new(0), Cell::new(0));
            let turns = RefCell::new(0);
            let host = async || {
                let store = store();
                for _ in 0..6 {
                    // Long enough for a host that was too slow to keep the others away for some of the time.
                    let context = Context::new(&slow, "test", Duration::from_secs(30));
                    let taken = Turn::take(&context, &store, &consumer, "drain").await;
                    let Ok(Some(turn)) = taken else { continue };
                    holders.set(holders.get() + 1);
                    most.set(most.get().max(holders.get()));
                    slow.sleep(Duration::from_secs(5)).await;
                    holders.set(holders.get() - 1);
                    *turns.borrow_mut() += 1;
                    turn.give_back(&context).await.expect("given back");
                }
            };
            platform.run(join_all((0..4).map(|_| host())));
            assert!(most.get() <= 1, "seed {seed}, up to {slowness} ms");
            taken += turns.take();
        }
        assert!(taken > 60, "it is taken now and then: {taken}");
    }
}
