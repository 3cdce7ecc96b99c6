//! Job in the back end's view.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::signature::custody::{Custody, CustodySource};
use crate::signature::job::{Job, JobView};
use crate::signature::placement::{OrderedBy, TemplateId};

/// Job as shown to a back end.
#[derive(Serialize)]
pub(in crate::signature) struct OrderView {
    #[serde(flatten)]
    job: JobView,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// Time of the order in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_at: Option<String>,
    /// `customer`, or the name of a back end.
    ordered_by: OrderedBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custody: Option<CustodyView>,
}

/// Proof that the bank has its copy, as shown to a back end.
#[derive(Serialize)]
struct CustodyView {
    source: CustodySource,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

impl OrderView {
    pub(in crate::signature) fn new(job: &Job) -> Self {
        let record = &job.record;
        Self {
            job: job.view(),
            reference: record.reference().map(|text| text.as_str().to_owned()),
            ordered_at: record.ordered_at().and_then(written),
            ordered_by: record.ordered_by().clone(),
            template: record.template().cloned(),
            package_sha256: record.package_sha256.clone(),
            custody: None,
        }
    }

    pub(in crate::signature) fn with_custody(mut self, custody: Option<Custody>) -> Self {
        self.custody = custody.map(|custody| CustodyView {
            source: custody.source,
            at: OffsetDateTime::from_unix_timestamp(custody.at)
                .ok()
                .and_then(written),
        });
        self
    }
}

pub(in crate::signature) fn written(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}
