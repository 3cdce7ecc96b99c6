//! Settings: raw optional strings, one resolve step, validated types.
//!
//! Every fault names the variable and the remedy, and all faults are told at once. Defaults stand in
//! the manifest alone, so that what is read here is what is used.

mod fault;
mod resolve;
mod sections;
mod token;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::platform::{Platform, VariableError};

pub use fault::{ConfigError, Fault};
pub use resolve::Resolver;
pub use sections::{Consumers, Login, Origin, StoreKeys};
pub use token::{ConsumerOrgs, TokenConfig, TokenService};

/// The values of a component's variables, as the platform gave them.
#[derive(Clone, Default)]
pub struct Raw(BTreeMap<String, String>);

impl Raw {
    /// Reads `names`. One that the platform does not define is simply absent.
    pub async fn load<P: Platform>(platform: &P, names: &[&str]) -> Result<Self, VariableError> {
        let mut values = BTreeMap::new();
        for name in names {
            if let Some(value) = platform.variable(name).await? {
                values.insert((*name).to_owned(), value);
            }
        }
        Ok(Self(values))
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

/// A component's settings.
pub trait Settings: Sized {
    /// The variables that [`Settings::resolve`] asks for.
    const VARIABLES: &'static [&'static str];

    /// Turns raw values into valid settings, or tells every fault.
    fn resolve(raw: &Raw) -> Result<Self, ConfigError>;
}

/// Reads and resolves a component's settings.
pub async fn load<P: Platform, S: Settings>(platform: &P) -> Result<S, ConfigError> {
    let raw = Raw::load(platform, S::VARIABLES)
        .await
        .map_err(ConfigError::unreadable)?;
    S::resolve(&raw)
}
