//! Messages to Posten outside the package.

use super::job::{Job, Plan};
use super::xml::Xml;

/// Writes the order that accompanies a package. The order of elements is that of the schemas.
pub(super) fn order(job: &Job) -> String {
    match &job.plan {
        Plan::Direct { exit } => Xml::message("direct-signature-job-request", |xml| {
            xml.text("reference", &job.reference);
            xml.element("exit-urls", &[], |xml| {
                xml.text("completion-url", &exit.completion);
                xml.text("rejection-url", &exit.rejection);
                xml.text("error-url", &exit.error);
            });
            // Polling finds the end of a job even if the browser never returns.
            xml.text("status-retrieval-method", "POLLING");
            xml.optional("polling-queue", job.queue.as_deref());
        }),
        Plan::Portal { .. } => Xml::message("portal-signature-job-request", |xml| {
            xml.text("reference", &job.reference);
            xml.optional("polling-queue", job.queue.as_deref());
        }),
    }
}

/// Writes the request for a new signing page.
pub(super) fn new_redirect() -> String {
    Xml::message("direct-signer-update-request", |xml| {
        xml.empty("redirect-url", &[]);
    })
}
