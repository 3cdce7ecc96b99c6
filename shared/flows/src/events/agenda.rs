//! Agenda: entries that say which subjects the drain has to look at.
//!
//! The store has no compare-and-set, and its keys cannot be listed cheaply. So the agenda is a fixed
//! number of slots, which are rows with known names. A request that changes a subject looks for a
//! free slot in four random ones of the first chunks, and no further: a customer does not wait for a
//! crowded agenda. The expiry sweep reads the agenda once and fills the slots from the beginning.
//! The drain reads the first chunk, further ones while there are entries, and one in rotation, so
//! that an entry behind an empty chunk is found too.
//!
//! An entry may be lost: two writers may take the same slot, a writer may stop before it writes, and
//! the slots may be taken. Then the expiry sweep finds the subject, because its row differs from
//! what was announced. So entries speed up, and carry nothing that is not stored elsewhere.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde::Serialize;
use serde::de::DeserializeOwned;

use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::store::{Name, Store};

const KIND: &str = "agenda";

/// Slots in a chunk.
const CHUNK: u16 = 16;

/// Chunks of an agenda.
const CHUNKS: u16 = 128;

/// Slots of an agenda.
const SLOTS: u16 = CHUNK.saturating_mul(CHUNKS);

/// Chunks in which a request enters a subject. The drain reads them all if the first has an entry.
const NEAR: u16 = 5;

/// Slots in which a request looks for a free one: the first of a range and their number, which
/// divides 256.
const PROBES: [(u16, u16); 4] = [(0, CHUNK), (0, CHUNK), (CHUNK, 64), (CHUNK, 64)];

/// Minimum time left for which a request looks at a slot, and the drain at a further chunk.
const LEAST: Duration = Duration::from_secs(2);

/// Slots that are read concurrently.
const AT_ONCE: usize = 16;

/// Time-to-live of an entry. The sweep finds what is older.
const REMEMBERED: time::Duration = time::Duration::days(7);

/// Agenda of a store, within one request.
pub(crate) struct Agenda<'a, P> {
    pub(crate) store: &'a Store,
    pub(crate) context: &'a Context<'a, P>,
    /// Consumer of the subjects.
    pub(crate) consumer: &'a OrganisationNumber,
}

/// Entries of an agenda by slot, as a sweep has read them and added to them.
pub(crate) struct AgendaSnapshot<T>(RefCell<BTreeMap<u16, T>>);

impl<T: Clone + Eq> AgendaSnapshot<T> {
    /// Returns whether each slot is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.0.borrow().len() >= usize::from(SLOTS)
    }

    /// Takes the first free slot for an entry. `None` if there is none, or an equal entry.
    fn take(&self, entry: &T) -> Option<u16> {
        let mut taken = self.0.borrow_mut();
        if taken.values().any(|other| other == entry) {
            return None;
        }
        let slot = (0..SLOTS).find(|slot| !taken.contains_key(slot))?;
        taken.insert(slot, entry.clone());
        Some(slot)
    }

    /// Replaces the entry of a slot by the one that another writer has stored there.
    fn replace(&self, slot: u16, entry: T) {
        self.0.borrow_mut().insert(slot, entry);
    }
}

