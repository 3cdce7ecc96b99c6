//! Emptying the queue of changes: there is no webhook at Posten, and a component has no background work.

use std::cell::Cell;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;

use super::Signatures;
use super::refusal::{self, POSTEN, SHUT_OUT};
use crate::config::Consumers;
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::posten::refusal::Reason;
use crate::posten::{Flow, poll};
use crate::problem::Problem;
use crate::store::Turn;

/// A lost answer is not asked for again: its change comes back by itself, and to ask at once would be too early.
const POLL: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 256 * 1024,
    repeat: Repeat::Never,
};

/// The drain stops this long before the request's deadline; the next one goes on. A question that is cut off costs ten
/// minutes: its change is lent to nobody.
const RESERVE: Duration = Duration::from_secs(15);

/// Between the starts of two calls. Posten takes ten in a second from an organisation, whose customers call as well.
const GAP: Duration = Duration::from_millis(125);

/// How long a drain waits for the next permitted time. The clocks may differ by as much: Posten takes no seal that is
/// five seconds off.
const PATIENCE: time::Duration = time::Duration::seconds(5);

/// When an empty queue may be asked again where Posten does not say (signering-docs, "Polling").
const UNSAID: time::Duration = time::Duration::minutes(10);

/// Each has queues of its own.
const FLOWS: [Flow; 2] = [Flow::Direct, Flow::Portal];

/// What a drain did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Drained {
    /// Changes that were stored.
    pub changes: usize,
    /// Those of them that belong to no job of ours.
    pub orphans: usize,
    /// Changes that Posten has been told of. The others come again.
    pub confirmed: usize,
    /// Changes that could not be read. They come again too.
    pub unreadable: usize,
    /// Whether there may be more to fetch already, because the time was up.
    pub more: bool,
}

/// How one queue ended.
pub(super) enum End {
    /// It is empty, or it must not be asked yet.
    Empty,
    /// The time was up.
    OutOfTime,
    /// The organisation is shut out for a while.
    ShutOut,
}

impl Signatures {
    /// Takes each change from the queues of all consumers and both flows, stores it, and then confirms it.
    ///
    /// A consumer whose queue cannot be emptied does not keep the others waiting; the first problem is given at the end.
    /// While another drain is at work, this one does nothing: both together would ask more often than Posten allows, and
    /// Posten may take a confirmation to be for all changes of the job that are lent out, the other drain's too.
    pub async fn drain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<Drained, Problem> {
        let Some(turn) = Turn::take(context, &self.store, &consumers.default, "drain").await?
        else {
            context.log(&Event::new(Level::Info, "drain", "busy"));
            return Ok(Drained::default());
        };
        let end = self.drain_all(context, consumers).await;
        if let Err(problem) = turn.give_back(context).await {
            context.log(&Event::of("drain", &problem));
        }
        end
    }

    async fn drain_all<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<Drained, Problem> {
        let run = Run {
            signatures: self,
            context,
            last_call: Cell::new(None),
            drained: Cell::default(),
        };
        let mut end = Ok(());
        for consumer in consumers.all() {
            match run.consumer(consumer).await {
                Ok(false) => {}
                Ok(true) => {
                    // It is not documented whose number the filter counts: ours, or each consumer's.
                    run.shut_out(consumers).await?;
                    break;
                }
                Err(problem) => {
                    context.log(&Event::of("drain", &problem));
                    end = end.and(Err(problem));
                }
            }
        }
        let drained = run.drained.get();
        let outcome = if end.is_ok() { "ok" } else { "incomplete" };
        let mut event = Event::new(Level::Info, "drain", outcome);
        event.count = Some(drained.changes);
        context.log(&event);
        end.map(|()| drained)
    }
}

/// One drain.
pub(super) struct Run<'a, P> {
    pub(super) signatures: &'a Signatures,
    pub(super) context: &'a Context<'a, P>,
    /// By the platform's clock.
    last_call: Cell<Option<Duration>>,
    drained: Cell<Drained>,
}

