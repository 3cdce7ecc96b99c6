//! What a check found, and how grave it is for the purpose at hand.

use clap::ValueEnum;
use serde::Serialize;

use super::language::{Both, Language};

/// What the certificate is to be used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Purpose {
    /// It signs grants at Maskinporten.
    Token,
    /// Its key is registered on a client at Maskinporten and signs grants.
    Key,
    /// It shows who we are in two-way TLS.
    Tls,
    /// It seals documents. Judged as for `token` where nothing else is known.
    Seal,
}

/// How grave. The order is the report's.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// It will be refused.
    Error,
    /// It may be refused, or will be soon.
    Warning,
    /// Good to know.
    Info,
}

/// A check of the catalogue.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// Its name, an interface: scripts and people refer to it.
    pub(super) id: &'static str,
    /// For a token, for a registered key, for TLS; nothing where it does not apply.
    pub(super) levels: [Option<Level>; 3],
    /// What was seen, why it matters, what to do. `{0}` and `{1}` are what was seen.
    pub(super) nb: [&'static str; 3],
    /// The same in English.
    pub(super) en: [&'static str; 3],
}

impl Entry {
    /// The finding that this check has tripped.
    pub(super) fn found<const N: usize>(&'static self, values: [Both; N]) -> Finding {
        Finding {
            entry: self,
            values: values.into(),
            at_most: None,
        }
    }

    fn level(&self, purpose: Purpose) -> Option<Level> {
        let [token, key, tls] = self.levels;
        match purpose {
            Purpose::Token | Purpose::Seal => token,
            Purpose::Key => key,
            Purpose::Tls => tls,
        }
    }
}

/// A check that has tripped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    entry: &'static Entry,
    values: Vec<Both>,
    at_most: Option<Level>,
}

impl Finding {
    /// No graver than `level`.
    pub(super) fn at_most(mut self, level: Level) -> Self {
        self.at_most = Some(level);
        self
    }

    /// The check's name.
    pub(super) fn id(&self) -> &'static str {
        self.entry.id
    }

    /// How grave it is; nothing where the check does not apply.
    pub(super) fn level(&self, purpose: Purpose) -> Option<Level> {
        let level = self.entry.level(purpose)?;
        Some(self.at_most.map_or(level, |most| level.max(most)))
    }

    /// What was seen, why it matters, what to do.
    pub(super) fn sentences(&self, language: Language) -> [String; 3] {
        language
            .of(self.entry.nb, self.entry.en)
            .map(|sentence| self.filled(sentence, language))
    }

    fn filled(&self, sentence: &str, language: Language) -> String {
        let values = self.values.iter().enumerate();
        values.fold(sentence.to_owned(), |text, (index, value)| {
            text.replace(&format!("{{{index}}}"), value.in_language(language))
        })
    }
}
