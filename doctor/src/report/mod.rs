//! Reports: of one certificate or setting, and of a whole project.

mod certificate;
mod facts;
mod project;
mod terminal;

pub(crate) use certificate::CertificateReport;
pub(crate) use project::ProjectReport;
