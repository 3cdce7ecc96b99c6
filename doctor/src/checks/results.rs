//! Results of checks.

use crate::finding::{Entry, Finding, Purpose, Severity};
use crate::language::Bilingual;

/// Outcome of a check.
pub(crate) enum Outcome {
    /// Check that was made, with its findings.
    Completed(Vec<Finding>),
    /// Check that could not be made, with the reason.
    Skipped(Bilingual),
    /// Check of which a part could not be made, with the findings of the rest and the reason.
    Partly(Vec<Finding>, Bilingual),
}

/// Check in the report.
pub(crate) struct CheckResult {
    /// Name of the check, an interface: scripts refer to it.
    pub(crate) name: &'static str,
    /// Catalogue entries that the check looks for.
    pub(crate) entries: &'static [&'static Entry],
    /// Reason why the check, or a part of it, was not made.
    pub(crate) missing: Option<Bilingual>,
}

/// Results of the checks that a purpose needs.
#[derive(Default)]
pub(crate) struct CheckResults {
    /// Findings, most severe first.
    pub(crate) findings: Vec<Finding>,
    /// Checks that the purpose needs.
    pub(crate) checks: Vec<CheckResult>,
}

impl CheckResults {
    /// Adds the outcome of a check, which looks for `entries`.
    pub(crate) fn add(
        &mut self,
        name: &'static str,
        entries: &'static [&'static Entry],
        outcome: Outcome,
    ) {
        let missing = match outcome {
            Outcome::Completed(mut findings) => {
                self.findings.append(&mut findings);
                None
            }
            Outcome::Skipped(why) => Some(why),
            Outcome::Partly(mut findings, why) => {
                self.findings.append(&mut findings);
                Some(why)
            }
        };
        self.checks.push(CheckResult {
            name,
            entries,
            missing,
        });
    }

    /// Adds findings without a check: the report has it already, or no purpose needs it.
    pub(crate) fn add_findings(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// Removes the findings that do not apply to `purpose` and duplicates, and sorts the rest by severity.
    pub(crate) fn sorted(mut self, purpose: Purpose) -> Self {
        self.findings
            .retain(|finding| finding.severity(purpose).is_some());
        self.findings
            .sort_by_key(|finding| finding.severity(purpose));
        // The certificates of a chain may share a fault.
        self.findings.dedup();
        self
    }

    /// Appends later results.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.findings.append(&mut later.findings);
        self.checks.append(&mut later.checks);
    }

    /// Returns whether there is an error.
    pub(crate) fn has_errors(&self, purpose: Purpose) -> bool {
        let mut severities = self.findings.iter().map(|found| found.severity(purpose));
        severities.any(|severity| severity == Some(Severity::Error))
    }
}
