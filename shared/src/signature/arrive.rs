//! The browser comes back from Posten.
//!
//! That it comes, and to which of the exit addresses, is hearsay: the job is looked up at Posten with the token that
//! the browser brings, its standing is kept for whoever ordered it, and the browser is sent where the record says.

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

/// How often Posten is asked when the browser is back and the signing is not over yet.
const LOOKS: u32 = 3;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(400);

/// How long all looks may take: a person waits.
const LOOKING: Duration = Duration::from_secs(8);

const STATUS: Call = Call {
    counterparty: POSTEN,
    timeout: Duration::from_secs(5),
    max_body: 256 * 1024,
    repeat: Repeat::Idempotent(2),
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
            if !arrival.head {
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
        match self.look(&context.within(LOOKING), address, token).await {
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
            Ok(None) => {}
            Err(problem) => context.log(&Event::of("signature", &problem)),
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
        rows.standing(consumer, &job.id, record.signers.len()).await
    }

    /// Posten's word, with some patience. `None` where the signing is not over, or the token is not good any more.
    async fn look<P: Platform>(
        &self,
        context: &Context<'_, P>,
        address: &Address,
        token: &Secret<String>,
    ) -> Result<Option<Change>, Problem> {
        let request = self.posten.status(address, token.expose());
        let request = request.map_err(refusal::unsendable)?;
        for look in 1..=LOOKS {
            let answer = outbound::send(context, &STATUS, &request).await?;
            if answer.status().is_success() {
                return status::read(&self.posten, Flow::Direct, answer.body())
                    .map(Some)
                    .map_err(refusal::unreadable);
            }
            match refusal::read(&answer).reason {
                Reason::Code(Code::NotCompleted) => {}
                Reason::Code(Code::StatusToken) => return Ok(None),
                _ => return Err(refusal::problem(&answer)),
            }
            if look < LOOKS {
                context.platform.sleep(PAUSE).await;
            }
        }
        Ok(None)
    }
}
