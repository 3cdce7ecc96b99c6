//! Drain of the consent component: polling of Altinn's event feed and announcement of events, under
//! the cross-host lease.

use serde::Serialize;

use super::Consents;
use super::feed::RESERVE;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::Selection;
use innsyn_runtime::config::Consumers;
use innsyn_runtime::store::Lease;

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
    /// Polls the event feed of every consumer, marks the consents that have ended, and announces
    /// what has changed.
    ///
    /// A consumer whose feed cannot be read does not delay the others; the first problem is returned
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
        let mut drained = Drained::default();
        let mut end = Ok(());
        for consumer in consumers.all() {
            if context.left() < RESERVE {
                break;
            }
            let marked = context.for_tenant(consumer);
            // Approvals become known by the browser's return; their events find the lost ones.
            let selections: &[_] = match self.receivers.of_consumer(consumer) {
                Some(_) => &[Selection::Ended, Selection::Accepted],
                None => &[Selection::Ended],
            };
            match self.poll(&marked, consumer, selections).await {
                Ok(polled) => {
                    drained.events = drained.events.saturating_add(polled.events);
                    drained.ended = drained.ended.saturating_add(polled.ended);
                }
                Err(problem) => {
                    context.log(&Event::from_problem("feed", &problem));
                    end = end.and(Err(problem));
                }
            }
        }
        for consumer in consumers.all() {
            let sent = self.announce(context, consumer).await?;
            drained.delivered = drained.delivered.saturating_add(sent.delivered);
            drained.waiting = drained.waiting.saturating_add(sent.waiting);
        }
        let mut event = Event::new(
            Level::Info,
            "feed",
            if end.is_ok() { "ok" } else { "incomplete" },
        );
        event.count = Some(drained.events);
        context.log(&event);
        end.map(|()| drained)
    }
}
