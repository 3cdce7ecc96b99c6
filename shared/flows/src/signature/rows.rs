//! Records, tickets and snapshots in the sealed store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::record::{Record, Ticket};
use super::snapshot::{Progress, StatusSnapshot};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_protocols::posten::Flow;
use innsyn_protocols::posten::status::{Change, JobStatus};
use innsyn_runtime::state::State;
use innsyn_runtime::store::{Lease, Name, Store};

const RECORD: &str = "signature";
const TICKET: &str = "signature-state";
const TOKEN: &str = "status-token";
const QUEUE: &str = "queue";
const LOOK: &str = "look";
const LOOKED: &str = "looked";

/// Minimum interval between two status lookups at Posten for one job, across the deployment.
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_secs(5);

/// Rounding of the expiry of rows, which is in whole seconds.
const ROUNDING: std::time::Duration = std::time::Duration::from_secs(1);

/// Time for which a status is not looked up again with the same token.
const LOOK_COUNTS: Duration = Duration::seconds(5);

/// Settling time of the lease on a status lookup: the longest that the store may take to record it.
/// A person waits this long for each lookup.
const SETTLING: std::time::Duration = std::time::Duration::from_millis(300);

/// Nanoseconds per millisecond.
const NANOSECONDS: i128 = 1_000_000;

/// Time-to-live of a queue's next poll time, which is minutes away.
const REMEMBERED: Duration = Duration::days(1);

/// Access to the rows, within one request.
pub(super) struct Rows<'a, P> {
    pub(super) store: &'a Store,
    pub(super) context: &'a Context<'a, P>,
}

/// Owner of a snapshot.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    /// Job of the app.
    Job(&'a str),
    /// Job without a record, by its flow and Posten's number.
    Orphan(Flow, i64),
}

/// Time of a queue's next poll.
#[derive(Deserialize, Serialize)]
struct Queue {
    /// Time in Unix milliseconds.
    next: i64,
}

