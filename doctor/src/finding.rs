//! Findings, the catalogue entries that they refer to, and their severity for a purpose.

use clap::ValueEnum;
use serde::Serialize;

use crate::language::{Bilingual, Language};

/// Intended use of the certificate and its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Purpose {
    /// Sign grants at Maskinporten.
    Token,
    /// Sign grants with the key, which is registered on a client at Maskinporten.
    Key,
    /// Authenticate as a client in mutual TLS.
    Tls,
    /// Seal documents. Severities are those of `token`.
    Seal,
}

/// Severity of a finding, in the order of the report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The certificate or key will be refused.
    Error,
    /// The certificate or key may be refused, or will be soon.
    Warning,
    /// Information without consequence for the purpose.
    Info,
}

/// Entry of the catalogue: a problem that a check can find, with its texts.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    /// Identifier, an interface: scripts and people refer to it.
    pub(crate) id: &'static str,
    /// Severity for a token, for a registered key and for TLS; `None` where the entry does not apply.
    pub(crate) severities: [Option<Severity>; 3],
    /// Observation, consequence and remedy in Norwegian. `{0}` and `{1}` are replaced by observed values.
    pub(crate) nb: [&'static str; 3],
    /// Observation, consequence and remedy in English.
    pub(crate) en: [&'static str; 3],
}

impl Entry {
    /// Creates a finding of this entry with the observed values.
    pub(crate) fn finding<const N: usize>(&'static self, values: [Bilingual; N]) -> Finding {
        Finding {
            entry: self,
            values: values.into(),
            limit: None,
        }
    }

    fn severity(&self, purpose: Purpose) -> Option<Severity> {
        let [token, key, tls] = self.severities;
        match purpose {
            Purpose::Token | Purpose::Seal => token,
            Purpose::Key => key,
            Purpose::Tls => tls,
        }
    }
}

/// Problem that a check found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    entry: &'static Entry,
    values: Vec<Bilingual>,
    limit: Option<Severity>,
}

impl Finding {
    /// Limits the severity to `severity`.
    pub(crate) fn at_most(mut self, severity: Severity) -> Self {
        self.limit = Some(severity);
        self
    }

    /// Returns the identifier of the catalogue entry.
    pub(crate) fn id(&self) -> &'static str {
        self.entry.id
    }

    /// Returns the severity for `purpose`, or `None` if the entry does not apply to it.
    pub(crate) fn severity(&self, purpose: Purpose) -> Option<Severity> {
        let severity = self.entry.severity(purpose)?;
        Some(self.limit.map_or(severity, |limit| severity.max(limit)))
    }

    /// Returns the observation, the consequence and the remedy.
    pub(crate) fn sentences(&self, language: Language) -> [String; 3] {
        language
            .choose(self.entry.nb, self.entry.en)
            .map(|sentence| self.fill(sentence, language))
    }

    fn fill(&self, sentence: &str, language: Language) -> String {
        let values = self.values.iter().enumerate();
        values.fold(sentence.to_owned(), |text, (index, value)| {
            text.replace(&format!("{{{index}}}"), value.get(language))
        })
    }
}
