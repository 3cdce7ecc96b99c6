//! The browser comes back from Altinn.
//!
//! What its query says is hearsay, and whose browser it is does not matter: the request that the state
//! belongs to is settled by Altinn's word, for whoever asked, and the browser is sent where the state's own ticket says. A code in
//! the query is at best where to ask.

use std::cell::RefCell;
use std::time::Duration;

use super::Consents;
use super::record::{Key, Record, Request, Ticket};
use super::rows::Rows;
use super::truth::Truth;
use crate::altinn::{Outcome, WayBack};
use crate::config::Consumers;
use crate::context::Context;
use crate::log::{Event, Level};
use crate::platform::Platform;
use crate::problem::Problem;
use crate::state::State;

/// How often Altinn is asked when the browser says that there is an answer and Altinn does not yet.
const LOOKS: u32 = 3;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(400);

/// How long all looks may take; the browser must be answered before the request's own deadline.
const LOOKING: Duration = Duration::from_secs(6);

/// A browser that came back.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What it brought.
    pub state: &'a State,
    /// What it says: that there is an answer, which makes us look again and nothing more, and under which code.
    pub says: WayBack<'a>,
    /// It came by `HEAD`: nothing is looked up or written.
    pub head: bool,
}

impl Consents {
    /// Settles the request that the state belongs to, and says where to send the browser. `None` for a
    /// state that belongs to none.
    ///
    /// While Altinn cannot be asked the outcome is *pending*, never a refusal.
    pub async fn arrive<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
        arrival: Arrival<'_>,
    ) -> Result<Option<String>, Problem> {
        let rows = self.rows(context);
        for consumer in consumers.all() {
            let Some(ticket) = rows.ticket(consumer, arrival.state).await? else {
                continue;
            };
            let Some(party) = ticket.party(self.environment) else {
                return Ok(None);
            };
            let key = ticket.key(consumer, &party);
            let context = &ticket.request.marked(context, consumer);
            let rows = self.rows(context);
            let outcome = self.settle_in_turn(&rows, &key, &ticket, arrival).await?;
            // The state's own address: the record may hold another asker's request.
            let address = ticket.request.return_address();
            return Ok(address.map(|address| address.with(outcome.as_str())));
        }
        Ok(None)
    }

    /// Settles the ticket's request, with a look at Altinn unless it has just had one: a browser that comes back again
    /// is sent on with what is known.
    async fn settle_in_turn<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        ticket: &Ticket,
        arrival: Arrival<'_>,
    ) -> Result<Outcome, Problem> {
        let context = rows.context;
        let request = &ticket.request;
        let flight = format!("back {}", request.id);
        let may_look =
            ticket.may_look(context.now()) || self.looks.is_aloft(context.platform, &flight);
        if arrival.head || !may_look {
            return self.settle(rows, key, request, arrival, false).await;
        }
        let led = RefCell::new(None);
        let look = async || {
            let end = async {
                // Another request may have looked since the ticket was read.
                let ticket = rows.ticket(key.consumer, arrival.state).await?;
                let mut looks = false;
                if let Some(mut ticket) = ticket.filter(|ticket| ticket.may_look(context.now())) {
                    ticket.look(context.now());
                    looks = true;
                    let kept = rows.keep_ticket(key.consumer, arrival.state, &ticket).await;
                    // The customer is told what Altinn says although a full store writes nothing down.
                    if let Err(problem) = kept {
                        context.log(&Event::of("consent", &problem));
                    }
                }
                self.settle(rows, key, request, arrival, looks).await
            };
            let end = end.await;
            led.replace(Some(end));
        };
        Box::pin(self.looks.join(context.platform, &flight, look)).await;
        if let Some(end) = led.take() {
            return end;
        }
        self.settle(rows, key, request, arrival, false).await
    }

    /// Settles the ticket's request and returns its outcome. Altinn is asked if `looks`.
    async fn settle<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        request: &Request,
        arrival: Arrival<'_>,
        looks: bool,
    ) -> Result<Outcome, Problem> {
        let now = rows.context.now();
        let kept = rows.record(key).await?;
        let other = kept
            .as_ref()
            .filter(|record| record.request.id != request.id);
        if other.is_some_and(|record| record.outcome(now) == Outcome::Granted) {
            // Of two requests at once, the other was approved.
            return Ok(Outcome::Granted);
        }
        let overwritten = other.is_some();
        let own = kept.filter(|record| record.request.id == request.id);
        let mut record = own.unwrap_or_else(|| Record::new(request.clone(), Outcome::Pending, now));
        if record.outcome(now) == Outcome::Pending && !arrival.head {
            let (answered, learned) = self.take_code(rows.context, &mut record, arrival.says);
            let outcome = if looks {
                self.look(rows.context, key, &record, answered).await
            } else {
                Outcome::Pending
            };
            record.settle(outcome, now);
            // A request that was overwritten takes its place back only with a yes.
            if outcome == Outcome::Granted
                || ((outcome != Outcome::Pending || learned) && !overwritten)
            {
                if outcome != Outcome::Pending {
                    rows.context
                        .log(&Event::new(Level::Info, "consent", outcome.as_str()));
                }
                if let Err(problem) = rows.keep(key, &record).await {
                    // The outcome is true all the same, and the next who reads the row asks Altinn; unless it is the
                    // code that is lost.
                    rows.context.log(&Event::of("consent", &problem));
                    if learned {
                        return Err(problem);
                    }
                }
            }
        }
        Ok(record.outcome(now))
    }

    /// Puts the code that the browser says into the record, where nobody else can tell it. Gives whether the browser's word
    /// is worth a second look, and whether the code is new.
    fn take_code<P: Platform>(
        &self,
        context: &Context<'_, P>,
        record: &mut Record,
        says: WayBack<'_>,
    ) -> (bool, bool) {
        let known = record.request.handle.as_deref();
        let other = says
            .code
            .filter(|code| known.is_none_or(|known| !known.eq_ignore_ascii_case(code)));
        match other {
            Some(code) if self.altinn.learns_codes_from_browsers() => {
                record.request.handle = Some(code.to_owned());
                (says.answered, true)
            }
            Some(_) => {
                context.log(
                    &Event::new(Level::Warn, "consent", "mismatch")
                        .cause("the browser says another code"),
                );
                (false, false)
            }
            None => (says.answered, false),
        }
    }

    /// Altinn's word, with some patience where the browser says that there is an answer.
    async fn look<P: Platform>(
        &self,
        context: &Context<'_, P>,
        key: &Key<'_>,
        record: &Record,
        answered: bool,
    ) -> Outcome {
        let context = context.within(LOOKING);
        let looks = if answered { LOOKS } else { 1 };
        for look in 1..=looks {
            match self.truth(&context, key, record).await {
                Ok(Truth::Known(Outcome::Pending) | Truth::Unknown) => {}
                Ok(Truth::Known(outcome)) => return outcome,
                Err(problem) => {
                    context.log(&Event::of("consent", &problem));
                    break;
                }
            }
            if look < looks {
                context.platform.sleep(PAUSE).await;
            }
        }
        Outcome::Pending
    }
}
