//! Job during its life: its signers, their statuses, and the changes that its sender gets.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::order::{Flow, Order};
use super::signature::Signature;

/// Retention of signed documents: the vendor's documentation, "lagring".
const KEPT: Duration = Duration::days(40);
/// Time before a sender may delete the documents: the same.
const DELETABLE_AFTER: Duration = Duration::hours(24);
/// Difference between the ids of successive jobs. The ids of signers have another step.
const BETWEEN_JOBS: i64 = 101;
const BETWEEN_SIGNERS: i64 = 7;

/// Signature job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) order: Order,
    pub(super) status: JobStatus,
    pub(super) created: OffsetDateTime,
    /// Time at which the job ended.
    pub(super) ended: Option<OffsetDateTime>,
    /// Signers, in the order's sequence.
    pub(super) signers: Vec<Signer>,
    /// Time at which each group of signers got access; lower groups sign first.
    pub(super) activated: BTreeMap<u8, OffsetDateTime>,
    /// Changes that the sender has not confirmed, oldest first.
    pub(super) changes: Vec<Change>,
    pub(super) documents_deleted: bool,
}

/// Signer of a job.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    /// Id that the service assigned.
    pub(super) id: i64,
    pub(super) state: State,
    pub(super) signature: Option<Signature>,
    /// Token at the end of the newest redirect address.
    pub(super) redirect: Option<Redirect>,
    /// Token that the browser last carried back to the sender.
    pub(super) status_token: Option<String>,
}

/// Token of a redirect address, which opens the ceremony once.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub(super) token: String,
    pub(super) used: bool,
}

/// Status of a signer, and its time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct State {
    pub(super) status: SignerStatus,
    pub(super) since: OffsetDateTime,
}

/// Change of a job, as the sender gets it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) at: OffsetDateTime,
    pub(super) status: JobStatus,
    /// States in the sequence of the job's signers.
    pub(super) signers: Vec<State>,
    /// End of the lease.
    pub(super) leased_until: Option<OffsetDateTime>,
}

/// A job's status, in both flows (direct.xsd and portal.xsd).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum JobStatus {
    InProgress,
    CompletedSuccessfully,
    Failed,
}

/// Status of a signer (direct.xsd and portal.xsd). Only the portal flow has `CANCELLED`,
/// `RESERVED`, `CONTACT_INFORMATION_MISSING` and `BLOCKED`; only the direct flow has `FAILED`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SignerStatus {
    Waiting,
    Signed,
    Rejected,
    Cancelled,
    Reserved,
    ContactInformationMissing,
    Expired,
    Blocked,
    SignersNameNotAvailable,
    NotApplicable,
    Failed,
}

/// Signer of a job, whose ceremony is open in a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ceremony {
    pub(super) job: i64,
    /// Position in the order, from 0.
    pub(super) position: usize,
}

impl Job {
    /// Creates a job that no signer has opened.
    pub(super) fn new(id: i64, order: Order, now: OffsetDateTime) -> Self {
        let ids = (0i64..).map(|position| {
            id.saturating_mul(BETWEEN_JOBS)
                .saturating_add(position.saturating_mul(BETWEEN_SIGNERS))
        });
        let signers = ids.zip(&order.signers).map(|(id, _)| Signer {
            id,
            state: State {
                status: SignerStatus::Waiting,
                since: now,
            },
            signature: None,
            redirect: None,
            status_token: None,
        });
        Self {
            id,
            status: JobStatus::InProgress,
            created: now,
            ended: None,
            signers: signers.collect(),
            activated: BTreeMap::new(),
            changes: Vec::new(),
            documents_deleted: false,
            order,
        }
    }

    pub(super) fn is_direct(&self) -> bool {
        matches!(self.order.flow, Flow::Direct { .. })
    }

    /// Returns whether the sender may delete the documents at `now`.
    pub(super) fn is_deletable(&self, now: OffsetDateTime) -> bool {
        self.status == JobStatus::CompletedSuccessfully
            && self.has_documents(now)
            && self
                .ended
                .is_some_and(|ended| now >= ended.saturating_add(DELETABLE_AFTER))
    }

    /// Returns whether the signed documents can be fetched at `now`.
    pub(super) fn has_documents(&self, now: OffsetDateTime) -> bool {
        !self.documents_deleted
            && self
                .ended
                .is_none_or(|ended| now < ended.saturating_add(KEPT))
    }

    /// The signatures so far, in the order of the signers.
    pub(super) fn signatures(&self) -> impl Iterator<Item = &Signature> {
        self.signers
            .iter()
            .filter_map(|signer| signer.signature.as_ref())
    }

    /// The position of the signer with this id.
    pub(super) fn position(&self, id: i64) -> Option<usize> {
        self.signers.iter().position(|signer| signer.id == id)
    }

    /// Returns the state that the sender would get now.
    pub(super) fn state(&self, at: OffsetDateTime) -> Change {
        Change {
            at,
            status: self.status,
            signers: self.signers.iter().map(|signer| signer.state).collect(),
            leased_until: None,
        }
    }
}

impl Redirect {
    /// Creates a redirect that has not been opened.
    pub(super) const fn new(token: String) -> Self {
        Self { token, used: false }
    }
}

impl JobStatus {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::CompletedSuccessfully => "COMPLETED_SUCCESSFULLY",
            Self::Failed => "FAILED",
        }
    }
}

impl SignerStatus {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Signed => "SIGNED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
            Self::Reserved => "RESERVED",
            Self::ContactInformationMissing => "CONTACT_INFORMATION_MISSING",
            Self::Expired => "EXPIRED",
            Self::Blocked => "BLOCKED",
            Self::SignersNameNotAvailable => "SIGNERS_NAME_NOT_AVAILABLE",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::Failed => "FAILED",
        }
    }
}
