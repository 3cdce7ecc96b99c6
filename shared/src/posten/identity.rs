//! How Posten names a signer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signer as Posten names one, to be compared with [`super::job::Signer::identity`]: the order of signers in an
/// answer means nothing. It is personal data and cannot be printed; written out, it belongs in a sealed row.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// A national identity number, or the sender's own identifier: an answer to a direct job does not tell which.
    Named(String),
    /// By where they are told.
    Contact {
        /// An e-mail address.
        email: Option<String>,
        /// A mobile number.
        sms: Option<String>,
    },
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
