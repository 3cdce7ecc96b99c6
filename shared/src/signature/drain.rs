//! Emptying the queue of changes: there is no webhook at Posten, and a component has no background work.

use std::cell::Cell;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;

use super::Signatures;
use super::record::{AFTERMATH, Record, is_id};
use super::refusal::{self, POSTEN, SHUT_OUT};
use super::rows::Whose;
use crate::config::Consumers;
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::party::OrganisationNumber;
use crate::platform::{Platform, Response};
use crate::posten::refusal::Reason;
use crate::posten::status::{self, Change};
use crate::posten::{Flow, poll};
use crate::problem::Problem;

/// A lost answer is not asked for again: its change comes back by itself, and to ask at once would be too early.
const POLL: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 256 * 1024,
    repeat: Repeat::Never,
};

const CONFIRM: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(10),
    max_body: 64 * 1024,
    repeat: Repeat::Idempotent(2),
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

/// What a drain did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Drained {
    /// Changes that were stored.
    pub changes: usize,
    /// Those of them that belong to no job of ours.
    pub orphans: usize,
    /// Changes that Posten has been told of. The others come again.
    pub confirmed: usize,
    /// Whether there may be more to fetch already, because the time was up.
    pub more: bool,
}

/// How one queue ended.
enum End {
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
    /// A consumer whose queue cannot be emptied does not keep the others waiting; the first problem is given at the end. Two
    /// drains at once do no harm: Posten gives each change to one of them.
    pub async fn drain<P: Platform>(
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
            if let Err(problem) = run.consumer(consumer).await {
                context.log(&Event::of("drain", &problem));
                end = end.and(Err(problem));
            }
        }
        let drained = run.drained.get();
        let mut event = Event::new(Level::Info, "drain", "ok");
        event.count = Some(drained.changes);
        context.log(&event);
        end.map(|()| drained)
    }
}

/// One drain.
struct Run<'a, P> {
    signatures: &'a Signatures,
    context: &'a Context<'a, P>,
    /// By the platform's clock.
    last_call: Cell<Option<Duration>>,
    drained: Cell<Drained>,
}

impl<P: Platform> Run<'_, P> {
    async fn consumer(&self, consumer: &OrganisationNumber) -> Result<(), Problem> {
        for flow in [Flow::Direct, Flow::Portal] {
            match self.empty(consumer, flow).await? {
                End::Empty => {}
                End::OutOfTime => self.count(|drained| drained.more = true),
                End::ShutOut => {
                    let until = self.context.now() + Duration::from_secs(SHUT_OUT);
                    for flow in [Flow::Direct, Flow::Portal] {
                        self.wait_until(consumer, flow, until).await?;
                    }
                    return Ok(());
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
        while self.context.left() > RESERVE {
            self.keep_pace().await;
            let answer = outbound::send(self.context, &POLL, &request).await?;
            let next = match answer.status() {
                StatusCode::OK => {
                    if let Some(End::ShutOut) = self.change(consumer, flow, &answer).await? {
                        return Ok(End::ShutOut);
                    }
                    poll::next(answer.headers())
                }
                StatusCode::NO_CONTENT => {
                    let next = poll::next(answer.headers());
                    Some(next.unwrap_or_else(|| self.context.now() + UNSAID))
                }
                _ => match refusal::read(&answer).reason {
                    Reason::TooEarly { next } => {
                        Some(next.unwrap_or_else(|| self.context.now() + UNSAID))
                    }
                    Reason::Blocked => return Ok(End::ShutOut),
                    Reason::Code(_) | Reason::Unsaid => return Err(refusal::problem(&answer)),
                },
            };
            let Some(next) = next.filter(|next| *next > self.context.now()) else {
                continue;
            };
            let wait = next - self.context.now();
            let worth_it = answer.status() == StatusCode::OK && wait <= PATIENCE;
            if !worth_it {
                self.wait_until(consumer, flow, next).await?;
                return Ok(End::Empty);
            }
            self.context.platform.sleep(wait.unsigned_abs()).await;
        }
        Ok(End::OutOfTime)
    }

    /// Stores a change and then confirms it. One that cannot be read is passed over: it is lent to us for ten
    /// minutes, so that the others come meanwhile.
    async fn change(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        answer: &Response,
    ) -> Result<Option<End>, Problem> {
        let change = match status::read(&self.signatures.posten, flow, answer.body()) {
            Ok(change) => change,
            Err(error) => {
                let mut event = Event::of("drain", &refusal::unreadable(error));
                event.level = Level::Error;
                self.context.log(&event);
                return Ok(None);
            }
        };
        self.store(consumer, flow, &change).await?;
        self.count(|drained| drained.changes += 1);
        self.confirm(&change).await
    }

    async fn store(
        &self,
        consumer: &OrganisationNumber,
        flow: Flow,
        change: &Change,
    ) -> Result<(), Problem> {
        let rows = self.signatures.rows(self.context);
        if let Some((id, record)) = self.owner(consumer, flow, change).await? {
            let whose = Whose::Job { id };
            return rows.add(consumer, whose, change, record.until()).await;
        }
        self.count(|drained| drained.orphans += 1);
        let event = Event::new(Level::Warn, "drain", "orphan");
        self.context.log(&event.cause(format_args!(
            "no record of the {} job {} at {POSTEN}",
            flow.as_str(),
            change.job_id
        )));
        let job_id = &change.job_id.to_string();
        let until = self.context.now() + AFTERMATH;
        let whose = Whose::Orphan { flow, job_id };
        rows.add(consumer, whose, change, until).await
    }

    /// The record that the change is about: that of its reference, unless that one is known to be another job of Posten's.
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
        let known = match &record.made {
            Some(made) => Some(made.job_id),
            None => {
                let standing = rows.standing(consumer, Whose::Job { id }).await?;
                standing.map(|(_, standing)| standing.job_id)
            }
        };
        let is_same = known.is_none_or(|known| known == change.job_id);
        Ok(is_same.then_some((id, record)))
    }

    /// A confirmation that fails is no harm: the change comes again, and is confirmed then.
    async fn confirm(&self, change: &Change) -> Result<Option<End>, Problem> {
        let Some(confirmation) = &change.confirmation else {
            return Ok(None);
        };
        let request = self.signatures.posten.confirm(confirmation);
        let request = request.map_err(refusal::unsendable)?;
        self.keep_pace().await;
        match outbound::send(self.context, &CONFIRM, &request).await {
            Ok(answer) if answer.status().is_success() => {
                self.count(|drained| drained.confirmed += 1);
            }
            Ok(answer) if refusal::read(&answer).reason == Reason::Blocked => {
                return Ok(Some(End::ShutOut));
            }
            Ok(answer) => {
                let problem = refusal::problem(&answer);
                self.context.log(&Event::of("confirm", &problem));
            }
            Err(problem) => self.context.log(&Event::of("confirm", &problem)),
        }
        Ok(None)
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

    async fn keep_pace(&self) {
        let platform = self.context.platform;
        if let Some(last) = self.last_call.get() {
            let since = platform.uptime().saturating_sub(last);
            if since < GAP {
                platform.sleep(GAP.saturating_sub(since)).await;
            }
        }
        self.last_call.set(Some(platform.uptime()));
    }

    fn count(&self, change: impl FnOnce(&mut Drained)) {
        let mut drained = self.drained.get();
        change(&mut drained);
        self.drained.set(drained);
    }
}
