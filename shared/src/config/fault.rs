//! What is wrong with the settings, and what to do about it.

use std::time::Duration;

use thiserror::Error;

use crate::platform::VariableError;
use crate::problem::{Kind, Problem};

/// One thing that is wrong. No text repeats the value: it may be a secret.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// Required, and not there.
    #[error("{name} is not set: {remedy}")]
    Missing {
        /// The variable.
        name: String,
        /// What to set it to.
        remedy: String,
    },
    /// There, and wrong.
    #[error("{name} {reason}: {remedy}")]
    Invalid {
        /// The variable.
        name: String,
        /// What is wrong with it.
        reason: String,
        /// What to set it to.
        remedy: String,
    },
    /// The platform would not say.
    #[error("{0}")]
    Unreadable(VariableError),
    /// The platform did not say in time.
    #[error("the variables were not read within {} ms", .0.as_millis())]
    Slow(Duration),
}

/// Everything that is wrong with a component's settings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl ConfigError {
    pub(crate) fn unreadable(error: VariableError) -> Self {
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
