//! Settings: raw optional strings, one resolve step, validated types.
//!
//! Every fault names the variable and the remedy, and all faults are told at once. Defaults stand in
//! the manifest alone, so that what is read here is what is used.

mod current;
mod fault;
mod resolve;
mod sections;
mod token;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::platform::{Platform, VariableError};

pub use current::Current;
pub use fault::{ConfigError, Fault};
pub use resolve::Resolver;
pub use sections::{Consumers, KeySetStore, Login, Origin, StoreKeys};
pub use token::{ConsumerOrgs, TokenConfig, TokenService};

/// How many variables are asked for at once: each may be a call to a vault.
const AT_ONCE: usize = 8;

/// The values of a component's variables, as the platform gave them.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Raw(BTreeMap<String, String>);

impl Raw {
    /// Reads `names`. One that the platform does not define is simply absent.
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

    /// These with those of `others`.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// From pairs of name and value.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The value, without space around it; `None` where it is empty or absent.
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

/// A component's settings.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread, so futures need not be Send"
)]
pub trait Settings: Sized {
    /// The variables that [`Settings::resolve`] asks for, where they are the same for every component.
    const VARIABLES: &'static [&'static str];

    /// Reads the variables that [`Settings::resolve`] asks for.
    async fn read<P: Platform>(platform: &P) -> Result<Raw, ConfigError> {
        let raw = Raw::load(platform, Self::VARIABLES).await;
        raw.map_err(ConfigError::unreadable)
    }

    /// Turns raw values into valid settings, or tells every fault.
    fn resolve(raw: &Raw) -> Result<Self, ConfigError>;
}

/// Reads and resolves a component's settings.
pub async fn load<P: Platform, S: Settings>(platform: &P) -> Result<S, ConfigError> {
    S::resolve(&S::read(platform).await?)
}
