//! Drain of the consent component: announcement of events and polling of Altinn's event feed, under
//! the cross-host lease.
//!
//! Each drain begins with another consumer, announces what is due before it polls, and tries a
//! receiver that does not answer in time once. So neither a receiver nor Altinn can delay the
//! others for long.

use std::cell::RefCell;
use std::time::Duration;

use serde::Serialize;

use super::Consents;
use super::announce::Sent;
use super::feed::{Polled, RESERVE};
use crate::events::{Announcer, in_turn, next_round};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::Selection;
use innsyn_runtime::config::Consumers;
use innsyn_runtime::store::Lease;

/// Part of a request's time that is left for the feeds.
const POLLING: Duration = Duration::from_secs(12);

/// Result of a drain.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Drained {
    /// Number of events read from Altinn's feed.
    pub events: usize,
    /// Number of consents that were not known to have ended before.
    pub ended: usize,
    /// Number of events delivered to the consumers.
    pub delivered: usize,
    /// Number of events that wait for another attempt.
    pub waiting: usize,
}

impl Consents {
    /// Announces what has changed, polls the event feed of every consumer, marks the consents that
    /// have ended, and announces these.
    ///
    /// A consumer whose feed cannot be read does not stop the others; the first problem is returned
    /// at the end. While another drain runs, this one does nothing.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the first problem of Altinn.
    pub async fn drain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<Drained, Problem> {
        if !self.altinn.has_feed() && self.receivers.is_empty() {
            return Ok(Drained::default());
        }
        let lease =
            Lease::acquire(context, &self.store, &consumers.default, "consent-drain").await?;
        let Some(lease) = lease else {
            context.log(&Event::new(Level::Info, "feed", "busy"));
            return Ok(Drained::default());
        };
        let end = self.drain_all(context, consumers).await;
        if let Err(problem) = lease.release(context).await {
            context.log(&Event::from_problem("feed", &problem));
        }
        end
    }

    async fn drain_all<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<Drained, Problem> {
        let round = next_round(&self.store, context, &consumers.default).await?;
        let consumers = in_turn(consumers.all(), round);
        let run = Run {
            consents: self,
            context,
            announcer: self.announcer(context),
            round,
            end: RefCell::new(Ok(())),
        };
        // What was due before comes first: a feed that hangs must not delay it.
        let mut sent = Vec::new();
        for consumer in &consumers {
            sent.push(run.announce(consumer, POLLING).await);
        }
        let mut drained = Drained::default();
        let mut further = Vec::new();
        for (consumer, sent) in consumers.iter().zip(&mut sent) {
            if context.left() < RESERVE {
                break;
            }
            let polled = run.poll(consumer).await;
            drained.events = drained.events.saturating_add(polled.events);
            drained.ended = drained.ended.saturating_add(polled.ended);
            if polled.entered > 0 {
                further.push((consumer, sent));
            }
        }
        for (consumer, sent) in further {
            let more = run.announce(consumer, Duration::ZERO).await;
            // The agenda was read again: what waits is in it.
            sent.waiting = 0;
            sent.add(more);
        }
        for consumer in &consumers {
            sent.push(run.announce_certificates(consumer).await);
        }
        for sent in sent {
            drained.delivered = drained.delivered.saturating_add(sent.delivered);
            drained.waiting = drained.waiting.saturating_add(sent.waiting);
        }
        let end = run.end.into_inner();
        let outcome = if end.is_ok() { "ok" } else { "incomplete" };
        let mut event = Event::new(Level::Info, "feed", outcome);
        event.count = Some(drained.events);
        context.log(&event);
        end.map(|()| drained)
    }
}

/// Single drain of all consumers' agendas and feeds.
struct Run<'a, P> {
    consents: &'a Consents,
    context: &'a Context<'a, P>,
    announcer: Announcer<'a, P>,
    /// Number of the drain.
    round: u32,
    /// First problem.
    end: RefCell<Result<(), Problem>>,
}

impl<P: Platform> Run<'_, P> {
    /// Announces what the consumer's agenda names, until the time left is down to `reserve`.
    async fn announce(&self, consumer: &OrganisationNumber, reserve: Duration) -> Sent {
        let sent =
            self.consents
                .announce(&self.announcer, self.context, consumer, self.round, reserve);
        sent.await.unwrap_or_else(|problem| self.note(problem))
    }

    /// Announces the consumer's certificates that end soon.
    async fn announce_certificates(&self, consumer: &OrganisationNumber) -> Sent {
        let sent = self
            .consents
            .announce_certificates(&self.announcer, self.context, consumer);
        sent.await.unwrap_or_else(|problem| self.note(problem))
    }

    /// Polls the consumer's feed.
    async fn poll(&self, consumer: &OrganisationNumber) -> Polled {
        let context = self.context.for_tenant(consumer);
        // Approvals become known by the browser's return; their events find the lost ones.
        let selections: &[_] = match self.consents.receivers.of_consumer(consumer) {
            Some(_) => &[Selection::Ended, Selection::Accepted],
            None => &[Selection::Ended],
        };
        let polled = self.consents.poll(&context, consumer, selections);
        polled.await.unwrap_or_else(|problem| self.note(problem))
    }

    /// Logs a problem of one consumer's, which does not delay the others.
    fn note<T: Default>(&self, problem: Problem) -> T {
        self.context.log(&Event::from_problem("feed", &problem));
        let mut end = self.end.borrow_mut();
        if end.is_ok() {
            *end = Err(problem);
        }
        T::default()
    }
}
