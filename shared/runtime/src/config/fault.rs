//! Configuration errors, with the remedy for each fault.

use std::time::Duration;

use thiserror::Error;

use innsyn_core::platform::VariableError;
use innsyn_core::problem::{Kind, Problem};

/// Fault in one setting. Texts never repeat the value, which may be a secret.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// Required variable that is missing.
    #[error("{name} is not set: {remedy}")]
    Missing {
        /// Name of the variable.
        name: String,
        /// Remedy: a valid value for the variable.
        remedy: String,
    },
    /// Variable with an invalid value.
    #[error("{name} {reason}: {remedy}")]
    Invalid {
        /// Name of the variable.
        name: String,
        /// Reason why the value is invalid.
        reason: String,
        /// Remedy: a valid value for the variable.
        remedy: String,
    },
    /// Variable that the platform failed to read.
    #[error("{0}")]
    Unreadable(VariableError),
    /// Variable that the platform did not return in time.
    #[error("the variables were not read within {} ms", .0.as_millis())]
    Slow(Duration),
}

/// Faults of a component's settings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigError {
    /// List of faults, never empty.
    pub faults: Vec<Fault>,
}

impl ConfigError {
    /// Returns the error of a variable that cannot be read.
    pub fn unreadable(error: VariableError) -> Self {
        Self {
            faults: vec![Fault::Unreadable(error)],
        }
    }

    pub(super) fn slow(patience: Duration) -> Self {
        Self {
            faults: vec![Fault::Slow(patience)],
        }
    }
}

impl std::error::Error for ConfigError {}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self::new(Kind::ConfigurationMissing).cause(error)
    }
}
