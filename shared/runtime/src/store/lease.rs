//! Cross-host lease: mutual exclusion among the hosts that share a store.
//!
//! The store has no compare-and-set, so the lease uses a time-based lock (Fischer's algorithm): a
//! host that finds no holder writes its own name, waits, and holds the lease if the row still names
//! it. The algorithm requires that no host writes later than [`SETTLING`] after it read: a host
//! that took longer does not take the lease, whatever the row says.

use std::cell::RefCell;
use std::time::Duration;

use super::{Name, Store};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use serde::{Deserialize, Serialize};

/// Maximum time from the first read to the end of the write, and the pause before the second read.
const SETTLING: Duration = Duration::from_secs(1);

/// Lease, held until it is released or expires.
pub struct Lease<'a> {
    store: &'a Store,
    name: Name<'a>,
    row: Row,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Row {
    /// Random identifier of the holder.
    holder: String,
}

/// Holder of leases for the requests of one instance, which take a lease one after another. A
/// request that continues after a cancelled one waits neither for that lease to expire nor for the
/// whole settling time.
#[derive(Debug, Default)]
pub struct Holder(RefCell<Option<Claim>>);

/// Claim to the lease that an instance has written to the store.
#[derive(Clone, Debug)]
struct Claim {
    row: Row,
    /// Time of the write and time of expiry, on the platform's clock; `None` while they are not
    /// certain.
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

    /// Returns the time at which the row was written, if the lease is still valid.
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
        let mut bytes = [0; 16];
        platform.random(&mut bytes);
        let holder = format!("{:032x}", u128::from_be_bytes(bytes));
        Self { holder }
    }
}

impl<'a> Lease<'a> {
    /// Acquires the lease `what` of a deployment whose default consumer is `consumer`, for as long
    /// as the request may take; returns `None` while another holder has it.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn acquire<P: Platform>(
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
        Self::acquire_for(context, store, name, &Holder::default()).await
    }

    /// Acquires the lease `name` for `holder`, for as long as the request may take; returns `None`
    /// while another holder has it.
    pub(crate) async fn acquire_for<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        name: Name<'a>,
        holder: &Holder,
    ) -> Result<Option<Self>, Problem> {
        Self::acquire_within(context, store, name, holder, context.left(), SETTLING).await
    }

    /// Acquires the lease `name` for `time`, in whole seconds; returns `None` while another holder
    /// has it.
    ///
    /// `settling` is the maximum time from the first read to the end of the write, and the pause
    /// before the second read. It must be equal for all contenders of this lease. If the store is
    /// slower, none of them acquires it.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn acquire_briefly<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        name: Name<'a>,
        time: Duration,
        settling: Duration,
    ) -> Result<Option<Self>, Problem> {
        let holder = Holder::default();
        Self::acquire_within(context, store, name, &holder, time, settling).await
    }

    async fn acquire_within<P: Platform>(
        context: &Context<'_, P>,
        store: &'a Store,
        name: Name<'a>,
        holder: &Holder,
        time: Duration,
        settling: Duration,
    ) -> Result<Option<Self>, Problem> {
        let look = context.platform.uptime();
        let row = holder.row(context.platform);
        let lease = Self { store, name, row };
        let written = if let Some(written) = holder.written(look) {
            written
        } else {
            let there = store.get::<_, Row>(context, &lease.name).await?;
            if there.is_some_and(|row| row != lease.row) {
                return Ok(None);
            }
            lease.keep(context, time).await?;
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
        let is_ours = lease.is_ours(context).await?;
        if !is_ours {
            holder.write(None);
        }
        Ok(is_ours.then_some(lease))
    }

    /// Releases the lease that was acquired for `holder`, if it is still held.
    pub(crate) async fn release_for<P: Platform>(
        self,
        context: &Context<'_, P>,
        holder: &Holder,
    ) -> Result<(), Problem> {
        holder.write(None);
        self.release(context).await
    }

    /// Releases the lease, if it is still held.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn release<P: Platform>(self, context: &Context<'_, P>) -> Result<(), Problem> {
        if self.is_ours(context).await? {
            self.store.delete(context, &self.name).await?;
        }
        Ok(())
    }

    /// Extends the lease to `time` from now, if it is still held; no host can acquire it meanwhile.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn extend<P: Platform>(
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
    use innsyn_core::fixtures::{CONSUMER, consumer};
    use innsyn_core::party::Environment;
    use innsyn_core::platform::memory::Memory;
    use innsyn_core::platform::slow::SlowPlatform;
    use innsyn_core::secret::Secret;

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
        let acquire = async || {
            let taken = Lease::acquire(&context, &store, &consumer, "drain").await;
            taken.expect("a store that works")
        };
        platform.run(async {
            let (one, other) = join(acquire(), acquire()).await;
            assert!(one.is_some() != other.is_some());
            assert!(acquire().await.is_none());
            let lease = one.or(other).expect("one of them");
            lease.release(&context).await.expect("given back");
            assert!(acquire().await.is_some());
        });
    }

    #[test]
    fn one_that_died_has_it_no_longer_than_its_request() {
        let (platform, consumer, store) = (platform(), consumer(CONSUMER), store());
        let is_taken = async || {
            let context = Context::new(&platform, "test", TIME);
            let taken = Lease::acquire(&context, &store, &consumer, "drain").await;
            taken.expect("a store that works").is_some()
        };
        platform.run(async {
            assert!(is_taken().await);
            assert!(!is_taken().await);
            platform.advance(TIME);
            assert!(is_taken().await);
        });
    }

    /// Hosts that retry continuously, on a store that answers each call after a random delay.
    #[test]
    fn no_two_have_it_at_once_however_slow_the_store_is() {
        let mut taken = 0;
        for (seed, slowness) in (0..60).map(|seed| (seed, [20, 400, 900, 2_500][seed % 4])) {
            let (platform, consumer) = (platform(), consumer(CONSUMER));
            platform.reseed(seed as u64);
            let slow = SlowPlatform::new(&platform, Duration::from_millis(slowness));
            let (holders, most) = (Cell::new(0), Cell::new(0));
            let rounds = RefCell::new(0);
            let host = async || {
                let store = store();
                for _ in 0..6 {
                    // Long enough that a host that was too slow keeps the others away only for a
                    // part of the time.
                    let context = Context::new(&slow, "test", Duration::from_secs(30));
                    let taken = Lease::acquire(&context, &store, &consumer, "drain").await;
                    let Ok(Some(lease)) = taken else { continue };
                    holders.set(holders.get() + 1);
                    most.set(most.get().max(holders.get()));
                    slow.sleep(Duration::from_secs(5)).await;
                    holders.set(holders.get() - 1);
                    *rounds.borrow_mut() += 1;
                    lease.release(&context).await.expect("given back");
                }
            };
            platform.run(join_all((0..4).map(|_| host())));
            assert!(most.get() <= 1, "seed {seed}, up to {slowness} ms");
            taken += rounds.take();
        }
        assert!(taken > 60, "it is taken now and then: {taken}");
    }
}
