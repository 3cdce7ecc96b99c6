//! Browser return from Altinn (redirect URI).
//!
//! The query is untrusted, and it does not matter whose browser it is. Altinn's own status settles
//! the request to which the state belongs, and the browser is redirected to the address in the
//! state's ticket. A code in the query serves at most as a key for the lookup.

use std::cell::RefCell;
use std::time::Duration;

use super::Consents;
use super::lookup::LookupOutcome;
use super::record::{Key, Record, Request, Ticket};
use super::rows::Rows;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_protocols::altinn::{Outcome, ReturnQuery};
use innsyn_runtime::config::Consumers;
use innsyn_runtime::state::State;

/// Number of lookups if the browser reports an answer that Altinn does not have yet.
const LOOKS: u32 = 3;

/// Pause between two lookups.
const PAUSE: Duration = Duration::from_millis(400);

/// Maximum time of all lookups; the browser must get a response before the request's own deadline.
const LOOKING: Duration = Duration::from_secs(6);

/// Browser return.
#[derive(Clone, Copy, Debug)]
pub struct BrowserReturn<'a> {
    /// State in the redirect URI.
    pub state: &'a State,
    /// Untrusted contents of the query: that there is an answer, which only triggers a lookup, and
    /// under which code.
    pub says: ReturnQuery<'a>,
    /// True for `HEAD`: nothing is looked up or written.
    pub head: bool,
}

/// Assessment of what the browser reports.
#[derive(Clone, Copy, Debug, Default)]
struct BrowserReport {
    /// True if Altinn is asked again until it has an answer too.
    is_answered: bool,
    /// True if the record has got a code that it did not have.
    is_new_code: bool,
}

impl Consents {
    /// Settles the request to which the state belongs, and returns the redirect address. `None` for
    /// an unknown state.
    ///
    /// While Altinn cannot be asked, the outcome is *pending*, never a refusal.
    ///
    /// # Errors
    ///
    /// `Kind::StoreDown` if the store fails.
    pub async fn handle_return<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumers: &Consumers,
        browser_return: BrowserReturn<'_>,
    ) -> Result<Option<String>, Problem> {
        let rows = self.rows(context);
        for consumer in consumers.all() {
            let Some(ticket) = rows.ticket(consumer, browser_return.state).await? else {
                continue;
            };
            let Some(party) = ticket.party(self.environment) else {
                return Ok(None);
            };
            let key = ticket.key(consumer, &party);
            let context = &ticket.request.marked(context, consumer);
            let rows = self.rows(context);
            let outcome = self
                .settle_in_turn(&rows, &key, &ticket, browser_return)
                .await?;
            // The ticket's own address: the record may hold another customer's request.
            let address = ticket.request.return_address();
            return Ok(address.map(|address| address.with(outcome.as_str())));
        }
        Ok(None)
    }

    /// Settles the ticket's request, with a lookup at Altinn unless one was just made. A browser
    /// that returns again is redirected with the known outcome.
    async fn settle_in_turn<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        ticket: &Ticket,
        browser_return: BrowserReturn<'_>,
    ) -> Result<Outcome, Problem> {
        let context = rows.context;
        let request = &ticket.request;
        let flight = format!("back {}", request.id);
        let may_look =
            ticket.may_look(context.now()) || self.lookups.is_in_flight(context.platform, &flight);
        if browser_return.head || !may_look {
            return self.settle(rows, key, request, browser_return, false).await;
        }
        let led = RefCell::new(None);
        let look = async || {
            let end = async {
                // Another request may have made the lookup since the ticket was read.
                let ticket = rows
                    .ticket(key.subject.consumer, browser_return.state)
                    .await?;
                let mut looks = false;
                if let Some(mut ticket) = ticket.filter(|ticket| ticket.may_look(context.now())) {
                    ticket.look(context.now());
                    looks = true;
                    let kept = rows
                        .keep_ticket(key.subject.consumer, browser_return.state, &ticket)
                        .await;
                    // The customer gets Altinn's status even if the store is full.
                    if let Err(problem) = kept {
                        context.log(&Event::from_problem("consent", &problem));
                    }
                }
                self.settle(rows, key, request, browser_return, looks).await
            };
            let end = end.await;
            led.replace(Some(end));
        };
        Box::pin(self.lookups.join(context.platform, &flight, look)).await;
        if let Some(end) = led.take() {
            return end;
        }
        self.settle(rows, key, request, browser_return, false).await
    }

    /// Settles the ticket's request and returns its outcome. Looks it up at Altinn if `looks`.
    async fn settle<P: Platform>(
        &self,
        rows: &Rows<'_, P>,
        key: &Key<'_>,
        request: &Request,
        browser_return: BrowserReturn<'_>,
        looks: bool,
    ) -> Result<Outcome, Problem> {
        let now = rows.context.now();
        let kept = rows.record(key).await?;
        let other = kept
            .as_ref()
            .filter(|record| record.request.id != request.id);
        if other.is_some_and(|record| record.outcome(now) == Outcome::Granted) {
            // A concurrent start made a second request, and that one was approved.
            return Ok(Outcome::Granted);
        }
        let overwritten = other.is_some();
        let own = kept.filter(|record| record.request.id == request.id);
        let mut record = own.unwrap_or_else(|| Record::new(request.clone(), Outcome::Pending, now));
        if record.outcome(now) == Outcome::Pending && !browser_return.head {
            let report = self.take_code(rows.context, &mut record, browser_return.says);
            let outcome = if looks {
                self.look(rows.context, key, &record, report.is_answered)
                    .await
            } else {
                Outcome::Pending
            };
            record.settle(outcome, now);
            // An overwritten request replaces the record only if it was granted.
            if outcome == Outcome::Granted
                || ((outcome != Outcome::Pending || report.is_new_code) && !overwritten)
            {
                if outcome != Outcome::Pending {
                    rows.context
                        .log(&Event::new(Level::Info, "consent", outcome.as_str()));
                }
                if let Err(problem) = self.keep_settled(rows, key, &record).await {
                    // The outcome is correct nevertheless, and the next read of the row looks it up
                    // again, unless it is the code that is lost.
                    rows.context.log(&Event::from_problem("consent", &problem));
                    if report.is_new_code {
                        return Err(problem);
                    }
                }
            }
        }
        Ok(record.outcome(now))
    }

    /// Stores the code from the browser in the record, if there is no other source for it.
    fn take_code<P: Platform>(
        &self,
        context: &Context<'_, P>,
        record: &mut Record,
        says: ReturnQuery<'_>,
    ) -> BrowserReport {
        let known = record.request.handle.as_deref();
        let other = says
            .code
            .filter(|code| known.is_none_or(|known| !known.eq_ignore_ascii_case(code)));
        match other {
            Some(code) if self.altinn.learns_codes_from_browsers() => {
                record.request.handle = Some(code.to_owned());
                BrowserReport {
                    is_answered: says.answered,
                    is_new_code: true,
                }
            }
            Some(_) => {
                context.log(
                    &Event::new(Level::Warn, "consent", "mismatch")
                        .cause("the browser says another code"),
                );
                BrowserReport::default()
            }
            None => BrowserReport {
                is_answered: says.answered,
                is_new_code: false,
            },
        }
    }

    /// Looks up the status at Altinn, and repeats the lookup if the browser reports an answer.
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
            match self.lookup_outcome(&context, key, record).await {
                Ok(LookupOutcome::Known(Outcome::Pending) | LookupOutcome::Unknown) => {}
                Ok(LookupOutcome::Known(outcome)) => return outcome,
                Err(problem) => {
                    context.log(&Event::from_problem("consent", &problem));
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
