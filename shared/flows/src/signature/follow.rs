//! Second part of a drain: for the jobs in the agendas, evidence is delivered, and then events are
//! sent.
//!
//! The two have their own shares of the time, and so has each consumer with something to do: a
//! receiver that hangs delays its own consumer.

use std::time::Duration;

use super::agenda::Entry;
use super::delivery::{Deliveries, Looked};
use super::drain::{RESERVE, Run};
use crate::events::{Announcer, in_turn, next_round};
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_runtime::config::Consumers;

/// Time before the deadline at which a drain stops.
const END: Duration = Duration::from_secs(1);

/// Jobs of one consumer that the drain has to look at.
struct Work<'a> {
    consumer: &'a OrganisationNumber,
    entries: Vec<Entry>,
}

impl<P: Platform> Run<'_, P> {
    /// Delivers evidence and sends events, for the jobs in the agendas of all consumers. A consumer
    /// whose rows cannot be read does not delay the others.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub(super) async fn follow(&self, consumers: &Consumers) -> Result<(), Problem> {
        let signatures = self.signatures;
        if !consumers.all().any(|consumer| signatures.follows(consumer)) {
            return Ok(());
        }
        let round = next_round(&signatures.store, self.context, &consumers.default).await?;
        let mut end = Ok(());
        let mut work = Vec::new();
        // The last consumer has the time that the others leave.
        for consumer in in_turn(consumers.all(), round) {
            if !signatures.follows(consumer) {
                continue;
            }
            let changed = self.changed_of(consumer);
            let entries = signatures.entries(self.context, consumer, &changed, round);
            match entries.await {
                Ok(entries) if entries.is_empty() => {}
                Ok(entries) => work.push(Work { consumer, entries }),
                Err(problem) => end = end.and(self.failed(problem)),
            }
        }
        let mut rest = work.len();
        for work in &mut work {
            let context = self.share(rest);
            rest = rest.saturating_sub(1);
            match self.deliver(context, work).await {
                Ok(Looked::ShutOut) => break,
                Ok(_) => {}
                Err(problem) => end = end.and(self.failed(problem)),
            }
        }
        let context = self.context.within(self.context.left().saturating_sub(END));
        let announcer = signatures.announcer(&context);
        for work in &mut work {
            if let Err(problem) = self.announce(&announcer, work).await {
                end = end.and(self.failed(problem));
            }
        }
        end
    }

    /// Returns the jobs of a consumer whose changes this drain has stored.
    fn changed_of(&self, consumer: &OrganisationNumber) -> Vec<String> {
        let changed = self.changed.borrow();
        let own = changed.iter().filter(|(owner, _)| owner == consumer);
        own.map(|(_, job)| job.clone()).collect()
    }

    /// Returns the request with the deadline of one of `rest` equal shares of the time, without that
    /// for events.
    fn share(&self, rest: usize) -> Context<'_, P> {
        let left = self.context.left().saturating_sub(RESERVE);
        let share = left.checked_div(u32::try_from(rest).unwrap_or(u32::MAX));
        self.context.within(share.unwrap_or(left))
    }

    fn failed(&self, problem: Problem) -> Result<(), Problem> {
        self.context.log(&Event::from_problem("drain", &problem));
        Err(problem)
    }

    async fn deliver(
        &self,
        context: Context<'_, P>,
        work: &mut Work<'_>,
    ) -> Result<Looked, Problem> {
        let receivers = &self.signatures.evidence_receivers;
        let Some(receiver) = receivers.of_consumer(work.consumer) else {
            return Ok(Looked::Settled);
        };
        let mut deliveries = Deliveries {
            run: self,
            context,
            consumer: work.consumer,
            receiver,
            failures: 0,
        };
        for entry in &mut work.entries {
            if deliveries.context.left().is_zero() {
                break;
            }
            let Some(job) = &entry.job else {
                continue;
            };
            match deliveries.job(job).await? {
                Looked::Settled => entry.is_open = false,
                Looked::Waiting => {}
                Looked::ShutOut => return Ok(Looked::ShutOut),
            }
        }
        Ok(Looked::Settled)
    }

    /// Sends the events, and removes what is settled from the agenda.
    async fn announce(
        &self,
        announcer: &Announcer<'_, P>,
        work: &mut Work<'_>,
    ) -> Result<(), Problem> {
        let hears = self.signatures.event_receivers.of_consumer(work.consumer);
        for entry in &mut work.entries {
            if let Some(job) = entry.job.as_ref().filter(|_| hears.is_some()) {
                let sent = self
                    .signatures
                    .announce(self.context, announcer, work.consumer, job)
                    .await?;
                self.count(|drained| {
                    drained.events = drained.events.saturating_add(sent.delivered);
                });
                entry.is_open |= sent.waiting > 0;
            }
            if !entry.is_open {
                self.signatures
                    .remove(self.context, work.consumer, entry)
                    .await?;
            }
        }
        Ok(())
    }
}
