//! Queue drain: polling of Posten's change queues. Posten has no webhooks, and a component has no
//! background work.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;

use super::Signatures;
use super::refusal::{self, POSTEN, SHUT_OUT};
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::posten::refusal::Reason;
use innsyn_protocols::posten::{Flow, poll};
use innsyn_runtime::config::Consumers;
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};
use innsyn_runtime::store::Lease;

/// Endpoint policy of a poll: a lost response is not retried. Its change is delivered again by
/// itself, and an immediate retry would be too early.
const POLL: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 256 * 1024,
    retry: RetryPolicy::Never,
};

/// Time before the request's deadline at which the drain stops; the next one continues. An
/// interrupted poll costs ten minutes: its change stays leased meanwhile. Events are sent in the
/// time that is left.
pub(super) const RESERVE: Duration = Duration::from_secs(15);

/// Time before the deadline at which polling stops if evidence is delivered.
const DELIVERY_RESERVE: Duration = Duration::from_secs(40);

/// Minimum interval between the starts of two calls. Posten allows an organisation ten per second,
/// and its customers' calls count too.
const GAP: Duration = Duration::from_millis(125);

/// Maximum wait of a drain for the next permitted poll. The clocks may differ by as much: Posten
/// rejects a seal that is five seconds off.
const PATIENCE: time::Duration = time::Duration::seconds(5);

/// Interval until the next poll of an empty queue if Posten names none (signering-docs, "Polling").
const UNSAID: time::Duration = time::Duration::minutes(10);

/// Signing flows; each has its own queues.
const FLOWS: [Flow; 2] = [Flow::Direct, Flow::Portal];

/// Result of a drain.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Drained {
    /// Number of changes stored.
    pub changes: usize,
    /// Number of these that belong to no job of the app.
    pub orphans: usize,
    /// Number of changes confirmed to Posten. The others are delivered again.
    pub confirmed: usize,
    /// Number of changes that are not confirmed yet, because the bank has no copy of the signed
    /// documents.
    pub held: usize,
    /// Number of changes that could not be read. They are delivered again too.
    pub unreadable: usize,
    /// Number of jobs whose evidence was delivered to the bank.
    pub delivered: usize,
    /// Number of events that were sent to the bank.
    pub events: usize,
    /// True if the time was up and there may be more to fetch.
    pub more: bool,
}

/// Reason why the drain of one queue ended.
pub(super) enum End {
    /// The queue is empty, or must not be polled yet.
    Empty,
    /// Time limit of the drain was reached.
    OutOfTime,
    /// Posten has blocked the organisation for a while.
    ShutOut,
}

impl Signatures {
    /// Fetches each change from the queues of all consumers and both flows, stores it, and then
    /// confirms it. After that it delivers evidence and sends events, for the jobs that have any.
    ///
    /// A consumer whose queue cannot be drained does not delay the others; the first problem is
    /// returned at the end. While another drain runs, this one does nothing: both together would
    /// poll more often than Posten allows, and Posten may apply a confirmation to all changes of
    /// the job that are leased, including the other drain's.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails, and the first problem of Posten.
    pub async fn drain<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
    ) -> Result<Drained, Problem> {
        let Some(lease) = Lease::acquire(context, &self.store, &consumers.default, "drain").await?
        else {
            context.log(&Event::new(Level::Info, "drain", "busy"));
            return Ok(Drained::default());
        };
        let end = self.drain_all(context, consumers).await;
        if let Err(problem) = lease.release(context).await {
            context.log(&Event::from_problem("drain", &problem));
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
            changed: RefCell::default(),
        };
        let (mut end, mut is_shut_out) = (Ok(()), false);
        for consumer in consumers.all() {
            match run.consumer(consumer).await {
                Ok(false) => {}
                Ok(true) => {
                    // Posten does not document whether the limit counts by the caller or by the
                    // consumer.
                    run.shut_out(consumers).await?;
                    is_shut_out = true;
                    break;
                }
                Err(problem) => {
                    context.log(&Event::from_problem("drain", &problem));
                    end = end.and(Err(problem));
                }
            }
        }
        if !is_shut_out {
            end = end.and(run.follow(consumers).await);
        }
        let drained = run.drained.get();
        let outcome = if end.is_ok() { "ok" } else { "incomplete" };
        let mut event = Event::new(Level::Info, "drain", outcome);
        event.count = Some(drained.changes);
        context.log(&event);
        end.map(|()| drained)
    }
}

/// Run of one drain.
pub(super) struct Run<'a, P> {
    pub(super) signatures: &'a Signatures,
    pub(super) context: &'a Context<'a, P>,
    /// Time of the last call, on the platform's clock.
    last_call: Cell<Option<Duration>>,
    drained: Cell<Drained>,
    /// Jobs whose changes this drain has stored: the agenda may have lost them.
    pub(super) changed: RefCell<Vec<(OrganisationNumber, String)>>,
}

impl<P: Platform> Run<'_, P> {
    /// Drains the queues of a consumer. Returns whether Posten has blocked the organisation.
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

    /// Postpones the polls of all queues by half a minute. A queue with a longer interval keeps it.
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
        let reserve = if self.signatures.evidence_receivers.is_empty() {
            RESERVE
        } else {
            DELIVERY_RESERVE
        };
        while context.left() > reserve {
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

    /// Returns the time `time` from now.
    fn after(&self, time: time::Duration) -> OffsetDateTime {
        self.context.now().saturating_add(time)
    }

    /// Returns the time until `time`, or zero if it is past.
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
