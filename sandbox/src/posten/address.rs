//! The addresses that a sender is given.
//!
//! Deliberately not those of the documentation's examples: answers of the real test environment had
//! a direct job's results under `portal`, under another number than the job's, and signers' numbers
//! without relation to their order. A client that builds addresses by itself fails.

use super::job::{Job, Signer};

/// Difference between the two numbers of a job.
const BETWEEN_NUMBERS: i64 = 29;

/// Base addresses of the API and the pages.
#[derive(Clone, Debug)]
pub(super) struct BaseAddresses {
    /// Prefix of the API's addresses.
    pub(super) root: String,
    /// Origin of the pages.
    pub(super) page: String,
}

impl BaseAddresses {
    pub(super) fn status(&self, job: &Job) -> String {
        format!("{}/status", self.direct(job))
    }

    pub(super) fn signer(&self, job: &Job, signer: &Signer) -> String {
        format!("{}/signers/{}", self.direct(job), signer.id)
    }

    pub(super) fn confirmation(&self, job: &Job) -> String {
        format!("{}/status/complete", self.results(job))
    }

    pub(super) fn cancellation(&self, job: &Job) -> String {
        format!("{}/cancel", self.results(job))
    }

    pub(super) fn delete_documents(&self, job: &Job) -> String {
        format!("{}/delete-documents", self.results(job))
    }

    pub(super) fn xades(&self, job: &Job, signer: &Signer) -> String {
        format!("{}/xades/{}", self.results(job), signer.id)
    }

    pub(super) fn pades(&self, job: &Job) -> String {
        format!("{}/pades", self.results(job))
    }

    /// Returns the redirect address, with the token in a part that no server sees.
    pub(super) fn redirect(&self, token: &str) -> String {
        format!("{}/signere/#/-/{token}", self.page)
    }

    fn direct(&self, job: &Job) -> String {
        let Self { root, .. } = self;
        let organisation = &job.order.organisation;
        format!("{root}/{organisation}/direct/signature-jobs/{}", job.id)
    }

    fn results(&self, job: &Job) -> String {
        let Self { root, .. } = self;
        let (organisation, number) = (
            &job.order.organisation,
            job.id.saturating_add(BETWEEN_NUMBERS),
        );
        format!("{root}/{organisation}/portal/signature-jobs/{number}")
    }
}

/// The job's own number, from that of its results.
pub(super) const fn job_id(results: i64) -> i64 {
    results.saturating_sub(BETWEEN_NUMBERS)
}
