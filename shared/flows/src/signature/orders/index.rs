//! Slots: rows that hold the ids of jobs, by the hour of the order and by reference.
//!
//! The store cannot list rows by prefix and has no compare-and-set. So the rows of a list are
//! numbered, and a slot is acquired with the algorithm of the leases: an order that finds a free slot
//! writes its id, waits, and owns the slot if the row still has that id.
//!
//! The slots of an hour expire together, so the taken ones have no gaps, and the first free one is
//! found by doubling and halving. The slots of a reference expire with their jobs.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use time::OffsetDateTime;

use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::reference::Reference;
use innsyn_runtime::store::Store;

use crate::signature::order_request::invalid;
use crate::signature::rows::{Rows, name};

/// Longest time that a write may take to reach the store, and the wait of each order.
const SETTLING: Duration = Duration::from_millis(300);

/// Maximum time for which an order tries to acquire a slot.
const PATIENCE: Duration = Duration::from_secs(15);

/// `Retry-After` for an order that got no slot, in seconds.
const RETRY_AFTER: u64 = 5;

/// Retention of the slots of an hour after its end.
const KEPT: time::Duration = time::Duration::days(90);

/// Maximum number of jobs with the same reference.
pub(super) const MOST_OF_REFERENCE: u32 = 32;

/// Slots that are read concurrently.
pub(super) const AT_ONCE: usize = 16;

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// List of jobs of one consumer.
#[derive(Clone, Copy)]
pub(super) enum List<'a> {
    /// Jobs ordered within an hour, counted from 1970.
    Hour(u32),
    /// Jobs with a reference.
    Reference(&'a Reference),
}

/// Outcome of an attempt to acquire a slot.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Acquisition {
    Acquired,
    /// Another order has it.
    Taken,
    /// The store was too slow to tell. The id was written.
    TooSlow,
}

/// Returns the hour of a time, counted from 1970.
pub(super) fn hour_at(time: OffsetDateTime) -> u32 {
    let hours = time.unix_timestamp().div_euclid(HOUR);
    u32::try_from(hours).unwrap_or_default()
}

