//! Transmission of an order: once, under a fresh seal.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::Signatures;
use super::record::random_id;
use super::refusal::{self, POSTEN};
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::platform::{Platform, Request, SendError};
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::posten::answer::{self, Created};
use innsyn_protocols::posten::{self, SealedOrder};
use innsyn_runtime::outbound::{self, Endpoint, RetryPolicy};

/// Endpoint policy of an order: a package of ten megabytes takes time.
const CREATE: Endpoint = Endpoint {
    counterparty: POSTEN,
    timeout: Duration::from_secs(30),
    max_body: 256 * 1024,
    retry: RetryPolicy::Never,
};

/// Maximum time that an order waits for the budget.
const TURN: Duration = Duration::from_secs(10);

/// Pause before an order that was over the budget is sealed and sent again.
const PAUSE: Duration = Duration::from_millis(250);

/// Maximum age of a seal when its package is sent. Posten accepts a seal that is five seconds old
/// (signering-docs, "Dokumentpakke"), and the time in the seal has no fractional seconds.
const FRESH: time::Duration = time::Duration::seconds(3);

/// Maximum number of sealings before a package is sent whatever the age of its seal: if one
/// signature takes longer than a seal is valid, no other is faster.
const SEALINGS: u32 = 3;

/// Result of sending the order.
pub(super) enum Sent {
    Created(Created),
    Refused(Problem),
    Unclear(Problem),
}

/// Result of sending the order.
pub(super) struct Transmission {
    pub(super) sent: Sent,
    /// Package that was sent last, if it is wanted: it is as large as the documents.
    pub(super) package: Option<Bytes>,
}

/// Order that exceeds the budget of calls to Posten.
struct OverBudget(Problem);

impl Signatures {
    /// Sends the order. A package that was refused after its seal had become too old is sealed and
    /// sent once more: the refusal proves that Posten created nothing.
    pub(super) async fn send<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &posten::Job,
        keeps_package: bool,
    ) -> Transmission {
        let mut package = None;
        let keep = |sealed| package = keeps_package.then_some(sealed);
        let sent = self.send_fresh(context, job, keep).await;
        Transmission { sent, package }
    }

    async fn send_fresh<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &posten::Job,
        mut keep: impl FnMut(Bytes),
    ) -> Sent {
        let turn = context.within(TURN);
        let mut is_last = false;
        loop {
            let (request, sealed) = match self.sealed(context, job) {
                Ok((order, sealed)) => {
                    keep(order.package);
                    (order.request, sealed)
                }
                Err(problem) => return Sent::Refused(problem),
            };
            let sent = match self.send_sealed(context, job, request).await {
                Ok(sent) => sent,
                // The order never left, so it is sealed anew and repeated while there is time.
                Err(OverBudget(_)) if turn.left() >= PAUSE => {
                    context.platform.sleep(PAUSE).await;
                    continue;
                }
                Err(OverBudget(problem)) => return Sent::Refused(problem),
            };
            match sent {
                Sent::Refused(problem)
                    if problem.kind == Kind::PackageRefused
                        && !is_last
                        && !is_fresh(context, sealed) =>
                {
                    context.log(&Event::from_problem("order", &problem));
                    is_last = true;
                }
                sent => return sent,
            }
        }
    }

    /// Returns the order and the time of its seal. The order is sent without any further wait.
    fn sealed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &posten::Job,
    ) -> Result<(SealedOrder, OffsetDateTime), Problem> {
        let boundary = random_id(context.platform);
        let mut sealings = 1;
        loop {
            let sealed = Cell::new(context.now());
            let now = || {
                sealed.set(context.now());
                sealed.get()
            };
            let order = self.posten.create(job, &self.seal, now, &boundary);
            let order = order.map_err(refusal::unsendable)?;
            if sealings == SEALINGS || is_fresh(context, sealed.get()) {
                return Ok((order, sealed.get()));
            }
            sealings = sealings.saturating_add(1);
        }
    }

    async fn send_sealed<P: Platform>(
        &self,
        context: &Context<'_, P>,
        job: &posten::Job,
        request: Request,
    ) -> Result<Sent, OverBudget> {
        let answer = match outbound::send_once(context, &CREATE, request).await {
            Ok(answer) => answer,
            Err(error @ SendError::OverBudget(_)) => return Err(OverBudget(lost(&error))),
            Err(error) if error.may_have_arrived() => return Ok(Sent::Unclear(lost(&error))),
            Err(error) => return Ok(Sent::Refused(lost(&error))),
        };
        if !answer.status().is_success() {
            let problem = refusal::problem(&answer);
            return Ok(if refusal::is_proof(&answer) {
                Sent::Refused(problem)
            } else {
                Sent::Unclear(problem)
            });
        }
        let is_ours = |echo: &str| echo == job.reference;
        let sent = match answer::created(&self.posten, job.flow(), answer.body()) {
            Ok(created) if created.reference.as_deref().is_none_or(is_ours) => {
                Sent::Created(created)
            }
            Ok(_) => Sent::Unclear(outbound::unreadable(POSTEN, "the reference is not ours")),
            Err(error) => Sent::Unclear(refusal::unreadable(error)),
        };
        Ok(sent)
    }
}

/// Returns whether a package that was sealed at `sealed` may be sent now.
fn is_fresh<P: Platform>(context: &Context<'_, P>, sealed: OffsetDateTime) -> bool {
    context.now() <= sealed.saturating_add(FRESH)
}

fn lost(error: &SendError) -> Problem {
    outbound::problem(POSTEN, error)
}
