//! Switches of the lookup.

use serde::{Deserialize, Serialize};

/// Switches of behaviour. The default is the documented behaviour.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Limit of calls in a minute; more are answered 429. The test environment's limit, by
    /// Folkeregisteret's news, is 1 200.
    pub calls_per_minute: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            calls_per_minute: 1_200,
        }
    }
}