impl<P: Platform> Rows<'_, P> {
    /// Returns the id in a slot.
    pub(super) async fn slot(
        &self,
        consumer: &OrganisationNumber,
        list: List<'_>,
        number: u32,
    ) -> Result<Option<String>, Problem> {
        let number = number.to_string();
        let (kind, key) = list.named();
        let parts = [key.as_str(), number.as_str()];
        self.store
            .get(self.context, &name(consumer, kind, &parts))
            .await
    }

    /// Acquires a slot for the job `id` among the orders of this hour.
    pub(in crate::signature) async fn acquire_in_hour(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<u32, Problem> {
        let hour = hour_at(now);
        let end = i64::from(hour).saturating_add(1).saturating_mul(HOUR);
        let end = OffsetDateTime::from_unix_timestamp(end).unwrap_or(now);
        let until = end.saturating_add(KEPT);
        let trying = self.context.within(PATIENCE);
        let mut number = self.first_free(consumer, List::Hour(hour)).await?;
        while !trying.left().is_zero() {
            let list = List::Hour(hour);
            let acquired = self.acquire(consumer, list, number, id, until).await?;
            if acquired == Acquisition::Acquired {
                return Ok(number);
            }
            number = number.saturating_add(1);
        }
        Err(no_slot())
    }

    /// Acquires a slot for the job `id` among those with its reference.
    pub(in crate::signature) async fn acquire_in_reference(
        &self,
        consumer: &OrganisationNumber,
        reference: &Reference,
        id: &str,
        until: OffsetDateTime,
    ) -> Result<u32, Problem> {
        let list = List::Reference(reference);
        for (number, taken) in self.slots(consumer, list, 0..MOST_OF_REFERENCE).await? {
            if taken.is_some_and(|there| there != id) {
                continue;
            }
            match self.acquire(consumer, list, number, id, until).await? {
                Acquisition::Acquired => return Ok(number),
                Acquisition::Taken => {}
                // The next one would take as long, and there are few.
                Acquisition::TooSlow => {
                    self.release_reference(consumer, reference, number).await?;
                    return Err(no_slot());
                }
            }
        }
        Err(invalid(&format!(
            "{MOST_OF_REFERENCE} jobs have this reference already"
        )))
    }

    /// Releases a slot under a reference, whose order was not placed. The slot in its hour stays,
    /// since the slots of an hour have no gaps.
    pub(in crate::signature) async fn release_reference(
        &self,
        consumer: &OrganisationNumber,
        reference: &Reference,
        number: u32,
    ) -> Result<(), Problem> {
        let number = number.to_string();
        let (kind, key) = List::Reference(reference).named();
        let parts = [key.as_str(), number.as_str()];
        let name = name(consumer, kind, &parts);
        self.store.delete(self.context, &name).await
    }

    /// Returns these slots with the ids in them.
    pub(super) async fn slots(
        &self,
        consumer: &OrganisationNumber,
        list: List<'_>,
        numbers: std::ops::Range<u32>,
    ) -> Result<Vec<(u32, Option<String>)>, Problem> {
        let read = stream::iter(numbers)
            .map(async |number| (number, self.slot(consumer, list, number).await));
        let read: Vec<_> = read.buffered(AT_ONCE).collect().await;
        let slots = read.into_iter().map(|(number, id)| Ok((number, id?)));
        slots.collect()
    }

    /// Returns the first of these hours that has orders.
    pub(super) async fn first_hour(
        &self,
        consumer: &OrganisationNumber,
        hours: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, Problem> {
        let read = stream::iter(hours)
            .map(async |hour| (hour, self.slot(consumer, List::Hour(hour), 0).await));
        let mut read = std::pin::pin!(read.buffered(AT_ONCE));
        while let Some((hour, id)) = read.next().await {
            if id?.is_some() {
                return Ok(Some(hour));
            }
        }
        Ok(None)
    }

    /// Returns the number of the first free slot of a list without gaps, by doubling and halving.
    async fn first_free(
        &self,
        consumer: &OrganisationNumber,
        list: List<'_>,
    ) -> Result<u32, Problem> {
        let (mut low, mut high) = (0_u32, 0_u32);
        while self.slot(consumer, list, high).await?.is_some() {
            low = high.saturating_add(1);
            high = high.saturating_mul(2).saturating_add(1);
        }
        while low < high {
            let middle = low.midpoint(high);
            if self.slot(consumer, list, middle).await?.is_some() {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Acquires a slot, if it is free.
    async fn acquire(
        &self,
        consumer: &OrganisationNumber,
        list: List<'_>,
        number: u32,
        id: &str,
        until: OffsetDateTime,
    ) -> Result<Acquisition, Problem> {
        let (context, store): (&Context<'_, P>, &Store) = (self.context, self.store);
        let look = context.platform.uptime();
        let there = self.slot(consumer, list, number).await?;
        // An earlier attempt of the same order may have stopped here.
        if there.is_some_and(|there| there != id) {
            return Ok(Acquisition::Taken);
        }
        let text = number.to_string();
        let (kind, key) = list.named();
        let parts = [key.as_str(), text.as_str()];
        let name = name(consumer, kind, &parts);
        store.set(context, &name, &id, until).await?;
        let written = context.platform.uptime();
        if written.saturating_sub(look) > SETTLING {
            return Ok(Acquisition::TooSlow);
        }
        context.platform.sleep(SETTLING).await;
        let there = self.slot(consumer, list, number).await?;
        Ok(if there.as_deref() == Some(id) {
            Acquisition::Acquired
        } else {
            Acquisition::Taken
        })
    }
}

fn no_slot() -> Problem {
    let mut problem = Problem::new(Kind::TooManyCalls)
        .cause("the order got no slot: too many orders at once, or a slow store");
    problem.retry_after = Some(RETRY_AFTER);
    problem
}

impl List<'_> {
    /// Returns the kind of the rows, and the part of their names that tells lists apart.
    fn named(self) -> (&'static str, String) {
        match self {
            Self::Hour(hour) => ("order-hour", hour.to_string()),
            Self::Reference(reference) => ("order-reference", reference.as_str().to_owned()),
        }
    }
}
