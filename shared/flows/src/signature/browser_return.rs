//! Browser return from Posten (exit address).
//!
//! The return and its exit address are untrusted. The job's status is looked up at Posten with the
//! token that the browser brings, and stored for the customer. The browser is redirected to the
//! address in the record.
//!
//! Visits require no login, and Posten blocks an organisation that calls too often. So a job is
//! looked up once in 5 s, across all instances, visitors and tokens, and not at all once it is
//! over. A visitor who arrives too soon with another token than the one before waits for the next
//! lookup: an invented token does not cost the signer theirs. If the wait is too long, or Posten
//! refuses, the browser is redirected with the known status, and the queue updates it later.

use std::time::Duration;

use super::Signatures;
use super::job::Job;
use super::refusal::{self, POSTEN};
use super::rows::Owner;
use super::snapshot::StatusSnapshot;
use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::Problem;
use innsyn_core::secret::Secret;
use innsyn_protocols::posten::refusal::{Code, Reason};
use innsyn_protocols::posten::status::{self, Change, JobStatus};
use innsyn_protocols::posten::{Address, Flow};
use innsyn_runtime::config::Consumers;
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};
use innsyn_runtime::state::State;

/// Maximum time that a browser waits for a status lookup: a person is waiting.
const LOOKING: Duration = Duration::from_secs(10);

/// Interval at which a waiting request tries to take the status lookup.
const PAUSE: Duration = Duration::from_secs(1);

/// Maximum number of browsers that wait for a status lookup in one instance. Further ones are sent
/// back at once.
pub(super) const WAITING: usize = 16;

/// Endpoint policy of a status lookup: one call, without retries.
const STATUS: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(5),
    max_body: 256 * 1024,
    retry: RetryPolicy::Never,
};

/// Browser return.
#[derive(Clone, Copy, Debug)]
pub struct BrowserReturn<'a> {
    /// State in the exit address.
    pub state: &'a State,
    /// `status_query_token`, with which Posten returns the job's status.
    pub token: Option<&'a Secret<String>>,
    /// True for `HEAD`: nothing is looked up or written.
    pub head: bool,
}

/// Result of a status lookup.
enum StatusLookup {
    Changed(Box<Change>),
    /// The token belongs to another job, or is outdated.
    WrongToken,
    /// The job has not ended for any signer.
    NotOver,
}

impl Signatures {
    /// Settles the job to which the state belongs, and returns the redirect address. `None` for an
    /// unknown state.
    ///
    /// While Posten is unavailable, the stored status is used; the queue updates it later.
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
            let id = ticket.id;
            let Some(record) = rows.record(consumer, &id).await? else {
                return Ok(None);
            };
            let context = &record.marked(context, consumer);
            let snapshot = rows.snapshot(consumer, &id, record.signers.len()).await?;
            let mut job = Job {
                id,
                record,
                snapshot,
            };
            // Further changes of a job that is over come through the queue.
            if !browser_return.head && !job.is_over() {
                self.settle(context, consumer, &mut job, browser_return.token)
                    .await;
            }
            let address = job.record.return_address();
            return Ok(address.map(|address| address.with(job.status().as_str())));
        }
        Ok(None)
    }

    /// Looks up the status of a direct job at Posten, and stores it with the token that was
    /// accepted.
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
                job.snapshot = kept.unwrap_or_else(|problem| {
                    // The status is correct nevertheless, and the queue will deliver it again.
                    context.log(&Event::from_problem("signature", &problem));
                    if job.is_over() {
                        job.snapshot.clone()
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
                // Another visit may have received the status meanwhile.
                let (rows, signers) = (self.rows(context), job.record.signers.len());
                match rows.snapshot(consumer, &job.id, signers).await {
                    Ok(snapshot) => job.snapshot = snapshot,
                    Err(problem) => context.log(&Event::from_problem("signature", &problem)),
                }
            }
            Err(problem) => context.log(&Event::from_problem("signature", &problem)),
        }
    }

    /// Looks up the status at Posten, if this visit gets a lookup in time. Returns `None` if it
    /// gets none, if the signing is not over, or if the token is no longer valid.
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
                    StatusLookup::Changed(change) => return Ok(Some(*change)),
                    StatusLookup::WrongToken => {
                        rows.keep_looked(consumer, id, token).await?;
                        return Ok(None);
                    }
                    StatusLookup::NotOver => {}
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

    /// Stores the change, and returns the job's new status.
    async fn take<P: Platform>(
        &self,
        context: &Context<'_, P>,
        consumer: &OrganisationNumber,
        job: &Job,
        change: &Change,
        token: &Secret<String>,
    ) -> Result<Option<(JobStatus, StatusSnapshot)>, Problem> {
        let (rows, record) = (self.rows(context), &job.record);
        let (owner, until) = (Owner::Job(&job.id), record.until());
        rows.add(consumer, owner, change, until).await?;
        self.enter(context, consumer, &job.id).await;
        rows.keep_token(consumer, &job.id, token, until).await?;
        // Written last: readers of this row rely on the others.
        rows.keep_looked(consumer, &job.id, token).await?;
        rows.snapshot(consumer, &job.id, record.signers.len()).await
    }

    /// Sends one status request to Posten.
    async fn look<P: Platform>(
        &self,
        context: &Context<'_, P>,
        address: &Address,
        token: &Secret<String>,
    ) -> Result<StatusLookup, Problem> {
        let request = self.posten.status(address, token.expose());
        let request = request.map_err(refusal::unsendable)?;
        let answer = outbound::send(context, &STATUS, &request).await?;
        if answer.status().is_success() {
            return status::read(&self.posten, Flow::Direct, answer.body())
                .map(|change| StatusLookup::Changed(Box::new(change)))
                .map_err(refusal::unreadable);
        }
        match refusal::read(&answer).reason {
            Reason::Code(Code::NotCompleted) => Ok(StatusLookup::NotOver),
            Reason::Code(Code::StatusToken) => Ok(StatusLookup::WrongToken),
            _ => Err(refusal::problem(&answer)),
        }
    }
}
