//! The language of the report.

use clap::ValueEnum;

/// Norwegian (bokmål) or English.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Language {
    /// Norsk bokmål.
    Nb,
    /// English.
    En,
}

impl Language {
    /// That of the environment.
    pub(super) fn of_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::of_locale(&set("LC_ALL").or_else(|| set("LANG")).unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        match locale.get(..2) {
            Some("nb" | "nn" | "no") => Self::Nb,
            _ => Self::En,
        }
    }

    /// One of two texts.
    pub(super) fn of<T>(self, nb: T, en: T) -> T {
        match self {
            Self::Nb => nb,
            Self::En => en,
        }
    }
}

/// A word in both languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Both {
    nb: String,
    en: String,
}

impl Both {
    /// Of a word in each.
    pub(super) fn new(nb: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            nb: nb.into(),
            en: en.into(),
        }
    }

    /// In one of them.
    pub(super) fn in_language(&self, language: Language) -> &str {
        language.of(&self.nb, &self.en)
    }
}

impl From<String> for Both {
    fn from(text: String) -> Self {
        Self::new(text.clone(), text)
    }
}

impl From<&str> for Both {
    fn from(text: &str) -> Self {
        Self::new(text, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norwegian_where_the_locale_is() {
        for locale in ["nb_NO.UTF-8", "nn_NO", "no"] {
            assert_eq!(Language::of_locale(locale), Language::Nb, "{locale}");
        }
        for locale in ["", "C", "en_GB.UTF-8", "n", "å"] {
            assert_eq!(Language::of_locale(locale), Language::En, "{locale}");
        }
    }
}
