//! Sealed key-value storage by authenticated encryption: access to a store reveals no contents, and
//! rows cannot be swapped.
//!
//! The name of a row is a keyed hash of its subject. The value is sealed with XChaCha20-Poly1305.
//! The associated data of the seal are the name, the store, the environment, the consumer, the
//! format and the hour at which the row expires.

mod lease;
mod seal;
mod sweep;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::config::StoreKeys;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::{Environment, OrganisationNumber};
use innsyn_core::platform::{Platform, StoreError};
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use seal::{Opened, Sealer};

pub use lease::{Holder, Lease};
pub use sweep::{SealedRow, SweepResult};

/// Timeout of a read or write of a row. The product's own host gives up earlier, with a more
/// specific reason.
const PATIENCE: Duration = Duration::from_secs(3);

/// `Retry-After` while the store is down, in seconds: a restarted server is available by then.
const RETRY_AFTER: u64 = 5;

/// Identity of a row. All of it is hashed into the row's name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// Consumer that owns the row.
    pub consumer: &'a OrganisationNumber,
    /// Type of the row, such as `consent`. Rows of different types never collide.
    pub kind: &'static str,
    /// Parts that distinguish the row from others of its type. They may be personal or secret.
    pub parts: &'a [&'a str],
}

/// Sealed store with its keys.
#[derive(Debug)]
pub struct Store {
    name: &'static str,
    current: Sealer,
    /// Sealers of further keys, under which rows are also found.
    others: Vec<Sealer>,
}

impl Store {
    /// Opens the platform's store `name`, sealed with `keys`.
    pub fn new(name: &'static str, environment: Environment, keys: &StoreKeys) -> Self {
        let sealer = |key| Sealer::new(name, environment, key);
        Self {
            name,
            current: sealer(&keys.current),
            // With the current key among them, each row would be deleted as soon as it is written.
            others: keys
                .previous
                .iter()
                .filter(|key| key.expose() != keys.current.expose())
                .map(sealer)
                .collect(),
        }
    }

    /// Opens the platform's store `name`, sealed with one key that has no predecessor.
    pub(crate) fn with_one_key(
        name: &'static str,
        environment: Environment,
        key: &Secret<[u8; 32]>,
    ) -> Self {
        Self {
            name,
            current: Sealer::new(name, environment, key),
            others: Vec::new(),
        }
    }

    /// Returns the row `name`, if it exists, opens and has not expired.
    ///
    /// A row that does not open is logged and treated as absent, so that the caller creates a new
    /// one. A row of a newer release is an error, since it would be lost.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails or does not respond in time, and `Kind::Internal` for a
    /// row of a newer release.
    pub async fn get<P: Platform, T: DeserializeOwned>(
        &self,
        context: &Context<'_, P>,
        name: &Name<'_>,
    ) -> Result<Option<T>, Problem> {
        for sealer in self.sealers() {
            let key = sealer.name(name);
            let Some(row) = asked(context, context.platform.get(self.name, &key)).await? else {
                continue;
            };
            match sealer.open(&key, name.consumer, &row) {
                Some(opened) if opened.not_after > context.now() => {
                    return Ok(Self::read(context, &opened));
                }
                Some(_) => asked(context, context.platform.delete(self.name, &key)).await?,
                None if seal::is_newer(&row) => {
                    return Err(Problem::new(Kind::Internal).cause("a newer release wrote the row"));
                }
                None => context.log(&refused("the row does not open under its name")),
            }
        }
        Ok(None)
    }

    /// Stores `value` under `name` until `not_after`, and replaces an existing row.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and `Kind::Internal` if the value cannot be sealed.
    pub async fn set<P: Platform, T: Serialize>(
        &self,
        context: &Context<'_, P>,
        name: &Name<'_>,
        value: &T,
        not_after: OffsetDateTime,
    ) -> Result<(), Problem> {
        let key = self.current.name(name);
        let row = self
            .current
            .seal(context.platform, &key, name.consumer, value, not_after)
            .ok_or_else(|| Problem::new(Kind::Internal).cause("the row could not be sealed"))?;
        asked(context, context.platform.set(self.name, &key, &row)).await?;
        self.delete_others(context, name).await
    }

    /// Deletes the row `name`; succeeds if it does not exist.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn delete<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: &Name<'_>,
    ) -> Result<(), Problem> {
        let key = self.current.name(name);
        asked(context, context.platform.delete(self.name, &key)).await?;
        self.delete_others(context, name).await
    }

    /// Returns a keyed hash of `name`, under which nothing is stored. It is equal in all instances
    /// that have the same key.
    pub(crate) fn keyed_hash(&self, name: &Name<'_>) -> [u8; 32] {
        self.current.hash(name)
    }

    fn sealers(&self) -> impl Iterator<Item = &Sealer> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// Deserialises a row. A row of another form was written by another version and counts as
    /// absent.
    fn read<P: Platform, T: DeserializeOwned>(
        context: &Context<'_, P>,
        opened: &Opened,
    ) -> Option<T> {
        let value = serde_json::from_slice(&opened.value).ok();
        if value.is_none() {
            context.log(&refused("the row is of another form"));
        }
        value
    }

    /// Deletes the rows under other keys, so that they do not reappear during a key rotation.
    async fn delete_others<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: &Name<'_>,
    ) -> Result<(), Problem> {
        for other in &self.others {
            let key = other.name(name);
            asked(context, context.platform.delete(self.name, &key)).await?;
        }
        Ok(())
    }
}

/// Returns the store's response, if it arrives in time.
async fn asked<P: Platform, T>(
    context: &Context<'_, P>,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Problem> {
    let end = pin!(context.platform.sleep(PATIENCE));
    match select(pin!(work), end).await {
        Either::Left((answer, _)) => answer.map_err(failed),
        Either::Right(_) => Err(down().cause("the store does not answer")),
    }
}

fn failed(error: StoreError) -> Problem {
    down().cause(error)
}

fn down() -> Problem {
    let mut problem = Problem::new(Kind::StoreDown);
    problem.retry_after = Some(RETRY_AFTER);
    problem
}

fn refused(cause: &str) -> Event {
    Event::new(Level::Error, "record", "refused").cause(cause)
}
