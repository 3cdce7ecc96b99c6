//! Life of a job: acts of its signers and its sender, and the passing of time.
//!
//! Follows the vendor's documentation of both flows and the annotations of its schemas.
//! Assumptions: an event of time is dated at its due moment, not when the job is read; a cancelled
//! job's signers are `CANCELLED` if they had access and `NOT_APPLICABLE` if not, and this is
//! reported like any change; the contact register is consulted when a signer gets access, not
//! before.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::contact::Contacts;
use super::job::{Job, JobStatus, SignerStatus, State};
use super::order::Flow;
use super::signature::Signature;

/// Lifetime of direct jobs: the vendor's documentation of the direct flow.
const DIRECT: Duration = Duration::days(30);

/// Reason why an action is not possible.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(super) enum ActionRefusal {
    #[error("the job is over")]
    Ended,
    #[error("this signer has done what there was to do")]
    Answered,
    #[error("others sign first, or the job is not open yet")]
    NotYet,
    #[error("there is no such thing in this flow, or for this signer")]
    WrongFlow,
}

impl Job {
    /// Gives access to the next group of signers, and ends the access of expired ones.
    pub(super) fn advance(&mut self, now: OffsetDateTime, contacts: &Contacts) {
        if self.status != JobStatus::InProgress {
            return;
        }
        let opening = match self.order.flow {
            Flow::Direct { .. } => self.created,
            Flow::Portal { activation, .. } => activation.unwrap_or(self.created).max(self.created),
        };
        if self.activated.is_empty() && opening <= now {
            self.let_in(opening, contacts);
        }
        let due = self
            .activated
            .iter()
            .map(|(group, at)| (*group, at.saturating_add(self.available())));
        let due = due.filter(|(group, deadline)| {
            *deadline <= now && self.waiting().any(|waiting| waiting == *group)
        });
        if let Some((group, deadline)) = due.min_by_key(|(_, deadline)| *deadline) {
            self.mark(deadline, SignerStatus::Expired, |waiting, _| {
                waiting == group
            });
            self.end(deadline, JobStatus::Failed);
        }
    }

    /// Stores the signer's signature. The next group gets access when all signers of this one have
    /// signed.
    pub(super) fn sign(
        &mut self,
        position: usize,
        signature: Signature,
        contacts: &Contacts,
    ) -> Result<(), ActionRefusal> {
        let at = signature.at;
        self.answer(position, SignerStatus::Signed, at)?;
        if let Some(signer) = self.signers.get_mut(position) {
            signer.signature = Some(signature);
        }
        let is_signed = |state: State| state.status == SignerStatus::Signed;
        if self.signers.iter().all(|signer| is_signed(signer.state)) {
            self.end(at, JobStatus::CompletedSuccessfully);
            return Ok(());
        }
        self.report(at);
        let last = self.activated.keys().next_back().copied();
        if !self.waiting().any(|group| Some(group) <= last) {
            self.let_in(at, contacts);
        }
        Ok(())
    }

    /// The signer's refusal, or another end that concerns this signer first.
    pub(super) fn fail(
        &mut self,
        position: usize,
        status: SignerStatus,
        at: OffsetDateTime,
    ) -> Result<(), ActionRefusal> {
        self.answer(position, status, at)?;
        self.end(at, JobStatus::Failed);
        Ok(())
    }

    /// The ceremony broke down, and can be tried again.
    pub(super) fn break_down(
        &mut self,
        position: usize,
        at: OffsetDateTime,
    ) -> Result<(), ActionRefusal> {
        self.answer(position, SignerStatus::Failed, at)?;
        self.report(at);
        Ok(())
    }

    /// The sender's change of mind: only in the portal.
    pub(super) fn cancel(&mut self, at: OffsetDateTime) -> Result<(), ActionRefusal> {
        if self.is_direct() {
            return Err(ActionRefusal::WrongFlow);
        }
        if self.status != JobStatus::InProgress {
            return Err(ActionRefusal::Ended);
        }
        let open: Vec<u8> = self.activated.keys().copied().collect();
        self.mark(at, SignerStatus::Cancelled, |group, _| {
            open.contains(&group)
        });
        self.end(at, JobStatus::Failed);
        Ok(())
    }