impl<P: Platform> Run<'_, P> {
    /// Whether we are shut out.
    async fn consumer(&self, consumer: &OrganisationNumber) -> Result<bool, Problem> {
        for flow in FLOWS {
            match self.empty(consumer, flow).await? {
                End::Empty => {}
                End::OutOfTime => self.count(|drained| drained.more = true),
                End::ShutOut => return Ok(true),
            }
        }
        Ok(false)
    }

    /// No queue is asked for half a minute; one that rests for longer already goes on to.
    async fn shut_out(&self, consumers: &Consumers) -> Result<(), Problem> {
        let event = Event::new(Level::Warn, "drain", "shut-out");
        self.context.log(&event);
        let until = self.after(time::Duration::seconds(SHUT_OUT));
        let queue = self.signatures.queue.as_deref();
        let rows = self.signatures.rows(self.context);
        for consumer in consumers.all() {
            for flow in FLOWS {
                let next = rows.next_poll(consumer, flow, queue).await?;
                if next.is_none_or(|next| next < until) {
                    self.wait_until(consumer, flow, until).await?;
                }
            }
        }
        Ok(())
    }

    async fn empty(&self, consumer: &OrganisationNumber, flow: Flow) -> Result<End, Problem> {
        let queue = self.signatures.queue.as_deref();
        let rows = self.signatures.rows(self.context);
        if rows.next_poll(consumer, flow, queue).await?.is_some() {
            return Ok(End::Empty);
        }
        let request = self.signatures.posten.poll(flow, consumer, queue);
        let request = request.map_err(refusal::unsendable)?;
        let context = self.context.for_tenant(consumer);
        while context.left() > RESERVE {
            self.keep_pace().await;
            let answer = outbound::send(&context, &POLL, &request).await?;
            let next = match answer.status() {
                StatusCode::OK => {
                    if let Some(End::ShutOut) = self.change(consumer, flow, &answer).await? {
                        return Ok(End::ShutOut);
                    }
                    poll::next(answer.headers())
                }
                StatusCode::NO_CONTENT => {
                    let next = poll::next(answer.headers());
                    Some(next.unwrap_or_else(|| self.after(UNSAID)))
                }
                _ => match refusal::read(&answer).reason {
                    Reason::TooEarly { next } => Some(next.unwrap_or_else(|| self.after(UNSAID))),
                    Reason::Blocked => return Ok(End::ShutOut),
                    Reason::Code(_) | Reason::Unsaid => return Err(refusal::problem(&answer)),
                },
            };
            let Some(next) = next.filter(|next| *next > self.context.now()) else {
                continue;
            };
            let worth_it = answer.status() == StatusCode::OK && next <= self.after(PATIENCE);
            if !worth_it {
                self.wait_until(consumer, flow, next).await?;
                return Ok(End::Empty);
            }
            self.context.platform.sleep(self.until(next)).await;
        }
        Ok(End::OutOfTime)
    }

    /// `time` from now.
    fn after(&self, time: time::Duration) -> OffsetDateTime {
        self.context.now().saturating_add(time)
    }

    /// Returns how far away `time` is, or zero where it is past.
    fn until(&self, time: OffsetDateTime) -> Duration {
        let now = self.context.now().unix_timestamp_nanos();
        let nanoseconds = time.unix_timestamp_nanos().saturating_sub(now).max(0);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    async fn wait_until(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        next: OffsetDateTime,
    ) -> Result<(), Problem> {
        let queue = self.signatures.queue.as_deref();
        let rows = self.signatures.rows(self.context);
        rows.keep_next_poll(consumer, flow, queue, next).await
    }

    pub(super) async fn keep_pace(&self) {
        let platform = self.context.platform;
        if let Some(last) = self.last_call.get() {
            let since = platform.uptime().saturating_sub(last);
            if since < GAP {
                platform.sleep(GAP.saturating_sub(since)).await;
            }
        }
        self.last_call.set(Some(platform.uptime()));
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Drained)) {
        let mut drained = self.drained.get();
        change(&mut drained);
        self.drained.set(drained);
    }
}
