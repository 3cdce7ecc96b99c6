//! Providers of values: a table, the environment, a vault.

use std::collections::HashMap;
use std::env::{self, VarError};

use super::vault::{Vault, VaultServer};
use crate::options::Options;
use crate::outbound::TlsError;

/// Prefix of environment variables in Spin's provider.
const PREFIX: &str = "SPIN_VARIABLE";

/// Provider as in the runtime configuration.
pub(crate) enum Definition {
    /// Values in the configuration.
    Static(HashMap<String, String>),
    /// Environment variables `<prefix>_<NAME>`.
    Environment { prefix: String, read: ReadVariable },
    /// Secrets of a vault.
    Vault(VaultServer),
}

/// Reads an environment variable; tests have one of their own.
pub(crate) type ReadVariable = fn(&str) -> Result<String, VarError>;

/// Returns the provider of the process's environment.
pub(crate) fn environment(prefix: Option<String>) -> Definition {
    Definition::Environment {
        prefix: prefix.unwrap_or_else(|| PREFIX.to_owned()),
        read: |name| env::var(name),
    }
}

/// Provider that is ready for requests.
pub(super) enum Provider {
    Static(HashMap<String, String>),
    Environment { prefix: String, read: ReadVariable },
    Vault(Vault),
}

impl Provider {
    pub(super) fn new(definition: Definition, options: &Options) -> Result<Self, TlsError> {
        Ok(match definition {
            Definition::Static(values) => Self::Static(values),
            Definition::Environment { prefix, read } => Self::Environment { prefix, read },
            Definition::Vault(server) => Self::Vault(Vault::new(server, options)?),
        })
    }

    /// Returns the value, if any, or the reason why it is unknown.
    pub(super) async fn get(&self, name: &str) -> Result<Option<String>, String> {
        match self {
            Self::Static(values) => Ok(values.get(name).cloned()),
            Self::Environment { prefix, read } => of_environment(prefix, *read, name),
            Self::Vault(vault) => vault.get(name).await,
        }
    }

    /// Returns whether it may have a value, without a request to a vault.
    pub(super) fn may_have(&self, name: &str) -> bool {
        match self {
            Self::Static(values) => values.contains_key(name),
            Self::Environment { prefix, read } => {
                matches!(of_environment(prefix, *read, name), Ok(Some(_)))
            }
            Self::Vault(_) => true,
        }
    }
}

fn of_environment(prefix: &str, read: ReadVariable, name: &str) -> Result<Option<String>, String> {
    let name = format!("{prefix}_{}", name.to_ascii_uppercase());
    match read(&name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("the environment's `{name}` is not text")),
    }
}
