//! The row in which the instances of a deployment share a key set, and the lease for fetching it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Lifetimes;
use super::jwk::Jwk;
use crate::config::KeySetStore;
use crate::context::Context;
use crate::log::Event;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::store::{Holder, Name, Store, Turn};

/// The platform's store for key sets.
const STORE: &str = "keys";

const ROW: &str = "key-set";
const LEASE: &str = "key-set-lease";

/// The deployment fetches a set at most once in this time, whether it succeeds or not.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(5);

/// Clocks of several hosts may differ by this much. A row of a later time says nothing about its age.
const LEEWAY: Duration = Duration::from_secs(10);

/// The sealed row of one key set.
#[derive(Debug)]
pub(super) struct SharedSet {
    store: Store,
    consumer: OrganisationNumber,
    address: String,
    holder: Holder,
}

/// The set as the deployment knows it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Row {
    /// The keys as they were published.
    keys: Vec<String>,
    /// When the fetch that gave them began, in Unix seconds.
    fetched_at: i64,
    /// When the last fetch began. Later than `fetched_at`, that fetch has failed.
    tried_at: i64,
}

impl SharedSet {
    /// The row of the set at `address`.
    pub(super) fn new(address: String, settings: &KeySetStore) -> Self {
        Self {
            store: Store::with_one_key(STORE, settings.environment, &settings.key),
            consumer: settings.consumer.clone(),
            address,
            holder: Holder::default(),
        }
    }

    /// Reads the row; the default one where there is none.
    pub(super) async fn read<P: Platform>(&self, context: &Context<'_, P>) -> Result<Row, Problem> {
        let parts = [self.address.as_str()];
        let row = self.store.get(context, &self.name(ROW, &parts)).await?;
        Ok(row.unwrap_or_default())
    }

    /// Writes the row, for as long as it is of any use.
    pub(super) async fn write<P: Platform>(
        &self,
        context: &Context<'_, P>,
        row: &Row,
        lifetimes: Lifetimes,
    ) -> Result<(), Problem> {
        let useful = moment(row.fetched_at).saturating_add(duration(lifetimes.unreachable));
        let tried = moment(row.tried_at).saturating_add(duration(COOL_DOWN));
        let parts = [self.address.as_str()];
        let name = self.name(ROW, &parts);
        self.store.set(context, &name, row, useful.max(tried)).await
    }

    /// Runs `fetch` under the lease; `None` while another instance holds it. A lease that is not given back runs out.
    pub(super) async fn lead<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        fetch: impl AsyncFnOnce() -> T,
    ) -> Result<Option<T>, Problem> {
        let parts = [self.address.as_str()];
        let name = self.name(LEASE, &parts);
        let Some(turn) = Turn::take_for(context, &self.store, name, &self.holder).await? else {
            return Ok(None);
        };
        let end = fetch().await;
        if let Err(problem) = turn.give_back_for(context, &self.holder).await {
            context.log(&Event::of("key-set", &problem));
        }
        Ok(Some(end))
    }

    const fn name<'a>(&'a self, kind: &'static str, parts: &'a [&'a str]) -> Name<'a> {
        Name {
            consumer: &self.consumer,
            kind,
            parts,
        }
    }
}

impl Row {
    /// The row after a fetch that began at `start`: with the new keys, or with those of `self` where it failed.
    pub(super) fn after(self, start: OffsetDateTime, fetched: Option<&[Jwk]>) -> Self {
        let tried_at = start.unix_timestamp();
        match fetched {
            Some(keys) => Self {
                keys: keys.iter().map(|key| key.json.clone()).collect(),
                fetched_at: tried_at,
                tried_at,
            },
            None => Self { tried_at, ..self },
        }
    }

    /// The keys that can be read.
    pub(super) fn keys(&self) -> Vec<Jwk> {
        self.keys.iter().filter_map(|key| Jwk::read(key)).collect()
    }

    /// When the keys were fetched; `None` where they never were.
    pub(super) fn fetched(&self) -> Option<OffsetDateTime> {
        (self.fetched_at > 0).then(|| moment(self.fetched_at))
    }

    /// Returns whether the last fetch failed.
    pub(super) const fn has_failed(&self) -> bool {
        self.tried_at > self.fetched_at
    }

    /// Returns whether the deployment has fetched the set, or tried to, within the cool-down.
    pub(super) fn is_recent(&self, now: OffsetDateTime) -> bool {
        // Whole seconds: one more makes sure of the last.
        age(moment(self.tried_at), now).is_some_and(|age| age <= COOL_DOWN)
    }
}

/// Returns the age of `moment`; `None` if it is so far ahead that one of the clocks was wrong.
pub(super) fn age(moment: OffsetDateTime, now: OffsetDateTime) -> Option<Duration> {
    let seconds = now.unix_timestamp().saturating_sub(moment.unix_timestamp());
    let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or_default();
    (seconds >= leeway.saturating_neg())
        .then(|| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// Returns whether `moment` was less than `pause` ago. A `moment` in the future, because the clock was set back, does
/// not count.
pub(super) fn is_within(pause: Duration, moment: OffsetDateTime, now: OffsetDateTime) -> bool {
    let since = now
        .unix_timestamp_nanos()
        .saturating_sub(moment.unix_timestamp_nanos());
    u128::try_from(since).is_ok_and(|since| since < pause.as_nanos())
}

fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn duration(duration: Duration) -> time::Duration {
    time::Duration::try_from(duration).unwrap_or(time::Duration::MAX)
}
