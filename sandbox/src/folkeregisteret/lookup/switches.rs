//! What the lookup may do differently from the ordinary.

use serde::{Deserialize, Serialize};

/// The switches; `default()` is the ordinary.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// What is more than this in a minute is 429. The test environment's limit, by Folkeregisteret's news, is 1 200.
    pub calls_per_minute: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            calls_per_minute: 1_200,
        }
    }
}
