//! A job, as its customer sees it.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Signatures;
use super::record::{Record, is_id};
use super::standing::{self, Standing};
use crate::caller::Customer;
use crate::context::Context;
use crate::platform::Platform;
use crate::posten::status::{JobStatus, SignerStatus};
use crate::posten::{Address, Flow};
use crate::problem::{Kind, Problem};

/// How a job stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Posten may have it or not: its answer was lost. It is settled by the queue, or it never was.
    Unknown,
    /// Somebody may still sign.
    InProgress,
    /// All have signed.
    Completed,
    /// It is over without all signatures.
    Failed,
}

impl Status {
    /// As it is written in answers and return addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// What a customer is told of a job.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct JobView {
    /// Its id here.
    pub id: String,
    /// How the signers come to it.
    pub flow: Flow,
    /// The job as a whole.
    pub status: Status,
    /// Each signer, in the order in which they were named.
    pub signers: Vec<SignerView>,
}

/// What a customer is told of a signer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SignerView {
    /// The signer's number in the job, from 0: who it is, the customer knows.
    pub signer: usize,
    /// Posten's word in lower case; `unknown` where Posten has said nothing of the signer, or nothing that we know.
    pub status: &'static str,
    /// Since when, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Where the signer signs; only in the answer to an order, and it works once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
}

impl SignerView {
    /// Returns whether the signer may have something left to do.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status, "waiting" | "failed" | "unknown")
    }
}

/// A job with all that is known of it.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) record: Record,
    pub(super) standing: Option<(JobStatus, Standing)>,
}

impl Signatures {
    /// How one of the customer's jobs stands, by what Posten has said last.
    pub async fn status<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
    ) -> Result<JobView, Problem> {
        Ok(self.job(context, customer, id).await?.view())
    }

    /// One of the customer's jobs; another's is as unknown as none.
    pub(super) async fn job<P: Platform>(
        &self,
        context: &Context<'_, P>,
        customer: &Customer,
        id: &str,
    ) -> Result<Job, Problem> {
        let rows = self.rows(context);
        let record = if is_id(id) {
            rows.record(&customer.consumer, id).await?
        } else {
            None
        };
        let record = record
            .filter(|record| record.is_of(&customer.subject))
            .ok_or(Kind::SignatureUnknown)?;
        let standing = rows
            .standing(&customer.consumer, id, record.signers.len())
            .await?;
        Ok(Job {
            id: id.to_owned(),
            record,
            standing,
        })
    }
}

impl Job {
    pub(super) fn status(&self) -> Status {
        match &self.standing {
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
        }
    }

    /// What Posten has said of the signer with this number.
    pub(super) fn signer(&self, number: usize) -> Option<&standing::Signer> {
        let who = self.record.signers.get(number)?;
        self.standing()?.signer(who)
    }

    pub(super) fn standing(&self) -> Option<&Standing> {
        self.standing.as_ref().map(|(_, standing)| standing)
    }

    /// Where the job is withdrawn. Once Posten has said how the job stands, its latest word counts.
    pub(super) fn cancellation(&self) -> Option<&Address> {
        match (self.standing(), &self.record.made) {
            (Some(standing), _) => standing.cancellation.as_ref(),
            (None, made) => made.as_ref()?.cancellation.as_ref(),
        }
    }

    pub(super) fn delete_documents(&self) -> Option<&Address> {
        self.standing()?.delete_documents.as_ref()
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.status(), Status::Completed | Status::Failed)
    }

    fn signer_view(&self, number: usize) -> SignerView {
        let said = self.signer(number);
        let silent = self.standing.is_none() && self.record.made.is_some();
        let status = said.map(|signer| word(&SignerStatus::of(&signer.status)));
        SignerView {
            signer: number,
            status: status.unwrap_or(if silent { "waiting" } else { "unknown" }),
            since: said.and_then(|signer| written(signer.since)),
            redirect_url: None,
        }
    }
}

/// What a status is called here. A new one of Posten's is not passed on: nobody knows what it says.
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
