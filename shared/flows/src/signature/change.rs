//! Handling of one change from a queue: it is stored, and then confirmed.

use std::time::Duration;

use super::drain::{End, Run};
use super::record::{AFTERMATH, Record, is_id};
use super::refusal::{self, POSTEN};
use super::rows::Owner;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::{Platform, Response};
use innsyn_core::problem::Problem;
use innsyn_protocols::posten::Flow;
use innsyn_protocols::posten::refusal::Reason;
use innsyn_protocols::posten::status::{self, Change};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

const CONFIRM: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 64 * 1024,
    retry: RetryPolicy::Idempotent(2),
};

impl<P: Platform> Run<'_, P> {
    /// Stores a change and then confirms it. A change that cannot be read is skipped: Posten leases
    /// it to the app for ten minutes, so that the others can be fetched meanwhile.
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
        self.store(consumer, flow, &change).await?;
        self.count(|drained| add_one(&mut drained.changes));
        self.confirm(consumer, &change).await
    }

    async fn store(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        change: &Change,
    ) -> Result<(), Problem> {
        let rows = self.signatures.rows(self.context);
        if let Some((id, record)) = self.owner(consumer, flow, change).await? {
            let (owner, until) = (Owner::Job(id), record.until());
            return rows.add(consumer, owner, change, until).await;
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
        rows.add(consumer, owner, change, until).await
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

    /// Confirms the change. A failure is harmless: Posten delivers the change again, and it is
    /// confirmed then.
    async fn confirm(
        &self,
        consumer: &OrganisationNumber,
        change: &Change,
    ) -> Result<Option<End>, Problem> {
        let Some(confirmation) = &change.confirmation else {
            return Ok(None);
        };
        let request = self.signatures.posten.confirm(confirmation);
        let request = request.map_err(refusal::unsendable)?;
        self.keep_pace().await;
        let context = self.context.for_tenant(consumer);
        match outbound::send(&context, &CONFIRM, &request).await {
            Ok(answer) if answer.status().is_success() => {
                self.count(|drained| add_one(&mut drained.confirmed));
            }
            Ok(answer) if refusal::read(&answer).reason == Reason::Blocked => {
                return Ok(Some(End::ShutOut));
            }
            Ok(answer) => {
                let problem = refusal::problem(&answer);
                self.context.log(&Event::from_problem("confirm", &problem));
            }
            Err(problem) => self.context.log(&Event::from_problem("confirm", &problem)),
        }
        Ok(None)
    }
}

const fn add_one(counter: &mut usize) {
    *counter = counter.saturating_add(1);
}
