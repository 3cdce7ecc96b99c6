//! What is told: to a person as text, to a program as JSON.

mod facts;

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::checks::{Checked, Examination, Scope};
use super::finding::{Level, Purpose};
use super::language::Language;
use facts::Facts;

/// The whole answer. The names are an interface: scripts read them.
#[derive(Serialize)]
pub(super) struct Report {
    /// Which setting of the project it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<String>,
    verdict: &'static str,
    purpose: &'static str,
    certificate: Option<Facts>,
    findings: Vec<Told>,
    /// Names of the checks that were made.
    checks: Vec<&'static str>,
    /// Checks that the purpose needs and that could not be made.
    not_made: Vec<NotMade>,
    /// The files that were written.
    pub(super) written: Vec<PathBuf>,
    /// Reason why no files were written, if files were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_written: Option<String>,
    #[serde(skip)]
    language: Language,
}

#[derive(Serialize)]
struct NotMade {
    check: &'static str,
    /// Identifiers of the catalogue entries that the check would have looked for.
    ids: Vec<&'static str>,
    reason: String,
}

#[derive(Serialize)]
struct Told {
    id: &'static str,
    severity: Level,
    seen: String,
    why: String,
    action: String,
}

impl Report {
    /// Builds the report of an examination.
    pub(super) fn of(scope: &Scope, examination: &Examination, language: Language) -> Self {
        let case = scope.case();
        Self {
            certificate: case.as_ref().map(Facts::of),
            ..Self::bare(examination, scope.purpose, language)
        }
    }

