//! Status snapshot of a job, according to Posten.

use serde::{Deserialize, Serialize};

use innsyn_protocols::posten::status::{Change, JobStatus, SignerState, SignerStatus};
use innsyn_protocols::posten::{Address, Identity};

/// Progress of a job. It only increases, so that a message about an earlier step cannot overwrite
/// a later one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Progress {
    pub(super) status: JobStatus,
    /// Number of signers that have acted, while the job is in progress.
    pub(super) acted: usize,
}

impl Progress {
    /// Returns the steps of a job with `signers` signers, the furthest first. A failed job may
    /// become a completed one: it is not documented whether a signer can try again after a
    /// technical failure.
    pub(super) fn all(signers: usize) -> impl Iterator<Item = Self> {
        let over = [JobStatus::Completed, JobStatus::Failed];
        let over = over.map(|status| Self { status, acted: 0 });
        let in_progress = (0..=signers).rev().map(|acted| Self {
            status: JobStatus::InProgress,
            acted,
        });
        over.into_iter().chain(in_progress)
    }

    /// Returns the progress in a change.
    pub(super) fn from_change(change: &Change) -> Self {
        let signers = change.signers.iter();
        let acted = match change.job {
            JobStatus::InProgress => signers
                .filter(|signer| signer.status != SignerStatus::Waiting)
                .count(),
            JobStatus::Completed | JobStatus::Failed => 0,
        };
        Self {
            status: change.job,
            acted,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self.status {
            JobStatus::InProgress => "in progress",
            JobStatus::Failed => "failed",
            JobStatus::Completed => "completed",
        }
    }
}

/// Status of a job at one step of its progress, according to Posten. It holds numbers and has no `Debug`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct StatusSnapshot {
    pub(super) job_id: i64,
    pub(super) signers: Vec<Signer>,
    pub(super) confirmation: Option<Address>,
    pub(super) cancellation: Option<Address>,
    pub(super) delete_documents: Option<Address>,
    pub(super) pades: Option<Address>,
}

/// Status of a signer.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Signer {
    pub(super) who: Option<Identity>,
    /// Posten's name of the status.
    pub(super) status: String,
    /// Time since which the status applies, in Unix nanoseconds.
    pub(super) since: i64,
    pub(super) xades: Option<Address>,
}

impl From<&Change> for StatusSnapshot {
    fn from(change: &Change) -> Self {
        Self {
            job_id: change.job_id,
            signers: change.signers.iter().map(Signer::from).collect(),
            confirmation: change.confirmation.clone(),
            cancellation: change.cancellation.clone(),
            delete_documents: change.delete_documents.clone(),
            pades: change.pades.clone(),
        }
    }
}

impl From<&SignerState> for Signer {
    fn from(state: &SignerState) -> Self {
        Self {
            who: state.who.clone(),
            status: state.status.as_str().to_owned(),
            since: i64::try_from(state.since.unix_timestamp_nanos()).unwrap_or_default(),
            xades: state.xades.clone(),
        }
    }
}

impl StatusSnapshot {
    /// Merges two snapshots: the newer status wins, and an address that one of them has is kept.
    /// The exception is the cancellation, whose absence means that it is too late.
    ///
    /// Changes arrive in any order, and more than once. A change is dated by the times since which
    /// its signers have their status.
    #[must_use]
    pub(super) fn and(self, arrived: Self) -> Self {
        let (newer, older) = if arrived.since() < self.since() {
            (self, arrived)
        } else {
            (arrived, self)
        };
        let mut signers: Vec<Signer> = newer.signers;
        for signer in older.signers {
            match signers.iter_mut().find(|known| known.who == signer.who) {
                None => signers.push(signer),
                Some(known) => known.join(signer),
            }
        }
        Self {
            job_id: newer.job_id,
            signers,
            confirmation: newer.confirmation.or(older.confirmation),
            cancellation: newer.cancellation,
            delete_documents: newer.delete_documents.or(older.delete_documents),
            pades: newer.pades.or(older.pades),
        }
    }

    /// Returns the time of the newest event of a signer, in Unix nanoseconds.
    pub(super) fn since(&self) -> Option<i64> {
        self.signers.iter().map(|signer| signer.since).max()
    }

    /// Returns the signer identified by `who`. Posten may omit the name in a job with one signer.
    pub(super) fn signer(&self, who: &Identity) -> Option<&Signer> {
        let named = |signer: &&Signer| signer.who.as_ref() == Some(who);
        match self.signers.as_slice() {
            [only] if only.who.is_none() => Some(only),
            signers => signers.iter().find(named),
        }
    }
}

impl Signer {
    fn join(&mut self, older: Self) {
        if older.since > self.since {
            self.since = older.since;
            self.status = older.status;
        }
        self.xades = self.xades.take().or(older.xades);
    }
}
