//! Signature job in the customer's view.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Signatures;
use super::record::{Record, is_id};
use super::snapshot::{self, StatusSnapshot};
use super::viewer::Viewer;
use innsyn_core::context::Context;
use innsyn_core::party::PersonNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::posten::status::{JobStatus, SignerStatus};
use innsyn_protocols::posten::{Address, Flow, Identity};

/// Status of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Posten may have the job or not: its response was lost. The queue settles the status, or the
    /// job never existed.
    Unknown,
    /// Open: a signer may still sign.
    InProgress,
    /// Completed: all signers have signed.
    Completed,
    /// Ended without all signatures.
    Failed,
}

impl Status {
    /// Returns the status as written in responses and return addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// Job as shown to the customer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct JobView {
    /// Id of the job in this API.
    pub id: String,
    /// Signing flow.
    pub flow: Flow,
    /// Status of the job as a whole.
    pub status: Status,
    /// Signers, in the order of the order.
    pub signers: Vec<SignerView>,
    /// Sealed package in base64; only in the response to an order that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

impl JobView {
    pub(super) fn with_package(mut self, package: Option<Bytes>) -> Self {
        self.package = package.map(|package| STANDARD.encode(package));
        self
    }
}

/// Signer as shown to the customer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SignerView {
    /// Number of the signer in the job, from 0. The customer knows the identity.
    pub signer: usize,
    /// Posten's status in lower case; `unknown` if Posten has returned none for the signer, or an
    /// undocumented one.
    pub status: &'static str,
    /// Time since which the status applies, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Redirect URL of the signing page; only in the response to an order, and valid once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
}

impl SignerView {
    /// Returns whether the signer may have something left to do.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status, "waiting" | "failed" | "unknown")
    }
}

/// Job with its stored rows.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) record: Record,
    pub(super) snapshot: Option<(JobStatus, StatusSnapshot)>,
}

impl Signatures {
    /// Returns the stored status of a job.
    ///
    /// # Errors
    ///
    /// `Kind::SignatureUnknown` for an unknown job or another customer's, and `Kind::StoreDown` if
    /// the store fails.
    pub async fn status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
    ) -> Result<JobView, Problem> {
        Ok(self.job(context, viewer, id).await?.view())
    }

    /// Returns a job of the viewer's; one that they may not see counts as unknown. The audit line
    /// gets its id and the persons that it is about.
    pub(super) async fn job<P: Platform>(
        &self,
        context: &Context<'_, P>,
        viewer: impl Into<Viewer<'_>>,
        id: &str,
    ) -> Result<Job, Problem> {
        let viewer = viewer.into();
        let rows = self.rows(context);
        let record = if is_id(id) {
            rows.record(viewer.consumer, id).await?
        } else {
            None
        };
        let record = record
            .filter(|record| viewer.may_see(record))
            .ok_or(Kind::SignatureUnknown)?;
        context.audit.resource(id);
        for number in record.signers.iter().filter_map(person) {
            context.audit.party(number);
        }
        if !viewer.is_customer() {
            // Its pseudonym is the one that the customer's own requests have as their caller.
            context.audit.party(record.subject());
        }
        let snapshot = rows
            .snapshot(viewer.consumer, id, record.signers.len())
            .await?;
        Ok(Job {
            id: id.to_owned(),
            record,
            snapshot,
        })
    }
}

/// Returns the national identity number of a signer who has one.
fn person(identity: &Identity) -> Option<&str> {
    match identity {
        Identity::Named(name) if PersonNumber::parse(name).is_ok() => Some(name),
        _ => None,
    }
}

impl Job {
    pub(super) fn status(&self) -> Status {
        match &self.snapshot {
            Some((JobStatus::InProgress, _)) => Status::InProgress,
            Some((JobStatus::Completed, _)) => Status::Completed,
            Some((JobStatus::Failed, _)) => Status::Failed,
            None if self.record.made.is_some() => Status::InProgress,
            None => Status::Unknown,
        }
    }

    pub(super) fn view(&self) -> JobView {
        let signers = 0..self.record.signers.len();
        JobView {
            id: self.id.clone(),
            flow: self.record.flow,
            status: self.status(),
            signers: signers.map(|number| self.signer_view(number)).collect(),
            package: None,
        }
    }

    /// Returns Posten's status of the signer with this number.
    pub(super) fn signer(&self, number: usize) -> Option<&snapshot::Signer> {
        let who = self.record.signers.get(number)?;
        self.snapshot()?.signer(who)
    }

    pub(super) fn snapshot(&self) -> Option<&StatusSnapshot> {
        self.snapshot.as_ref().map(|(_, snapshot)| snapshot)
    }

    /// Returns the address that cancels the job. Once Posten has returned a status, the latest one
    /// decides.
    pub(super) fn cancellation(&self) -> Option<&Address> {
        match (self.snapshot(), &self.record.made) {
            (Some(snapshot), _) => snapshot.cancellation.as_ref(),
            (None, made) => made.as_ref()?.cancellation.as_ref(),
        }
    }

    pub(super) fn delete_documents(&self) -> Option<&Address> {
        self.snapshot()?.delete_documents.as_ref()
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.status(), Status::Completed | Status::Failed)
    }

    fn signer_view(&self, number: usize) -> SignerView {
        let said = self.signer(number);
        let silent = self.snapshot.is_none() && self.record.made.is_some();
        let status = said.map(|signer| word(&SignerStatus::from_text(&signer.status)));
        SignerView {
            signer: number,
            status: status.unwrap_or(if silent { "waiting" } else { "unknown" }),
            since: said.and_then(|signer| written(signer.since)),
            redirect_url: None,
        }
    }
}

/// Returns the name of a status in this API. An undocumented status of Posten's is not passed on,
/// since its meaning is unknown.
const fn word(status: &SignerStatus) -> &'static str {
    match status {
        SignerStatus::Waiting => "waiting",
        SignerStatus::Signed => "signed",
        SignerStatus::Rejected => "rejected",
        SignerStatus::Expired => "expired",
        SignerStatus::Failed => "failed",
        SignerStatus::Cancelled => "cancelled",
        SignerStatus::Reserved => "reserved",
        SignerStatus::ContactInformationMissing => "contact_information_missing",
        SignerStatus::Blocked => "blocked",
        SignerStatus::NameNotAvailable => "signers_name_not_available",
        SignerStatus::NotApplicable => "not_applicable",
        SignerStatus::Other(_) => "unknown",
    }
}

fn written(nanoseconds: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds)).ok()?;
    time.format(&Rfc3339).ok()
}
