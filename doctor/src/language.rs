//! Languages of the report, and texts that exist in both.

use clap::ValueEnum;
use innsyn_core::party::Environment;

/// Norwegian (bokmål) or English.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Language {
    /// Norsk bokmål.
    Nb,
    /// English.
    En,
}

impl Language {
    /// Reads the language from `LC_ALL` or `LANG`: Norwegian for a Norwegian locale, else English.
    pub(crate) fn from_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::from_locale(&set("LC_ALL").or_else(|| set("LANG")).unwrap_or_default())
    }

    fn from_locale(locale: &str) -> Self {
        match locale.get(..2) {
            Some("nb" | "nn" | "no") => Self::Nb,
            _ => Self::En,
        }
    }

    /// Returns `nb` or `en`.
    pub(crate) fn choose<T>(self, nb: T, en: T) -> T {
        match self {
            Self::Nb => nb,
            Self::En => en,
        }
    }
}

/// Text in both languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Bilingual {
    nb: String,
    en: String,
}

impl Bilingual {
    /// Joins a Norwegian and an English text.
    pub(crate) fn new(nb: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            nb: nb.into(),
            en: en.into(),
        }
    }

    /// Returns the text in `language`.
    pub(crate) fn get(&self, language: Language) -> &str {
        language.choose(&self.nb, &self.en)
    }
}

impl From<String> for Bilingual {
    fn from(text: String) -> Self {
        Self::new(text.clone(), text)
    }
}

impl From<&str> for Bilingual {
    fn from(text: &str) -> Self {
        Self::new(text, text)
    }
}

impl From<Environment> for Bilingual {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Test => "test".into(),
            Environment::Production => Self::new("produksjon", "production"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norwegian_where_the_locale_is() {
        for locale in ["nb_NO.UTF-8", "nn_NO", "no"] {
            assert_eq!(Language::from_locale(locale), Language::Nb, "{locale}");
        }
        for locale in ["", "C", "en_GB.UTF-8", "n", "å"] {
            assert_eq!(Language::from_locale(locale), Language::En, "{locale}");
        }
    }
}
