//! Setting of the project to check.

use innsyn_core::party::OrganisationNumber;
use time::OffsetDateTime;

use super::context::{ProjectContext, ProjectOptions};
use crate::catalogue::configuration::{A01, N04, N06};
use crate::catalogue::identity::O08;
use crate::catalogue::network::N05;
use crate::checks::{self, CheckContext, CheckResults, Outcome};
use crate::finding::{Entry, Finding, Purpose, Severity};
use crate::material::Material;
use crate::report::CertificateReport;

/// Setting with its material, before the checks.
pub(super) struct Setting {
    /// Name of the setting, as the report shows it.
    pub(super) name: String,
    /// Use of the setting in the app.
    pub(super) purpose: Purpose,
    /// Organisation that a certificate is expected to have.
    pub(super) organisation: Option<OrganisationNumber>,
    /// Certificate and key, if it has one.
    pub(super) material: Option<Material>,
    /// Findings of the setting itself.
    pub(super) findings: Vec<Finding>,
    /// Reason why the app or the host refuses the setting, in the words of its own reader.
    pub(super) refused: Option<String>,
}

/// Catalogue entries that are looked for in a setting without a certificate.
static ENTRIES: &[&Entry] = &[&A01, &N04, &N05, &N06, &O08];

impl Setting {
    /// Creates a setting without a certificate.
    pub(super) fn new(name: String, purpose: Purpose, findings: Vec<Finding>) -> Self {
        Self {
            name,
            purpose,
            organisation: None,
            material: None,
            findings,
            refused: None,
        }
    }

    /// Returns whether reading the setting already found an error.
    pub(super) fn has_errors(&self) -> bool {
        let inside = self.material.iter().flat_map(|inside| &inside.findings);
        let mut all = self.findings.iter().chain(inside);
        all.any(|finding| finding.severity(self.purpose) == Some(Severity::Error))
    }

    /// Makes the checks and reports them.
    pub(super) async fn check(
        self,
        project: &ProjectContext,
        options: &ProjectOptions<'_>,
    ) -> CertificateReport {
        let language = options.language;
        let purpose = self.purpose;
        let Some(mut material) = self.material else {
            let mut results = CheckResults::default();
            results.add("setting", ENTRIES, Outcome::Completed(self.findings));
            let results = results.sorted(purpose);
            let report = CertificateReport::without_certificate(&results, purpose, language);
            return report.with_setting(self.name);
        };
        material.findings.extend(self.findings);
        material.trusted.clone_from(&project.trusted);
        let authorities = checks::authorities(&material);
        let context = CheckContext {
            material: &material,
            authorities: &authorities,
            purpose,
            target: project.target,
            organisation: self.organisation.as_ref(),
            now: OffsetDateTime::now_utc(),
        };
        let mut results = checks::run(&context);
        if let Some(revocation) = &options.revocation {
            let mut more = CheckResults::default();
            revocation.add_to(&context, &mut more).await;
            results.append(more.sorted(purpose));
        }
        // A refusal by the app or the host counts, even if the checks find no error.
        if let Some(reason) = self.refused
            && !results.has_errors(purpose)
        {
            results.add_findings([A01.finding([reason.into()])]);
        }
        let report = CertificateReport::new(&context, &results, language);
        report.with_setting(self.name)
    }
}
