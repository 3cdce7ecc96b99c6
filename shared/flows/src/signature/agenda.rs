//! Agenda of jobs: those about which the drain may have something to deliver or to announce.

use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::Signatures;
use super::delivery::may_end_soon;
use super::job::Job;
use super::record::Record;
use crate::events::{Agenda, AgendaSnapshot, in_turn};
use innsyn_core::context::Context;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::config::Consumers;
use innsyn_runtime::store::{SealedRow, SweepResult};

/// Maximum number of jobs of a consumer that a drain looks at.
const JOBS: usize = 256;

/// Distance between the first jobs of two rounds: a prime above [`JOBS`], so that each job comes
/// first in its turn.
const STRIDE: u32 = 257;

/// Jobs that are read concurrently.
const AT_ONCE: usize = 16;

/// Agenda entry of a job.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Due {
    /// Id of the job.
    job: String,
}

/// Job in the agenda.
pub(super) struct Entry {
    due: Due,
    /// Slots that name the job.
    slots: Vec<u16>,
    /// Job; `None` if its record has expired.
    pub(super) job: Option<Job>,
    /// True while the drain has to look at the job again.
    pub(super) is_open: bool,
}

/// Consumer whose jobs a sweep looks at, with its agenda.
struct Visited<'a> {
    consumer: &'a OrganisationNumber,
    taken: AgendaSnapshot<Due>,
}

impl Signatures {
    /// Returns whether the drain looks at the jobs of a consumer, besides its queues.
    pub(super) fn follows(&self, consumer: &OrganisationNumber) -> bool {
        self.evidence_receivers.of_consumer(consumer).is_some()
            || self.event_receivers.of_consumer(consumer).is_some()
    }

    /// Enters a job whose status may have changed in the agenda.
    pub(super) async fn enter<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
    ) {
        if self.follows(consumer) {
            let due = Due { job: id.to_owned() };
            self.agenda(context, consumer).add(&due).await;
        }
    }

    /// Returns the jobs of a consumer that are in the agenda or in `changed`, at most [`JOBS`],
    /// beginning with another one in each round: those that wait do not keep the drain from the
    /// others.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn entries<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        changed: &[String],
        round: u32,
    ) -> Result<Vec<Entry>, Problem> {
        let is_open = self.evidence_receivers.of_consumer(consumer).is_some();
        let mut entries: Vec<Entry> = Vec::new();
        let mut add =
            |due: Due, slot: Option<u16>| match entries.iter_mut().find(|entry| entry.due == due) {
                Some(entry) => entry.slots.extend(slot),
                None => entries.push(Entry {
                    due,
                    slots: slot.into_iter().collect(),
                    job: None,
                    is_open,
                }),
            };
        for (slot, due) in self.agenda(context, consumer).entries::<Due>(round).await? {
            add(due, Some(slot));
        }
        for job in changed {
            add(Due { job: job.clone() }, None);
        }
        let mut entries = in_turn(entries.into_iter(), round.wrapping_mul(STRIDE));
        entries.truncate(JOBS);
        let jobs = entries
            .iter()
            .map(|entry| self.stored_job(context, consumer, &entry.due.job));
        let jobs: Vec<_> = stream::iter(jobs).buffered(AT_ONCE).collect().await;
        for (entry, job) in entries.iter_mut().zip(jobs) {
            entry.job = job?;
            entry.is_open &= entry.job.is_some();
        }
        Ok(entries)
    }

    /// Removes an entry from the agenda.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn remove<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        entry: &Entry,
    ) -> Result<(), Problem> {
        let agenda = self.agenda(context, consumer);
        for slot in &entry.slots {
            agenda.remove(*slot, &entry.due).await?;
        }
        Ok(())
    }

    /// Removes expired rows, and looks at the job of each record that stays.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn sweep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<SweepResult, Problem> {
        let mut visited = Vec::new();
        for consumer in consumers.all() {
            if self.follows(consumer) || self.needs_custody(consumer) {
                let taken = self.agenda(context, consumer).snapshot().await?;
                visited.push(Visited { consumer, taken });
            }
        }
        let visit = async |row: &SealedRow<'_>| self.visit(context, &visited, row).await;
        self.store
            .sweep_and_visit_in_turn(context, &consumers.default, visit, async || Ok(0))
            .await
    }

    /// Looks at the job of a record: enters it in the agenda if something about it is not delivered
    /// or not announced, and alerts if Posten's copy ends before the bank has one. Other rows are
    /// ignored.
    async fn visit<P: Platform>(
        &self,
        context: &Context<'_, P>,
        visited: &[Visited<'_>],
        row: &SealedRow<'_>,
    ) -> Result<(), Problem> {
        for Visited { consumer, taken } in visited {
            let Some(record) = self.store.opened::<Record>(consumer, row) else {
                continue;
            };
            // Most rows need no further look.
            let may_end = may_end_soon(record.ordered_at(), context.now());
            let Some(id) = record.id().filter(|_| may_end || self.follows(consumer)) else {
                continue;
            };
            let Some(job) = self.stored_job(context, consumer, id).await? else {
                continue;
            };
            self.alert(context, consumer, &job).await?;
            if self.is_unsettled(context, consumer, &job).await? {
                let due = Due { job: job.id };
                self.agenda(context, consumer).add_to(taken, &due).await?;
            }
        }
        Ok(())
    }

    async fn is_unsettled<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
    ) -> Result<bool, Problem> {
        if self.evidence_receivers.of_consumer(consumer).is_some() {
            let delivery = self.undelivered(context, consumer, job).await?;
            if delivery.is_some_and(|delivery| !delivery.has_ended(context.now())) {
                return Ok(true);
            }
        }
        self.has_news(context, consumer, job).await
    }

    /// Returns a job with its stored rows, whoever has ordered it.
    async fn stored_job<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
    ) -> Result<Option<Job>, Problem> {
        let rows = self.rows(context);
        let Some(record) = rows.record(consumer, id).await? else {
            return Ok(None);
        };
        let snapshot = rows.snapshot(consumer, id, record.signers.len()).await?;
        Ok(Some(Job {
            id: id.to_owned(),
            record,
            snapshot,
        }))
    }

    const fn agenda<'a, P>(
        &'a self,
        context: &'a Context<'a, P>,
        consumer: &'a OrganisationNumber,
    ) -> Agenda<'a, P> {
        Agenda {
            store: &self.store,
            context,
            consumer,
        }
    }
}