impl<P: Platform> Rows<'_, P> {
    pub(super) async fn record(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<Option<Record>, Problem> {
        self.store
            .get(self.context, &name(consumer, RECORD, &[id]))
            .await
    }

    pub(super) async fn keep(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        record: &Record,
    ) -> Result<(), Problem> {
        let parts = [id];
        let name = name(consumer, RECORD, &parts);
        self.store
            .set(self.context, &name, record, record.until())
            .await
    }

    /// Deletes the record and the ticket that leads to it.
    pub(super) async fn forget(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        state: &State,
    ) -> Result<(), Problem> {
        for name in [
            name(consumer, RECORD, &[id]),
            name(consumer, TICKET, &[state.expose()]),
        ] {
            self.store.delete(self.context, &name).await?;
        }
        Ok(())
    }

    /// Returns the ticket of a state. Its name is a keyed hash of the state, which itself is not
    /// stored.
    pub(super) async fn ticket(
        &self,
        consumer: &OrganisationNumber,
        state: &State,
    ) -> Result<Option<Ticket>, Problem> {
        let parts = [state.expose()];
        let name = name(consumer, TICKET, &parts);
        self.store.get(self.context, &name).await
    }

    pub(super) async fn issue(
        &self,
        consumer: &OrganisationNumber,
        state: &State,
        id: &str,
        until: OffsetDateTime,
    ) -> Result<(), Problem> {
        let parts = [state.expose()];
        let name = name(consumer, TICKET, &parts);
        let ticket = Ticket { id: id.to_owned() };
        self.store.set(self.context, &name, &ticket, until).await
    }

    /// Returns the token with which a direct job's status was last obtained.
    pub(super) async fn token(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<Option<Secret<String>>, Problem> {
        let parts = [id];
        let name = name(consumer, TOKEN, &parts);
        let token: Option<String> = self.store.get(self.context, &name).await?;
        Ok(token.map(Secret::new))
    }

    pub(super) async fn keep_token(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        token: &Secret<String>,
        until: OffsetDateTime,
    ) -> Result<(), Problem> {
        let parts = [id];
        let name = name(consumer, TOKEN, &parts);
        self.store
            .set(self.context, &name, token.expose(), until)
            .await
    }

    /// Takes the one status lookup that a job has per [`BETWEEN_LOOKS`], across all instances. It
    /// is stored before the lookup, and never released.
    pub(super) async fn take_look(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<bool, Problem> {
        let parts = [id];
        let name = name(consumer, LOOK, &parts);
        let time = BETWEEN_LOOKS.saturating_add(ROUNDING);
        let lease = Lease::acquire_briefly(self.context, self.store, name, time, SETTLING).await?;
        Ok(lease.is_some())
    }

    /// Returns whether the last status lookup was made with this token, within [`LOOK_COUNTS`].
    pub(super) async fn has_looked(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        token: &Secret<String>,
    ) -> Result<bool, Problem> {
        let parts = [id];
        let name = name(consumer, LOOKED, &parts);
        let last: Option<String> = self.store.get(self.context, &name).await?;
        Ok(last.is_some_and(|last| last == hashed(token)))
    }

    /// Records the token of a lookup. A browser may have brought any text: only its hash is stored.
    pub(super) async fn keep_looked(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        token: &Secret<String>,
    ) -> Result<(), Problem> {
        let parts = [id];
        let name = name(consumer, LOOKED, &parts);
        let until = self.context.now().saturating_add(LOOK_COUNTS);
        self.store
            .set(self.context, &name, &hashed(token), until)
            .await
    }

    /// Returns the snapshot of a job with `signers` signers, at the furthest progress.
    pub(super) async fn snapshot(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        signers: usize,
    ) -> Result<Option<(JobStatus, StatusSnapshot)>, Problem> {
        for progress in Progress::all(signers) {
            let snapshot = self.snapshot_at(consumer, Owner::Job(id), progress).await?;
            if let Some(snapshot) = snapshot {
                return Ok(Some((progress.status, snapshot)));
            }
        }
        Ok(None)
    }

    /// Merges a change into the snapshot at its own progress; other snapshots are not changed.
    pub(super) async fn add(
        &self,
        consumer: &OrganisationNumber,
        owner: Owner<'_>,
        change: &Change,
        until: OffsetDateTime,
    ) -> Result<(), Problem> {
        let progress = Progress::from_change(change);
        let known = self.snapshot_at(consumer, owner, progress).await?;
        let snapshot = match known.clone() {
            Some(known) => known.and(change.into()),
            None => change.into(),
        };
        if known.as_ref() == Some(&snapshot) {
            return Ok(());
        }
        let parts = owner.parts(progress);
        let parts = parts.each_ref().map(String::as_str);
        let name = name(consumer, owner.kind(), &parts);
        self.store.set(self.context, &name, &snapshot, until).await
    }

    async fn snapshot_at(
        &self,
        consumer: &OrganisationNumber,
        owner: Owner<'_>,
        progress: Progress,
    ) -> Result<Option<StatusSnapshot>, Problem> {
        let parts = owner.parts(progress);
        let parts = parts.each_ref().map(String::as_str);
        let name = name(consumer, owner.kind(), &parts);
        self.store.get(self.context, &name).await
    }

    /// Returns the time from which the queue may be polled; `None` for at once.
    pub(super) async fn next_poll(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        queue: Option<&str>,
    ) -> Result<Option<OffsetDateTime>, Problem> {
        let parts = [flow.as_str(), queue.unwrap_or_default()];
        let name = name(consumer, QUEUE, &parts);
        let kept: Option<Queue> = self.store.get(self.context, &name).await?;
        let next = kept.and_then(|kept| {
            OffsetDateTime::from_unix_timestamp_nanos(
                i128::from(kept.next).saturating_mul(NANOSECONDS),
            )
            .ok()
        });
        Ok(next.filter(|next| *next > self.context.now()))
    }

    pub(super) async fn keep_next_poll(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        queue: Option<&str>,
        next: OffsetDateTime,
    ) -> Result<(), Problem> {
        let parts = [flow.as_str(), queue.unwrap_or_default()];
        let name = name(consumer, QUEUE, &parts);
        // Rounded up: a poll that is a fraction of a millisecond early is early.
        let milliseconds = next.unix_timestamp_nanos().div_euclid(NANOSECONDS);
        let milliseconds = milliseconds.saturating_add(1);
        let row = Queue {
            next: i64::try_from(milliseconds).unwrap_or(i64::MAX),
        };
        let until = next.saturating_add(REMEMBERED);
        self.store.set(self.context, &name, &row, until).await
    }
}

impl Owner<'_> {
    const fn kind(self) -> &'static str {
        match self {
            Self::Job(_) => "standing",
            Self::Orphan(..) => "orphan",
        }
    }

    fn parts(self, progress: Progress) -> [String; 3] {
        let owner = match self {
            Self::Job(id) => id.to_owned(),
            Self::Orphan(flow, job_id) => format!("{} {job_id}", flow.as_str()),
        };
        [
            owner,
            progress.word().to_owned(),
            progress.acted.to_string(),
        ]
    }
}

fn hashed(token: &Secret<String>) -> String {
    STANDARD.encode(hmac_sha256::Hash::hash(token.expose().as_bytes()))
}

/// Returns the name of a row.
pub(super) const fn name<'a>(
    consumer: &'a OrganisationNumber,
    kind: &'static str,
    parts: &'a [&'a str],
) -> Name<'a> {
    Name {
        consumer,
        kind,
        parts,
    }
}
