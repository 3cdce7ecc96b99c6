//! A job while it lives: its signers, what has become of each, and what its sender is told.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::order::{Flow, Order};
use super::signature::Signature;

/// How long what was signed is kept: the vendor's documentation, "lagring".
const KEPT: Duration = Duration::days(40);
/// How long a sender waits before the documents may be deleted: the same.
const DELETABLE_AFTER: Duration = Duration::hours(24);
/// Signers have ids of their own, which are none of their jobs'.
const BETWEEN_JOBS: i64 = 101;
const BETWEEN_SIGNERS: i64 = 7;

/// A job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) order: Order,
    pub(super) status: JobStatus,
    pub(super) created: OffsetDateTime,
    /// When it came to an end.
    pub(super) ended: Option<OffsetDateTime>,
    /// As in the order.
    pub(super) signers: Vec<Signer>,
    /// When each group of signers was let in: lower ones first.
    pub(super) activated: BTreeMap<u8, OffsetDateTime>,
    /// What the sender has not confirmed yet, oldest first.
    pub(super) changes: Vec<Change>,
    pub(super) documents_deleted: bool,
}

/// A signer of a job.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    /// The service's own id.
    pub(super) id: i64,
    pub(super) state: State,
    pub(super) signature: Option<Signature>,
    /// What the newest redirect address ends with.
    pub(super) redirect: Option<Redirect>,
    /// What the browser carried back to the sender last.
    pub(super) status_token: Option<String>,
}

/// A redirect address opens the ceremony once.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub(super) token: String,
    pub(super) used: bool,
}

/// What has become of a signer, and since when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct State {
    pub(super) status: SignerStatus,
    pub(super) since: OffsetDateTime,
}

/// What the sender is told about a job, as it was when something happened.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) at: OffsetDateTime,
    pub(super) status: JobStatus,
    /// In the order of the job's signers.
    pub(super) signers: Vec<State>,
    /// Somebody has it, until then.
    pub(super) leased_until: Option<OffsetDateTime>,
}

/// A job's status, in both flows (direct.xsd and portal.xsd).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum JobStatus {
    InProgress,
    CompletedSuccessfully,
    Failed,
}

/// A signer's status: `CANCELLED`, `RESERVED`, `CONTACT_INFORMATION_MISSING` and `BLOCKED` are the
/// portal's alone, `FAILED` the direct flow's (direct.xsd and portal.xsd).
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

impl Job {
    /// A new one, in which nobody has been let in.
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

    /// Whether the sender may delete the documents at `now`.
    pub(super) fn is_deletable(&self, now: OffsetDateTime) -> bool {
        self.status == JobStatus::CompletedSuccessfully
            && self.has_documents(now)
            && self
                .ended
                .is_some_and(|ended| now >= ended.saturating_add(DELETABLE_AFTER))
    }

    /// Whether what was signed can be fetched at `now`.
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

    /// What the sender would be told now.
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
    /// One that nobody has opened.
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
