//! Ways in which a consent page sends the browser back to the consumer.

use serde::{Deserialize, Serialize};

/// Behaviour of the redirect after an answer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Callback {
    /// Redirects once, as usual.
    #[default]
    Once,
    /// Loses the redirect: the log-out chain loses its cookie, and the browser stays at Altinn.
    Lost,
    /// Fetches the return address, and then opens it.
    Doubled,
}