    /// Returns whether the signer at `position` may act now.
    pub(super) fn may_act(&self, position: usize) -> Result<(), ActionRefusal> {
        let signer = self.signers.get(position).ok_or(ActionRefusal::Answered)?;
        if self.status != JobStatus::InProgress {
            return Err(ActionRefusal::Ended);
        }
        if !is_open(signer.state.status) {
            return Err(ActionRefusal::Answered);
        }
        let group = self.order.signers.get(position).map(|signer| signer.order);
        match group {
            Some(group) if self.activated.contains_key(&group) => Ok(()),
            _ => Err(ActionRefusal::NotYet),
        }
    }

    fn answer(
        &mut self,
        position: usize,
        status: SignerStatus,
        since: OffsetDateTime,
    ) -> Result<(), ActionRefusal> {
        self.may_act(position)?;
        if let Some(signer) = self.signers.get_mut(position) {
            signer.state = State { status, since };
        }
        Ok(())
    }

    /// Lets in the first group that is not; a signer who cannot be reached ends the job.
    fn let_in(&mut self, at: OffsetDateTime, contacts: &Contacts) {
        let last = self.activated.keys().next_back().copied();
        let groups = self.order.signers.iter().map(|signer| signer.order);
        let Some(group) = groups.filter(|group| Some(*group) > last).min() else {
            return;
        };
        self.activated.insert(group, at);
        let mut unreachable = false;
        for (ordered, signer) in self.order.signers.iter().zip(&mut self.signers) {
            if ordered.order != group {
                continue;
            }
            signer.state.since = at;
            if let Some(status) = contacts.obstacle(&self.order, ordered) {
                signer.state.status = status;
                unreachable = true;
            }
        }
        if unreachable {
            self.end(at, JobStatus::Failed);
        }
    }

    /// Returns the groups of the signers who have not finished.
    fn waiting(&self) -> impl Iterator<Item = u8> {
        let groups = self.order.signers.iter().map(|signer| signer.order);
        groups
            .zip(&self.signers)
            .filter(|(_, signer)| is_open(signer.state.status))
            .map(|(group, _)| group)
    }

    /// Sets the status of the signers who have not finished, by their group and present status.
    fn mark(
        &mut self,
        since: OffsetDateTime,
        status: SignerStatus,
        concerns: impl Fn(u8, SignerStatus) -> bool,
    ) {
        for (ordered, signer) in self.order.signers.iter().zip(&mut self.signers) {
            let now = signer.state.status;
            if is_open(now) && concerns(ordered.order, now) {
                signer.state = State { status, since };
            }
        }
    }

    fn end(&mut self, at: OffsetDateTime, status: JobStatus) {
        // A ceremony that broke down stays what it is.
        self.mark(at, SignerStatus::NotApplicable, |_, now| {
            now == SignerStatus::Waiting
        });
        self.status = status;
        self.ended = Some(at);
        self.report(at);
    }

    /// Puts a change into the queue, where the sender polls.
    fn report(&mut self, at: OffsetDateTime) {
        if !matches!(self.order.flow, Flow::Direct { polling: false, .. }) {
            self.changes.push(self.state(at));
        }
    }

    fn available(&self) -> Duration {
        match self.order.flow {
            Flow::Direct { .. } => DIRECT,
            Flow::Portal {
                available_seconds, ..
            } => Duration::seconds(available_seconds),
        }
    }
}

/// Returns whether the signer can still sign. A failed ceremony can be tried again while the job is
/// in progress.
const fn is_open(status: SignerStatus) -> bool {
    matches!(status, SignerStatus::Waiting | SignerStatus::Failed)
}

#[cfg(test)]
mod tests;
