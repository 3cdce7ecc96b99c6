//! Row in which the instances of a deployment share a key set, and the lease for fetching it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Lifetimes;
use crate::config::KeySetStore;
use crate::store::{Holder, Lease, Name, Store};
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::jose::Jwk;

/// Name of the platform's store for key sets.
const STORE: &str = "keys";

const ROW: &str = "key-set";
const LEASE: &str = "key-set-lease";

/// Minimum interval between two fetches of a set by the deployment, successful or not.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(5);

/// Clock skew allowed between hosts. A row with a later time has no known age.
const LEEWAY: Duration = Duration::from_secs(10);

/// Sealed row of one key set.
#[derive(Debug)]
pub(super) struct SharedSet {
    store: Store,
    consumer: OrganisationNumber,
    address: String,
    holder: Holder,
}

/// Key set as known to the deployment.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Row {
    /// Keys as JSON, with the members that [`Jwk::read`] uses.
    keys: Vec<String>,
    /// Time at which the fetch of these keys began, in Unix seconds.
    fetched_at: i64,
    /// Time at which the last fetch began, in Unix seconds. Later than `fetched_at`, that fetch has
    /// failed.
    tried_at: i64,
}

impl SharedSet {
    /// Creates the row of the set at `address`.
    pub(super) fn new(address: String, settings: &KeySetStore) -> Self {
        Self {
            store: Store::with_one_key(STORE, settings.environment, &settings.key),
            consumer: settings.consumer.clone(),
            address,
            holder: Holder::default(),
        }
    }

    /// Reads the row; returns the default one if there is none.
    pub(super) async fn read<P: Platform>(&self, context: &Context<'_, P>) -> Result<Row, Problem> {
        let parts = [self.address.as_str()];
        let row = self.store.get(context, &self.name(ROW, &parts)).await?;
        Ok(row.unwrap_or_default())
    }

    /// Writes the row, for as long as it is of use.
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

    /// Runs `fetch` under the lease; returns `None` while another instance holds it. A lease that
    /// is not released expires.
    pub(super) async fn lead<P: Platform, T>(
        &self,
        context: &Context<'_, P>,
        fetch: impl AsyncFnOnce() -> T,
    ) -> Result<Option<T>, Problem> {
        let parts = [self.address.as_str()];
        let name = self.name(LEASE, &parts);
        let Some(lease) = Lease::acquire_for(context, &self.store, name, &self.holder).await?
        else {
            return Ok(None);
        };
        let end = fetch().await;
        if let Err(problem) = lease.release_for(context, &self.holder).await {
            context.log(&Event::from_problem("key-set", &problem));
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
    /// Returns the row after a fetch that began at `start`: with the new keys, or with those of
    /// `self` if the fetch failed.
    pub(super) fn after(self, start: OffsetDateTime, fetched: Option<&[Jwk]>) -> Self {
        let tried_at = start.unix_timestamp();
        match fetched {
            Some(keys) => Self {
                keys: keys.iter().map(Jwk::json).collect(),
                fetched_at: tried_at,
                tried_at,
            },
            None => Self { tried_at, ..self },
        }
    }

    /// Returns the keys that can be parsed.
    pub(super) fn keys(&self) -> Vec<Jwk> {
        // Deviations were reported when the keys were fetched.
        let mut deviations = Vec::new();
        let read = |key: &String| Jwk::read(key, &mut deviations).ok();
        self.keys.iter().filter_map(read).collect()
    }

    /// Returns the time at which the keys were fetched; `None` if they never were.
    pub(super) fn fetched(&self) -> Option<OffsetDateTime> {
        (self.fetched_at > 0).then(|| moment(self.fetched_at))
    }

    /// Returns whether the last fetch failed.
    pub(super) const fn has_failed(&self) -> bool {
        self.tried_at > self.fetched_at
    }

    /// Returns whether the deployment has fetched the set, or tried to, within the cool-down.
    pub(super) fn is_recent(&self, now: OffsetDateTime) -> bool {
        // Times are whole seconds, so the comparison includes the last one.
        age(moment(self.tried_at), now).is_some_and(|age| age <= COOL_DOWN)
    }
}

/// Returns the age of `moment`; `None` if it lies so far in the future that a clock must have been
/// wrong.
pub(super) fn age(moment: OffsetDateTime, now: OffsetDateTime) -> Option<Duration> {
    let seconds = now.unix_timestamp().saturating_sub(moment.unix_timestamp());
    let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or_default();
    (seconds >= leeway.saturating_neg())
        .then(|| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// Returns whether `moment` was less than `pause` ago. A `moment` in the future, because the clock
/// was set back, does not count.
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
