//! Sealed key-value storage: nobody who sees a store learns what is in it, nor can they swap two rows.
//!
//! A row's name is a keyed hash of what it is about. Its value is sealed with XChaCha20-Poly1305, and
//! the name, the store, the environment, the consumer, the format and the hour at which it runs out are the
//! seal's associated data.

mod seal;
mod sweep;
#[cfg(test)]
mod tests;
mod turn;

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::config::StoreKeys;
use crate::context::Context;
use crate::log::{Event, Level};
use crate::party::{Environment, OrganisationNumber};
use crate::platform::{Platform, StoreError};
use crate::problem::{Kind, Problem};
use crate::secret::Secret;
use seal::{Opened, Sealer};

pub use sweep::Swept;
pub(crate) use turn::{Holder, Turn};

/// How long a row's read or write may take. Our own host gives up before, and knows more of why.
const PATIENCE: Duration = Duration::from_secs(3);

/// After how many seconds a caller may try again: a server that was restarted is there by then.
const RETRY_AFTER: u64 = 5;

/// What a row is about. All of it goes into the row's name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// Whose row it is.
    pub consumer: &'a OrganisationNumber,
    /// What kind of row, such as `consent`. Kinds never meet.
    pub kind: &'static str,
    /// What tells it from others of its kind. The parts may be personal or secret.
    pub parts: &'a [&'a str],
}

/// One store with its keys.
#[derive(Debug)]
pub struct Store {
    name: &'static str,
    current: Sealer,
    /// Under these rows are found too.
    others: Vec<Sealer>,
}

impl Store {
    /// The platform's store `name`, sealed with `keys`.
    pub fn new(name: &'static str, environment: Environment, keys: &StoreKeys) -> Self {
        let sealer = |key| Sealer::new(name, environment, key);
        Self {
            name,
            current: sealer(&keys.current),
            // The current one among them would have each row deleted as soon as it is written.
            others: keys
                .previous
                .iter()
                .filter(|key| key.expose() != keys.current.expose())
                .map(sealer)
                .collect(),
        }
    }

    /// The platform's store `name`, sealed with one key that has no predecessor.
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

    /// The row called `name`, if it is there, opens and has not run out.
    ///
    /// A row that does not open is logged and treated as absent, so that whoever asks makes a new one. One that a newer
    /// release wrote is an error: it would be lost.
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

    /// Keeps `value` under `name` until `not_after`, in place of what was there.
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

    /// Removes the row called `name`; no error if it is not there.
    pub async fn delete<P: Platform>(
        &self,
        context: &Context<'_, P>,
        name: &Name<'_>,
    ) -> Result<(), Problem> {
        let key = self.current.name(name);
        asked(context, context.platform.delete(self.name, &key)).await?;
        self.delete_others(context, name).await
    }

    /// Returns a keyed hash of `name`, under which nothing is stored: the same in each instance that has the same key.
    pub(crate) fn keyed_hash(&self, name: &Name<'_>) -> [u8; 32] {
        self.current.hash(name)
    }

    fn sealers(&self) -> impl Iterator<Item = &Sealer> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// A row that opens but is not of the expected form was written by another version: it is made anew.
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

    /// While keys are changed, what was written under another one must not come back.
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

/// What the store answers, if it answers in time.
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
