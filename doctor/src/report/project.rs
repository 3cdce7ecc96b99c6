//! Report of a whole project.

use std::fmt::Write as _;

use serde::Serialize;

use super::certificate::{CertificateReport, verdict};
use crate::finding::Severity;
use crate::language::Language;

/// Reports of the settings and their verdict. The names of the fields are an interface: scripts read them.
#[derive(Serialize)]
pub(crate) struct ProjectReport {
    verdict: &'static str,
    settings: Vec<CertificateReport>,
    /// Variables without a value, which were not checked.
    unset: Vec<String>,
    /// Records whether a variable without a value is one of those that are checked.
    #[serde(skip)]
    is_setting_missing: bool,
    #[serde(skip)]
    language: Language,
}

impl ProjectReport {
    /// Creates the report. `checked` are the variables that the doctor checks.
    pub(crate) fn new(
        settings: Vec<CertificateReport>,
        unset: Vec<String>,
        checked: &[&str],
        language: Language,
    ) -> Self {
        let mut report = Self {
            verdict: "unchecked",
            settings,
            is_setting_missing: unset.iter().any(|name| checked.contains(&name.as_str())),
            unset,
            language,
        };
        if report.is_checked() {
            report.verdict = verdict(report.worst(), report.is_complete());
        }
        report
    }

    /// Returns whether there is anything to check.
    fn is_checked(&self) -> bool {
        !self.settings.is_empty()
    }

    /// Returns whether every check of every setting was made. A variable without a value was not checked.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_checked()
            && self.settings.iter().all(CertificateReport::is_complete)
            && !self.is_setting_missing
    }

    /// Returns the highest severity of the findings.
    pub(crate) fn worst(&self) -> Option<Severity> {
        self.settings
            .iter()
            .filter_map(CertificateReport::worst)
            .min()
    }

    /// Formats the report for a terminal.
    pub(crate) fn text(&self, with_colours: bool) -> String {
        let mut out = String::new();
        for setting in &self.settings {
            out += &setting.text(with_colours);
            out.push('\n');
        }
        if !self.is_checked() {
            out += self.language.choose(
                "Konfigurasjonen har ingen sertifikater eller nøkler.\n",
                "The configuration has no certificates and no keys.\n",
            );
        }
        if !self.unset.is_empty() {
            let word = self.language.choose(
                "Uten verdi, og derfor ikke sett på",
                "Without a value, and so not looked at",
            );
            // Writing to a string does not fail.
            let _ = writeln!(out, "{word}: {}", self.unset.join(", "));
        }
        out
    }
}
