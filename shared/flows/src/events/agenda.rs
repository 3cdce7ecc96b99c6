//! Agenda: entries that say which subjects the drain has to look at.
//!
//! The store has no compare-and-set, and its keys cannot be listed cheaply. So the agenda is a fixed
//! number of slots, which are rows with known names. A writer takes a random free slot in the first
//! chunk, or, if that is crowded, in a later one. The drain reads chunks until one is empty, and one
//! further chunk in rotation, so that an entry behind an empty chunk is found too.
//!
//! An entry may be lost: two writers may take the same slot, a writer may stop before it writes, and
//! the agenda may be full. Then the expiry sweep finds the subject, because its row differs from what
//! was announced. So entries speed up, and carry nothing that is not stored elsewhere.

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

/// Slots of a chunk in which a writer looks for a free one.
const PROBES: usize = 2;

/// Slots that are read concurrently.
const AT_ONCE: usize = 16;

/// Time-to-live of an entry. The sweep finds what is older.
const REMEMBERED: time::Duration = time::Duration::days(7);

/// Interval at which the chunk in rotation changes.
const ROTATION: Duration = Duration::from_secs(30);

/// Agenda of a store, within one request.
pub(crate) struct Agenda<'a, P> {
    pub(crate) store: &'a Store,
    pub(crate) context: &'a Context<'a, P>,
    /// Default consumer of the deployment, for which the slots are named.
    pub(crate) consumer: &'a OrganisationNumber,
}

impl<P: Platform> Agenda<'_, P> {
    /// Adds an entry. Failures are logged: the entry only speeds up.
    pub(crate) async fn add<T: Serialize + DeserializeOwned>(&self, entry: &T) {
        match self.try_add(entry).await {
            Ok(true) => {}
            Ok(false) => self.context.log(&Event::new(Level::Warn, "agenda", "full")),
            Err(problem) => self.context.log(&Event::from_problem("agenda", &problem)),
        }
    }

    /// Adds an entry. Returns false if no free slot was found.
    async fn try_add<T: Serialize + DeserializeOwned>(&self, entry: &T) -> Result<bool, Problem> {
        for chunk in 0..CHUNKS {
            let mut chances = [0_u8; PROBES];
            self.context.platform.random(&mut chances);
            for chance in chances {
                let slot = chunk
                    .saturating_mul(CHUNK)
                    .saturating_add(u16::from(chance) % CHUNK);
                if self.entry::<T>(slot).await?.is_some() {
                    continue;
                }
                let number = slot.to_string();
                let until = self.context.now().saturating_add(REMEMBERED);
                self.store
                    .set(self.context, &self.name(&[&number]), entry, until)
                    .await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the entries, each with its slot.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(crate) async fn entries<T: DeserializeOwned>(&self) -> Result<Vec<(u16, T)>, Problem> {
        let mut entries = Vec::new();
        let mut chunk = 0;
        while chunk < CHUNKS {
            let found = self.chunk(chunk).await?;
            let is_empty = found.is_empty();
            entries.extend(found);
            chunk = chunk.saturating_add(1);
            if is_empty {
                break;
            }
        }
        let seconds = self.context.now().unix_timestamp().unsigned_abs();
        let turn = seconds.checked_div(ROTATION.as_secs()).unwrap_or_default();
        let further = turn.checked_rem(u64::from(CHUNKS)).unwrap_or_default();
        let further = u16::try_from(further).unwrap_or_default();
        if further >= chunk {
            entries.extend(self.chunk(further).await?);
        }
        Ok(entries)
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

    const fn name<'n>(&'n self, parts: &'n [&'n str]) -> Name<'n> {
        Name {
            consumer: self.consumer,
            kind: KIND,
            parts,
        }
    }
}
