//! Settings: raw optional strings, one resolve step, validated types.
//!
//! A setting is declared once, beside the code that reads it ([`settings!`](crate::settings)).
//! Faults name the variable and the remedy, and are reported together. Defaults apply only in the
//! manifest, so the values read here are the values used.

mod claim_names;
mod claims;
mod fault;
mod reloading;
mod resolve;
mod sections;
mod setting;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures::future::join_all;

use innsyn_core::platform::{Platform, VariableError};

pub use claims::{BackEndClaim, Meaning, SUBJECT};
pub use fault::{ConfigError, Fault};
pub use reloading::Reloading;
pub use resolve::{
    COMMON, EGRESS, JOURNEYS, MAINTENANCE_SECRET, PAGES, PUBLIC_URL, RETURN_ADDRESSES, Resolver,
};
pub use sections::{Consumers, KeySetStore, Login, StoreKeys};
pub use setting::{DefaultValue, Setting};

/// Maximum number of variables read concurrently; each read may be a call to a vault.
const AT_ONCE: usize = 8;

/// Raw values of a component's variables, as returned by the platform.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Raw(BTreeMap<String, String>);

impl Raw {
    /// Reads the variables `names`. A variable that the platform does not define is absent.
    ///
    /// # Errors
    ///
    /// [`VariableError`] if the platform fails to read a variable.
    pub async fn load<P: Platform>(platform: &P, names: &[&str]) -> Result<Self, VariableError> {
        let mut values = BTreeMap::new();
        for names in names.chunks(AT_ONCE) {
            let found = join_all(names.iter().map(|name| platform.variable(name))).await;
            for (name, value) in names.iter().zip(found) {
                if let Some(value) = value? {
                    values.insert((*name).to_owned(), value);
                }
            }
        }
        Ok(Self(values))
    }

    /// Returns these values extended with those of `others`.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Creates values from pairs of name and value.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// Returns the trimmed value; `None` if it is empty or absent.
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Settings of a component.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so futures need not be Send"
)]
pub trait Settings: Sized {
    /// Settings that [`Settings::resolve`] reads, where they are the same for every component.
    const SETTINGS: &'static [&'static [Setting]];

    /// Returns the names of [`Settings::SETTINGS`].
    fn names() -> impl Iterator<Item = &'static str> {
        let settings = Self::SETTINGS.iter().copied().flatten();
        settings.map(|setting| setting.name)
    }

    /// Reads the variables of [`Settings::resolve`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a variable cannot be read.
    async fn read<P: Platform>(platform: &P) -> Result<Raw, ConfigError> {
        let names: Vec<_> = Self::names().collect();
        let raw = Raw::load(platform, &names).await;
        raw.map_err(ConfigError::unreadable)
    }

    /// Resolves raw values into valid settings.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every fault of the values.
    fn resolve(raw: &Raw) -> Result<Self, ConfigError>;
}

/// Reads and resolves a component's settings.
///
/// # Errors
///
/// [`ConfigError`] if a variable cannot be read, or with every fault of the values.
pub async fn load<P: Platform, S: Settings>(platform: &P) -> Result<S, ConfigError> {
    S::resolve(&S::read(platform).await?)
}