    /// Builds the report of something that is no certificate.
    pub(super) fn bare(examination: &Examination, purpose: Purpose, language: Language) -> Self {
        let told = examination.findings.iter().filter_map(|finding| {
            let [seen, why, action] = finding.sentences(language).map(|text| printable(&text));
            Some(Told {
                id: finding.id(),
                severity: finding.level(purpose)?,
                seen,
                why,
                action,
            })
        });
        let findings: Vec<Told> = told.collect();
        let (mut checks, mut not_made) = (Vec::new(), Vec::new());
        for Checked {
            name,
            entries,
            missing,
        } in &examination.checks
        {
            match missing {
                None => checks.push(*name),
                Some(why) => not_made.push(NotMade {
                    check: name,
                    ids: entries.iter().map(|entry| entry.id).collect(),
                    reason: printable(why.in_language(language)),
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

    /// Returns whether every check was made.
    pub(super) fn is_complete(&self) -> bool {
        self.not_made.is_empty()
    }

    /// Says that no file was written, though files were asked for.
    pub(super) fn nothing_written(&mut self) {
        let why = if self.worst() == Some(Level::Error) {
            self.language.of("det ble funnet feil", "errors were found")
        } else {
            self.language.of(
                "ikke alt lot seg kontrollere",
                "not every check could be made",
            )
        };
        self.not_written = Some(why.to_owned());
    }

    /// The same, said of a setting of the project.
    pub(super) fn about(mut self, setting: String) -> Self {
        self.setting = Some(setting);
        self
    }

    /// How grave the gravest is.
    pub(super) fn worst(&self) -> Option<Level> {
        worst(&self.findings)
    }

    /// For a person.
    pub(super) fn text(&self, with_colours: bool) -> String {
        let paint = |level, text: &str| {
            if with_colours {
                format!("\u{1b}[{}m{text}\u{1b}[0m", colour(level))
            } else {
                text.to_owned()
            }
        };
        let mut out = String::new();
        let headline = match &self.setting {
            Some(setting) => format!("{setting}: {}", paint(self.worst(), &self.verdict())),
            None => paint(self.worst(), &self.verdict()),
        };
        line(&mut out, &headline);
        if let Some(facts) = &self.certificate {
            line(&mut out, "");
            for (name, value) in facts.rows(self.language) {
                line(&mut out, &format!("  {name:<13}  {value}"));
            }
        }
        for told in &self.findings {
            let level = paint(Some(told.severity), level(told.severity, self.language));
            line(&mut out, &format!("\n{level} {}  {}", told.id, told.seen));
            line(&mut out, &format!("  {}", told.why));
            line(&mut out, &format!("  → {}", told.action));
        }
        self.tell_not_made(&mut out);
        if let Some(why) = &self.not_written {
            let word = self
                .language
                .of("Ingenting ble skrevet", "Nothing was written");
            line(&mut out, &format!("\n{word}: {why}"));
        }
        if !self.written.is_empty() {
            line(&mut out, self.language.of("\nSkrevet:", "\nWritten:"));
        }
        for path in &self.written {
            line(&mut out, &format!("  {}", path.display()));
        }
        out
    }

    /// Checks that were not made, by reason.
    fn tell_not_made(&self, out: &mut String) {
        let mut reasons: Vec<&str> = Vec::new();
        for NotMade { reason, .. } in &self.not_made {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        let word = self.language.of("Ikke kontrollert", "Not checked");
        for reason in reasons {
            let of_it = self.not_made.iter().filter(|one| one.reason == reason);
            let names: Vec<&str> = of_it.map(|one| one.check).collect();
            line(out, &format!("\n{word}: {} ({reason})", names.join(", ")));
        }
    }

    fn verdict(&self) -> String {
        if self.worst() != Some(Level::Error) && !self.is_complete() {
            let text = self.language.of(
                "IKKE KONTROLLERT: en del lot seg ikke kontrollere, se nedenfor",
                "NOT CHECKED: some checks could not be made, see below",
            );
            return text.to_owned();
        }
        if self.setting.is_some() && self.certificate.is_none() && self.checks.len() <= 1 {
            return level_or_ok(self.worst(), self.language).to_owned();
        }
        let use_ = match self.purpose {
            "token" => self.language.of(
                "signere grants hos Maskinporten",
                "sign grants at Maskinporten",
            ),
            "key" => self.language.of(
                "signere grants med nøkkelen registrert hos Maskinporten",
                "sign grants with its key registered at Maskinporten",
            ),
            "tls" => self.language.of("toveis TLS", "do two-way TLS"),
            _ => self.language.of("segle dokumenter", "seal documents"),
        };
        let is_tls = self.purpose == "tls";
        match (self.worst(), self.language) {
            (Some(Level::Error), Language::Nb) if is_tls => {
                format!("FEIL: kan ikke brukes til {use_}")
            }
            (Some(Level::Error), Language::Nb) => format!("FEIL: kan ikke {use_}"),
            (Some(Level::Error), Language::En) => format!("ERRORS: cannot {use_}"),
            (Some(Level::Warning), Language::Nb) if is_tls => {
                format!("ADVARSEL: kan trolig brukes til {use_}, men se nedenfor")
            }
            (Some(Level::Warning), Language::Nb) => {
                format!("ADVARSEL: kan trolig {use_}, men se nedenfor")
            }
            (Some(Level::Warning), Language::En) => {
                format!("WARNINGS: can probably {use_}, but see below")
            }
            (_, Language::Nb) if is_tls => format!("OK: kan brukes til {use_}"),
            (_, Language::Nb) => format!("OK: kan {use_}"),
            (_, Language::En) => format!("OK: can {use_}"),
        }
    }
}

/// The word for how it went: OK means that every check was made.
pub(super) fn verdict(worst: Option<Level>, is_complete: bool) -> &'static str {
    match worst {
        Some(Level::Error) => "errors",
        _ if !is_complete => "unchecked",
        Some(Level::Warning) => "warnings",
        Some(Level::Info) | None => "ok",
    }
}

fn level_or_ok(worst: Option<Level>, language: Language) -> &'static str {
    match worst {
        Some(Level::Info) | None => "OK",
        Some(worst) => level(worst, language),
    }
}

fn worst(findings: &[Told]) -> Option<Level> {
    findings.iter().map(|told| told.severity).min()
}

fn level(level: Level, language: Language) -> &'static str {
    match level {
        Level::Error => language.of("FEIL", "ERROR"),
        Level::Warning => language.of("ADVARSEL", "WARNING"),
        Level::Info => "INFO",
    }
}

fn colour(level: Option<Level>) -> u8 {
    match level {
        Some(Level::Error) => 31,
        Some(Level::Warning) => 33,
        Some(Level::Info) => 36,
        None => 32,
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

/// A name could hold what a terminal obeys.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            character if character.is_control() => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect()
}
