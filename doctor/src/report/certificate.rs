//! Report of one certificate or setting, as text and as JSON.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::facts::CertificateFacts;
use super::terminal::{colour, printable};
use crate::checks::{CheckContext, CheckResults};
use crate::finding::{Finding, Purpose, Severity};
use crate::language::Language;

/// Report. The names of the fields are an interface: scripts read them.
#[derive(Serialize)]
pub(crate) struct CertificateReport {
    /// Setting of the project, unless the certificate comes from the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<String>,
    verdict: &'static str,
    purpose: &'static str,
    certificate: Option<CertificateFacts>,
    findings: Vec<ReportedFinding>,
    /// Names of the checks that were made.
    checks: Vec<&'static str>,
    /// Checks that the purpose needs and that could not be made.
    not_made: Vec<SkippedCheck>,
    /// Files that were written.
    written: Vec<PathBuf>,
    /// Reason why no files were written, if files were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_written: Option<String>,
    #[serde(skip)]
    language: Language,
}

/// Check that was not made.
#[derive(Serialize)]
struct SkippedCheck {
    check: &'static str,
    /// Identifiers of the catalogue entries that the check looks for.
    ids: Vec<&'static str>,
    reason: String,
}

/// Finding with its texts in the language of the report.
#[derive(Serialize)]
struct ReportedFinding {
    id: &'static str,
    severity: Severity,
    seen: String,
    why: String,
    action: String,
}

impl ReportedFinding {
    /// Returns `None` if the finding does not apply to `purpose`.
    fn new(finding: &Finding, purpose: Purpose, language: Language) -> Option<Self> {
        let [seen, why, action] = finding.sentences(language).map(|text| printable(&text));
        Some(Self {
            id: finding.id(),
            severity: finding.severity(purpose)?,
            seen,
            why,
            action,
        })
    }
}

impl CertificateReport {
    /// Creates the report of a certificate.
    pub(crate) fn new(context: &CheckContext, results: &CheckResults, language: Language) -> Self {
        let certificate = context.certificate();
        Self {
            certificate: certificate.as_ref().map(CertificateFacts::new),
            ..Self::without_certificate(results, context.purpose, language)
        }
    }

    /// Creates the report of a setting without a certificate.
    pub(crate) fn without_certificate(
        results: &CheckResults,
        purpose: Purpose,
        language: Language,
    ) -> Self {
        let findings = results.findings.iter();
        let findings = findings.filter_map(|it| ReportedFinding::new(it, purpose, language));
        let findings: Vec<ReportedFinding> = findings.collect();
        let (mut checks, mut not_made) = (Vec::new(), Vec::new());
        for check in &results.checks {
            match &check.missing {
                None => checks.push(check.name),
                Some(why) => not_made.push(SkippedCheck {
                    check: check.name,
                    ids: check.entries.iter().map(|entry| entry.id).collect(),
                    reason: printable(why.get(language)),
                }),
            }
        }
        Self {
            setting: None,
            verdict: verdict(worst(&findings), not_made.is_empty()),
            purpose: match purpose {
                Purpose::Token => "token",
                Purpose::Key => "key",
                Purpose::Tls => "tls",
                Purpose::Seal => "seal",
            },
            certificate: None,
            findings,
            checks,
            not_made,
            written: Vec::new(),
            not_written: None,
            language,
        }
    }

    /// Names the setting that the report is about.
    pub(crate) fn with_setting(mut self, setting: String) -> Self {
        self.setting = Some(setting);
        self
    }

    /// Records the files that were written.
    pub(crate) fn set_written(&mut self, files: Vec<PathBuf>) {
        self.written = files;
    }

    /// Records that no file was written, though files were asked for.
    pub(crate) fn set_nothing_written(&mut self) {
        let why = if self.worst() == Some(Severity::Error) {
            self.language
                .choose("det ble funnet feil", "errors were found")
        } else {
            self.language.choose(
                "ikke alt lot seg kontrollere",
                "not every check could be made",
            )
        };
        self.not_written = Some(why.to_owned());
    }

    /// Returns whether every check was made.
    pub(crate) fn is_complete(&self) -> bool {
        self.not_made.is_empty()
    }

    /// Returns the highest severity of the findings.
    pub(crate) fn worst(&self) -> Option<Severity> {
        worst(&self.findings)
    }