impl<P: Platform> Agenda<'_, P> {
    /// Adds an entry for a request, which looks at four slots at most. Failures are logged: the
    /// entry only speeds up.
    pub(crate) async fn add<T: Serialize + DeserializeOwned>(&self, entry: &T) {
        match self.try_add(entry).await {
            Ok(true) => {}
            Ok(false) => self.context.log(&Event::new(Level::Warn, "agenda", "full")),
            Err(problem) => self.context.log(&Event::from_problem("agenda", &problem)),
        }
    }

    /// Adds an entry. Returns false if no free slot was found in time.
    async fn try_add<T: Serialize + DeserializeOwned>(&self, entry: &T) -> Result<bool, Problem> {
        let mut chances = [0_u8; PROBES.len()];
        self.context.platform.random(&mut chances);
        for ((first, number), chance) in PROBES.into_iter().zip(chances) {
            if self.context.left() < LEAST {
                break;
            }
            let offset = u16::from(chance).checked_rem(number).unwrap_or_default();
            let slot = first.saturating_add(offset);
            if self.entry::<T>(slot).await?.is_none() {
                self.set(slot, entry).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the agenda for a sweep.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn snapshot<T: DeserializeOwned>(&self) -> Result<AgendaSnapshot<T>, Problem> {
        let (entries, _) = self.first_chunks().await?;
        Ok(AgendaSnapshot(RefCell::new(entries.into_iter().collect())))
    }

    /// Adds an entry for a sweep, unless the agenda has an equal one or is full.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn add_to<T: Clone + DeserializeOwned + Eq + Serialize>(
        &self,
        snapshot: &AgendaSnapshot<T>,
        entry: &T,
    ) -> Result<(), Problem> {
        while let Some(slot) = snapshot.take(entry) {
            let Some(other) = self.entry::<T>(slot).await? else {
                self.set(slot, entry).await?;
                if snapshot.is_full() {
                    self.context.log(&Event::new(Level::Warn, "agenda", "full"));
                }
                return Ok(());
            };
            snapshot.replace(slot, other);
        }
        Ok(())
    }

    /// Returns the entries, each with its slot. `round` is the number of the drain, by which chunks
    /// take turns.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn entries<T: DeserializeOwned>(
        &self,
        round: u32,
    ) -> Result<Vec<(u16, T)>, Problem> {
        let (mut entries, next) = self.first_chunks().await?;
        let further = round.checked_rem(CHUNKS.into()).unwrap_or_default();
        let further = u16::try_from(further).unwrap_or_default();
        if further >= next {
            entries.extend(self.chunk(further).await?);
        }
        Ok(entries)
    }

    /// Returns the entries of the first chunk, of those near it if it has any, and of further ones
    /// until one is empty, with the number of the chunk that follows.
    async fn first_chunks<T: DeserializeOwned>(&self) -> Result<(Vec<(u16, T)>, u16), Problem> {
        let mut entries = self.chunk(0).await?;
        let mut next = 1;
        if entries.is_empty() {
            return Ok((entries, next));
        }
        while next < CHUNKS && self.context.left() > LEAST {
            let found = self.chunk(next).await?;
            next = next.saturating_add(1);
            if found.is_empty() && next >= NEAR {
                break;
            }
            entries.extend(found);
        }
        Ok((entries, next))
    }

    async fn chunk<T: DeserializeOwned>(&self, chunk: u16) -> Result<Vec<(u16, T)>, Problem> {
        let first = chunk.saturating_mul(CHUNK);
        let slots = first..first.saturating_add(CHUNK);
        let rows = stream::iter(slots).map(async |slot| (slot, self.entry(slot).await));
        let rows: Vec<_> = rows.buffered(AT_ONCE).collect().await;
        let mut entries = Vec::new();
        for (slot, entry) in rows {
            if let Some(entry) = entry? {
                entries.push((slot, entry));
            }
        }
        Ok(entries)
    }

    /// Removes an entry, unless another one has taken its slot.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn remove<T: DeserializeOwned + Eq>(
        &self,
        slot: u16,
        entry: &T,
    ) -> Result<(), Problem> {
        if self
            .entry::<T>(slot)
            .await?
            .is_some_and(|there| there == *entry)
        {
            let number = slot.to_string();
            self.store
                .delete(self.context, &self.name(&[&number]))
                .await?;
        }
        Ok(())
    }

    async fn entry<T: DeserializeOwned>(&self, slot: u16) -> Result<Option<T>, Problem> {
        let number = slot.to_string();
        self.store.get(self.context, &self.name(&[&number])).await
    }

    async fn set<T: Serialize>(&self, slot: u16, entry: &T) -> Result<(), Problem> {
        let number = slot.to_string();
        let until = self.context.now().saturating_add(REMEMBERED);
        self.store
            .set(self.context, &self.name(&[&number]), entry, until)
            .await
    }

    const fn name<'n>(&'n self, parts: &'n [&'n str]) -> Name<'n> {
        Name {
            consumer: self.consumer,
            kind: KIND,
            parts,
        }
    }
}
