//! Records, tickets and standings in the sealed store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::record::{Record, Ticket};
use super::standing::{Stage, Standing};
use crate::context::Context;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::posten::Flow;
use crate::posten::status::{Change, JobStatus};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::state::State;
use crate::store::{Name, Store, Turn};

const RECORD: &str = "signature";
const TICKET: &str = "signature-state";
const TOKEN: &str = "status-token";
const QUEUE: &str = "queue";
const LOOK: &str = "look";
const LOOKED: &str = "looked";

/// Minimum interval between two status lookups at Posten for one job, across the deployment.
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_secs(5);

/// The ends of rows are whole seconds.
const ROUNDING: std::time::Duration = std::time::Duration::from_secs(1);

/// Time for which a status is not looked up again with the same token.
const LOOK_COUNTS: Duration = Duration::seconds(5);

/// Settling time of the lease on a status lookup: the longest that the store may take to record it. A person waits this
/// long for each lookup.
const SETTLING: std::time::Duration = std::time::Duration::from_millis(300);

/// In a millisecond.
const NANOSECONDS: i128 = 1_000_000;

/// How long it is remembered when a queue may be asked; its times are minutes away.
const REMEMBERED: Duration = Duration::days(1);

/// The rows, for one request of ours.
pub(super) struct Rows<'a, P> {
    pub(super) store: &'a Store,
    pub(super) context: &'a Context<'a, P>,
}

/// Whose standing it is.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// That of a job of ours.
    Job(&'a str),
    /// That of a job that no record knows, by its flow and Posten's number.
    Orphan(Flow, i64),
}

/// When a queue may be asked again.
#[derive(Deserialize, Serialize)]
struct Queue {
    /// In Unix milliseconds.
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

    /// Removes the record and the ticket that leads to it.
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

    /// The name is a keyed hash of the state, which itself is stored nowhere.
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

    /// The token with which a direct job's status was last told.
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

    /// Takes the one look at Posten that a job has in [`BETWEEN_LOOKS`], over all instances; it is written down before it is
    /// taken, and never given back.
    pub(super) async fn take_look(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<bool, Problem> {
        let parts = [id];
        let name = name(consumer, LOOK, &parts);
        let time = BETWEEN_LOOKS.saturating_add(ROUNDING);
        let turn = Turn::take_briefly(self.context, self.store, name, time, SETTLING).await?;
        Ok(turn.is_some())
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

    /// Remembers with which token a look was made. It may be anything that a browser has brought: its hash is kept.
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

    /// How a job of so many signers stands: what Posten has said of the furthest stage.
    pub(super) async fn standing(
        &self,
        consumer: &OrganisationNumber,
        id: &str,
        signers: usize,
    ) -> Result<Option<(JobStatus, Standing)>, Problem> {
        for stage in Stage::all(signers) {
            let standing = self.standing_at(consumer, Whose::Job(id), stage).await?;
            if let Some(standing) = standing {
                return Ok(Some((stage.status, standing)));
            }
        }
        Ok(None)
    }

    /// Adds what a change says to the standing at its own stage: the others are not touched.
    pub(super) async fn add(
        &self,
        consumer: &OrganisationNumber,
        whose: Whose<'_>,
        change: &Change,
        until: OffsetDateTime,
    ) -> Result<(), Problem> {
        let stage = Stage::of(change);
        let known = self.standing_at(consumer, whose, stage).await?;
        let standing = match known.clone() {
            Some(known) => known.and(change.into()),
            None => change.into(),
        };
        if known.as_ref() == Some(&standing) {
            return Ok(());
        }
        let parts = whose.parts(stage);
        let parts = parts.each_ref().map(String::as_str);
        let name = name(consumer, whose.kind(), &parts);
        self.store.set(self.context, &name, &standing, until).await
    }

    async fn standing_at(
        &self,
        consumer: &OrganisationNumber,
        whose: Whose<'_>,
        stage: Stage,
    ) -> Result<Option<Standing>, Problem> {
        let parts = whose.parts(stage);
        let parts = parts.each_ref().map(String::as_str);
        let name = name(consumer, whose.kind(), &parts);
        self.store.get(self.context, &name).await
    }

    /// From when on the queue may be asked; `None` for at once.
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
        // Rounded up: one that is a part of a millisecond early is early.
        let milliseconds = next.unix_timestamp_nanos().div_euclid(NANOSECONDS);
        let milliseconds = milliseconds.saturating_add(1);
        let row = Queue {
            next: i64::try_from(milliseconds).unwrap_or(i64::MAX),
        };
        let until = next.saturating_add(REMEMBERED);
        self.store.set(self.context, &name, &row, until).await
    }
}

impl Whose<'_> {
    const fn kind(self) -> &'static str {
        match self {
            Self::Job(_) => "standing",
            Self::Orphan(..) => "orphan",
        }
    }

    fn parts(self, stage: Stage) -> [String; 3] {
        let whose = match self {
            Self::Job(id) => id.to_owned(),
            Self::Orphan(flow, job_id) => format!("{} {job_id}", flow.as_str()),
        };
        [whose, stage.word().to_owned(), stage.acted.to_string()]
    }
}

fn hashed(token: &Secret<String>) -> String {
    STANDARD.encode(hmac_sha256::Hash::hash(token.expose().as_bytes()))
}

const fn name<'a>(
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
