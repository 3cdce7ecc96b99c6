//! The browser comes back from Posten.
//!
//! That it comes, and to which of the exit addresses, is hearsay: the job is looked up at Posten with the token that
//! the browser brings, its standing is kept for whoever ordered it, and the browser is sent where the record says.
//!
//! Visits need no login, and Posten shuts an organisation out that calls too often. So a job is looked up once in five
//! seconds, by all instances together, whoever comes and with whatever token; and not at all once it is over. One who comes
//! too soon with another token than the one before waits for the next look: a token that somebody has made up does not cost
//! the signer theirs. Where that is too long, or Posten says no, the browser is sent home with what is known, and the queue
//! heals it.

use std::time::Duration;

use super::Signatures;
use super::job::Job;
use super::refusal::{self, POSTEN};
use super::rows::Whose;
use super::standing::Standing;
use crate::config::Consumers;
use crate::context::Context;
use crate::log::{Event, Level};
use crate::outbound::{self, Call, Repeat};
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::posten::refusal::{Code, Reason};
use crate::posten::status::{self, Change, JobStatus};
use crate::posten::{Address, Flow};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::state::State;

/// Maximum time that a browser waits for a status lookup: a person is waiting.
const LOOKING: Duration = Duration::from_secs(10);

/// Interval at which a waiting request tries to take the status lookup.
const PAUSE: Duration = Duration::from_secs(1);

/// Maximum number of browsers that wait for a status lookup in one instance. Further ones are sent back at once.
pub(super) const WAITING: usize = 16;

/// Endpoint policy of a status lookup: one call, without retries.
const STATUS: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(5),
    max_body: 256 * 1024,
    repeat: Repeat::Never,
};

/// A browser that came back.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What the exit address holds.
    pub state: &'a State,
    /// `status_query_token`, with which Posten tells how the job stands.
    pub token: Option<&'a Secret<String>>,
    /// It came by `HEAD`: nothing is looked up or written.
    pub head: bool,
}

/// Result of a status lookup.
enum Look {
    Told(Box<Change>),
    /// The token is another's, or an old one.
    WrongToken,
    /// No signer has come to the end.
    NotOver,
}

impl Signatures {
    /// Settles the job that the state belongs to, and says where to send the browser. `None` for a state that belongs
    /// to none.
    ///
    /// While Posten cannot be asked, what was known before stands; the queue heals it.
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
            let id = ticket.id;
            let Some(record) = rows.record(consumer, &id).await? else {
                return Ok(None);
            };
            let context = &record.marked(context, consumer);
            let standing = rows.standing(consumer, &id, record.signers.len()).await?;
            let mut job = Job {
                id,
                record,
                standing,
            };
            // What becomes of a job that is over, the queue tells.
            if !arrival.head && !job.is_over() {
                self.settle(context, consumer, &mut job, arrival.token)
                    .await;
            }
            let address = job.record.return_address();
            return Ok(address.map(|address| address.with(job.status().as_str())));
        }
        Ok(None)
    }

    /// Looks at Posten how a direct job stands, and keeps it, with the token that was good for it.
    pub(super) async fn settle<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &mut Job,
        token: Option<&Secret<String>>,
    ) {
        let made = job.record.made.as_ref();
        let (Some(made), Some(token)) = (made, token) else {
            return;
        };
        let Some(address) = &made.status else {
            return;
        };
        let looking = context.within(LOOKING);
        let end = self
            .look_in_turn(&looking, consumer, &job.id, address, token)
            .await;
        match end {
            Ok(Some(change)) if change.job_id == made.job_id => {
                let kept = self.take(context, consumer, job, &change, token).await;
                job.standing = kept.unwrap_or_else(|problem| {
                    // It is true all the same, and the queue will tell it again.
                    context.log(&Event::of("signature", &problem));
                    if job.is_over() {
                        job.standing.clone()
                    } else {
                        Some((change.job, (&change).into()))
                    }
                });
            }
            Ok(Some(_)) => {
                let event = Event::new(Level::Error, "signature", "mismatch");
                context.log(&event.cause("the status is of another job"));
            }
            Ok(None) => {
                // Another visit may have been told meanwhile.
                let (rows, signers) = (self.rows(context), job.record.signers.len());
                match rows.standing(consumer, &job.id, signers).await {
                    Ok(standing) => job.standing = standing,
                    Err(problem) => context.log(&Event::of("signature", &problem)),
                }
            }
            Err(problem) => context.log(&Event::of("signature", &problem)),
        }
    }

    /// Posten's word, if this visit gets a look in time. `None` where it gets none, where the signing is not over, or where
    /// the token is not good any more.
    async fn look_in_turn<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        id: &str,
        address: &Address,
        token: &Secret<String>,
    ) -> Result<Option<Change>, Problem> {
        let rows = self.rows(context);
        let mut place = None;
        loop {
            if rows.has_looked(consumer, id, token).await? {
                return Ok(None);
            }
            if rows.take_look(consumer, id).await? {
                match self.look(context, address, token).await? {
                    Look::Told(change) => return Ok(Some(*change)),
                    Look::WrongToken => {
                        rows.keep_looked(consumer, id, token).await?;
                        return Ok(None);
                    }
                    Look::NotOver => {}
                }
            }
            if place.is_none() {
                place = self.waiting.try_acquire();
            }
            if place.is_none() || context.left() <= PAUSE {
                return Ok(None);
            }
            context.platform.sleep(PAUSE).await;
        }
    }

    /// Keeps the change, and gives what the job stands as now.
    async fn take<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
        change: &Change,
        token: &Secret<String>,
    ) -> Result<Option<(JobStatus, Standing)>, Problem> {
        let (rows, record) = (self.rows(context), &job.record);
        let (whose, until) = (Whose::Job(&job.id), record.until());
        rows.add(consumer, whose, change, until).await?;
        rows.keep_token(consumer, &job.id, token, until).await?;
        // Last: whoever reads it relies on the rest.
        rows.keep_looked(consumer, &job.id, token).await?;
        rows.standing(consumer, &job.id, record.signers.len()).await
    }

    /// Asks Posten, once.
    async fn look<P: Platform>(
        &self,
        context: &Context<'_, P>,
        address: &Address,
        token: &Secret<String>,
    ) -> Result<Look, Problem> {
        let request = self.posten.status(address, token.expose());
        let request = request.map_err(refusal::unsendable)?;
        let answer = outbound::send(context, &STATUS, &request).await?;
        if answer.status().is_success() {
            return status::read(&self.posten, Flow::Direct, answer.body())
                .map(|change| Look::Told(Box::new(change)))
                .map_err(refusal::unreadable);
        }
        match refusal::read(&answer).reason {
            Reason::Code(Code::NotCompleted) => Ok(Look::NotOver),
            Reason::Code(Code::StatusToken) => Ok(Look::WrongToken),
            _ => Err(refusal::problem(&answer)),
        }
    }
}
