//! Identity of a signer in Posten's answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Identity of a signer as Posten writes it, to be compared with [`super::job::Signer::identity`]:
/// the order of signers in an answer is arbitrary. It is personal data: its `Debug` output is
/// redacted, and it must be stored sealed.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// National identity number, or an identifier assigned by the sender: an answer to a direct job
    /// does not say which.
    Named(String),
    /// Contact information of the notifications.
    Contact {
        /// E-mail address.
        email: Option<String>,
        /// Mobile number.
        sms: Option<String>,
    },
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