    /// Formats the report for a terminal.
    pub(crate) fn text(&self, with_colours: bool) -> String {
        let paint = |level, text: &str| {
            if with_colours {
                format!("\u{1b}[{}m{text}\u{1b}[0m", colour(level))
            } else {
                text.to_owned()
            }
        };
        let mut out = String::new();
        let headline = match &self.setting {
            Some(setting) => format!("{setting}: {}", paint(self.worst(), &self.headline())),
            None => paint(self.worst(), &self.headline()),
        };
        line(&mut out, &headline);
        if let Some(facts) = &self.certificate {
            line(&mut out, "");
            for (name, value) in facts.rows(self.language) {
                line(&mut out, &format!("  {name:<13}  {value}"));
            }
        }
        for finding in &self.findings {
            let severity = paint(
                Some(finding.severity),
                severity_word(finding.severity, self.language),
            );
            line(
                &mut out,
                &format!("\n{severity} {}  {}", finding.id, finding.seen),
            );
            line(&mut out, &format!("  {}", finding.why));
            line(&mut out, &format!("  → {}", finding.action));
        }
        self.write_not_made(&mut out);
        if let Some(why) = &self.not_written {
            let word = self
                .language
                .choose("Ingenting ble skrevet", "Nothing was written");
            line(&mut out, &format!("\n{word}: {why}"));
        }
        if !self.written.is_empty() {
            line(&mut out, self.language.choose("\nSkrevet:", "\nWritten:"));
        }
        for path in &self.written {
            line(&mut out, &format!("  {}", path.display()));
        }
        out
    }

    /// Lists the checks that were not made, by reason.
    fn write_not_made(&self, out: &mut String) {
        let mut reasons: Vec<&str> = Vec::new();
        for SkippedCheck { reason, .. } in &self.not_made {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        let word = self.language.choose("Ikke kontrollert", "Not checked");
        for reason in reasons {
            let of_it = self.not_made.iter().filter(|one| one.reason == reason);
            let names: Vec<&str> = of_it.map(|one| one.check).collect();
            line(out, &format!("\n{word}: {} ({reason})", names.join(", ")));
        }
    }

    fn headline(&self) -> String {
        if self.worst() != Some(Severity::Error) && !self.is_complete() {
            let text = self.language.choose(
                "IKKE KONTROLLERT: en del lot seg ikke kontrollere, se nedenfor",
                "NOT CHECKED: some checks could not be made, see below",
            );
            return text.to_owned();
        }
        if self.setting.is_some() && self.certificate.is_none() && self.checks.len() <= 1 {
            return severity_word_or_ok(self.worst(), self.language).to_owned();
        }
        let use_ = match self.purpose {
            "token" => self.language.choose(
                "signere grants hos Maskinporten",
                "sign grants at Maskinporten",
            ),
            "key" => self.language.choose(
                "signere grants med nøkkelen registrert hos Maskinporten",
                "sign grants with its key registered at Maskinporten",
            ),
            "tls" => self.language.choose("toveis TLS", "do two-way TLS"),
            _ => self.language.choose("segle dokumenter", "seal documents"),
        };
        let is_tls = self.purpose == "tls";
        match (self.worst(), self.language) {
            (Some(Severity::Error), Language::Nb) if is_tls => {
                format!("FEIL: kan ikke brukes til {use_}")
            }
            (Some(Severity::Error), Language::Nb) => format!("FEIL: kan ikke {use_}"),
            (Some(Severity::Error), Language::En) => format!("ERRORS: cannot {use_}"),
            (Some(Severity::Warning), Language::Nb) if is_tls => {
                format!("ADVARSEL: kan trolig brukes til {use_}, men se nedenfor")
            }
            (Some(Severity::Warning), Language::Nb) => {
                format!("ADVARSEL: kan trolig {use_}, men se nedenfor")
            }
            (Some(Severity::Warning), Language::En) => {
                format!("WARNINGS: can probably {use_}, but see below")
            }
            (_, Language::Nb) if is_tls => format!("OK: kan brukes til {use_}"),
            (_, Language::Nb) => format!("OK: kan {use_}"),
            (_, Language::En) => format!("OK: can {use_}"),
        }
    }
}

/// Returns the verdict: `ok` means that every check was made.
pub(super) fn verdict(worst: Option<Severity>, is_complete: bool) -> &'static str {
    match worst {
        Some(Severity::Error) => "errors",
        _ if !is_complete => "unchecked",
        Some(Severity::Warning) => "warnings",
        Some(Severity::Info) | None => "ok",
    }
}

fn severity_word_or_ok(worst: Option<Severity>, language: Language) -> &'static str {
    match worst {
        Some(Severity::Info) | None => "OK",
        Some(worst) => severity_word(worst, language),
    }
}

fn worst(findings: &[ReportedFinding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).min()
}

fn severity_word(severity: Severity, language: Language) -> &'static str {
    match severity {
        Severity::Error => language.choose("FEIL", "ERROR"),
        Severity::Warning => language.choose("ADVARSEL", "WARNING"),
        Severity::Info => "INFO",
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}
