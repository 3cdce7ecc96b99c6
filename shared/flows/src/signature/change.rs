//! Handling of one change from a queue: it is stored, and then confirmed, or held until the bank has
//! its copy of the signed documents.

use std::time::Duration;

use super::drain::{End, Run};
use super::job::Job;
use super::record::{AFTERMATH, Record, is_id};
use super::refusal::{self, POSTEN};
use super::rows::Owner;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::{Platform, Response};
use innsyn_core::problem::Problem;
use innsyn_protocols::posten::refusal::Reason;
use innsyn_protocols::posten::status::{self, Change};
use innsyn_protocols::posten::{Address, Flow};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

const CONFIRM: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 64 * 1024,
    retry: RetryPolicy::Idempotent(2),
};

/// Result of a confirmation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Confirmed {
    /// Posten does not deliver the change again.
    Yes,
    /// Posten delivers the change again.
    No,
    /// Posten has blocked the organisation for a while.
    ShutOut,
}

impl<P: Platform> Run<'_, P> {
    /// Stores a change and then confirms it, unless it is held until evidence is delivered. A change
    /// that cannot be read is skipped: Posten leases it to the app for ten minutes, so that the
    /// others can be fetched meanwhile.
    pub(super) async fn change(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        answer: &Response,
    ) -> Result<Option<End>, Problem> {
        let change = match status::read(&self.signatures.posten, flow, answer.body()) {
            Ok(change) => change,
            Err(error) => {
                let mut event = Event::from_problem("drain", &refusal::unreadable(error));
                event.level = Level::Error;
                self.context.log(&event);
                self.count(|drained| add_one(&mut drained.unreadable));
                return Ok(None);
            }
        };
        let is_held = self.store(consumer, flow, &change).await?;
        self.count(|drained| add_one(&mut drained.changes));
        if is_held {
            self.count(|drained| add_one(&mut drained.held));
            return Ok(None);
        }
        let Some(confirmation) = &change.confirmation else {
            return Ok(None);
        };
        let confirmed = self.confirm(consumer, confirmation).await?;
        Ok((confirmed == Confirmed::ShutOut).then_some(End::ShutOut))
    }

    /// Stores a change. Returns whether it is held: it is not confirmed yet.
    async fn store(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        change: &Change,
    ) -> Result<bool, Problem> {
        let rows = self.signatures.rows(self.context);
        if let Some((id, record)) = self.owner(consumer, flow, change).await? {
            let (owner, until) = (Owner::Job(id), record.until());
            rows.add(consumer, owner, change, until).await?;
            if !self.signatures.follows(consumer) {
                return Ok(false);
            }
            let snapshot = rows.snapshot(consumer, id, record.signers.len()).await?;
            let id = id.to_owned();
            let job = Job {
                id,
                record,
                snapshot,
            };
            let is_held = self.signatures.hold(self.context, consumer, &job).await?;
            self.signatures.enter(self.context, consumer, &job.id).await;
            self.changed.borrow_mut().push((consumer.clone(), job.id));
            return Ok(is_held);
        }
        self.count(|drained| add_one(&mut drained.orphans));
        let event = Event::new(Level::Warn, "drain", "orphan");
        self.context.log(&event.cause(format_args!(
            "no record of the {} job {} at {POSTEN}",
            flow.as_str(),
            change.job_id
        )));
        let until = self.context.now().saturating_add(AFTERMATH);
        let owner = Owner::Orphan(flow, change.job_id);
        rows.add(consumer, owner, change, until).await?;
        Ok(false)
    }

    /// Returns the record of the change's job: the one with its reference, unless that is known to
    /// be another job at Posten.
    async fn owner<'c>(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        change: &'c Change,
    ) -> Result<Option<(&'c str, Record)>, Problem> {
        let rows = self.signatures.rows(self.context);
        let Some(id) = change.reference.as_deref().filter(|id| is_id(id)) else {
            return Ok(None);
        };
        let record = rows.record(consumer, id).await?;
        let Some(record) = record.filter(|record| record.flow == flow) else {
            return Ok(None);
        };
        let known = if let Some(made) = &record.made {
            Some(made.job_id)
        } else {
            let snapshot = rows.snapshot(consumer, id, record.signers.len()).await?;
            snapshot.map(|(_, snapshot)| snapshot.job_id)
        };
        let is_same = known.is_none_or(|known| known == change.job_id);
        Ok(is_same.then_some((id, record)))
    }

    /// Confirms a change. A failure is harmless: Posten delivers the change again, and it is
    /// confirmed then.
    pub(super) async fn confirm(
        &self,
        consumer: &OrganisationNumber,
        confirmation: &Address,
    ) -> Result<Confirmed, Problem> {
        let request = self.signatures.posten.confirm(confirmation);
        let request = request.map_err(refusal::unsendable)?;
        self.keep_pace().await;
        let context = self.context.for_tenant(consumer);
        match outbound::send(&context, &CONFIRM, &request).await {
            Ok(answer) if answer.status().is_success() => {
                self.count(|drained| add_one(&mut drained.confirmed));
                return Ok(Confirmed::Yes);
            }
            Ok(answer) if refusal::read(&answer).reason == Reason::Blocked => {
                return Ok(Confirmed::ShutOut);
            }
            Ok(answer) => {
                let problem = refusal::problem(&answer);
                self.context.log(&Event::from_problem("confirm", &problem));
            }
            Err(problem) => self.context.log(&Event::from_problem("confirm", &problem)),
        }
        Ok(Confirmed::No)
    }
}

const fn add_one(counter: &mut usize) {
    *counter = counter.saturating_add(1);
}
