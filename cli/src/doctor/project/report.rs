//! What is told of a whole project.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::finding::Level;
use super::super::language::Language;
use super::super::report::{Report as One, verdict};
use super::app::LOOKED_AT;

/// Each setting by itself, and the gravest of all. The names are an interface: scripts read them.
#[derive(Serialize)]
pub(in super::super) struct Report {
    verdict: &'static str,
    settings: Vec<One>,
    /// Variables without a value: what they would name was not looked at.
    unset: Vec<String>,
    #[serde(skip)]
    language: Language,
}

impl Report {
    pub(super) fn new(settings: Vec<One>, unset: Vec<String>, language: Language) -> Self {
        let mut report = Self {
            verdict: "unchecked",
            settings,
            unset,
            language,
        };
        if report.is_checked() {
            report.verdict = verdict(report.worst(), report.is_complete());
        }
        report
    }

    /// Whether there was anything to look at.
    fn is_checked(&self) -> bool {
        !self.settings.is_empty()
    }

    /// Returns whether every check of every setting was made. A variable without a value was not checked.
    pub(in super::super) fn is_complete(&self) -> bool {
        let is_looked_at = |name: &String| LOOKED_AT.contains(&name.as_str());
        self.is_checked()
            && self.settings.iter().all(One::is_complete)
            && !self.unset.iter().any(is_looked_at)
    }

    /// How grave the gravest is.
    pub(in super::super) fn worst(&self) -> Option<Level> {
        self.settings.iter().filter_map(One::worst).min()
    }

    /// For a person.
    pub(in super::super) fn text(&self, with_colours: bool) -> String {
        let mut out = String::new();
        for setting in &self.settings {
            out += &setting.text(with_colours);
            out.push('\n');
        }
        if !self.is_checked() {
            out += self.language.of(
                "Konfigurasjonen har ingen sertifikater eller nøkler.\n",
                "The configuration has no certificates and no keys.\n",
            );
        }
        if !self.unset.is_empty() {
            let word = self.language.of(
                "Uten verdi, og derfor ikke sett på",
                "Without a value, and so not looked at",
            );
            // Writing to a string does not fail.
            let _ = writeln!(out, "{word}: {}", self.unset.join(", "));
        }
        out
    }
}
