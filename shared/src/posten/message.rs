//! The messages that go to Posten beside a package.

use super::job::{Job, Plan};
use super::xml::Xml;

/// What is said about a job outside its package. The order of elements is the schemas'.
pub(super) fn order(job: &Job) -> String {
    match &job.plan {
        Plan::Direct { exit } => Xml::message("direct-signature-job-request", |xml| {
            xml.text("reference", &job.reference);
            xml.element("exit-urls", &[], |xml| {
                xml.text("completion-url", &exit.completion);
                xml.text("rejection-url", &exit.rejection);
                xml.text("error-url", &exit.error);
            });
            // A browser that never comes back must not leave the job's end unknown.
            xml.text("status-retrieval-method", "POLLING");
            xml.optional("polling-queue", job.queue.as_deref());
        }),
        Plan::Portal { .. } => Xml::message("portal-signature-job-request", |xml| {
            xml.text("reference", &job.reference);
            xml.optional("polling-queue", job.queue.as_deref());
        }),
    }
}

/// The wish for a new page.
pub(super) fn new_redirect() -> String {
    Xml::message("direct-signer-update-request", |xml| {
        xml.empty("redirect-url", &[]);
    })
}
