//! *Posten signering*: documents that are to be signed, and what became of them.
//!
//! Requests are built and answers read here; nothing is sent, and no clock is asked. The rules are those of
//! Posten's public documentation (signering-docs) and of its XML schemas (signature-api-specification 3.1.1).
//! Where the two leave something open, its published clients decide: the service must take what they send.

mod address;
pub mod answer;
mod asice;
mod identity;
mod issuer;
pub mod job;
mod manifest;
mod message;
mod multipart;
pub mod poll;
mod read;
pub mod refusal;
mod requests;
mod seal;
pub mod status;
#[cfg(test)]
mod tests;
mod text;
mod xades;
mod xml;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use address::{Address, Posten, PostenError};
pub use identity::Identity;
pub use job::{Job, Rule, Unfit};
pub use requests::RequestError;
pub use seal::{Seal, SealError};

/// How the signers come to the document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// The signer is already with the sender, whose page sends the browser to Posten and gets it back.
    Direct,
    /// Posten tells the signers, who sign in its portal; the sender polls.
    Portal,
}

impl Flow {
    /// The segment of the path, which is also the first word of the messages' names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Portal => "portal",
        }
    }
}

/// Why an answer of Posten's cannot be used. None of the texts repeats anything from the answer.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Unreadable {
    /// Not XML in UTF-8, or with a DOCTYPE, or deeper than any message of Posten's.
    #[error("the answer is not the XML that was expected")]
    Malformed,
    /// Another message than the one that was expected.
    #[error("the answer is another message than the one expected")]
    Message,
    /// An element or attribute that must be there is not, or holds something else.
    #[error("`{0}` is missing or not what it should be")]
    Element(&'static str),
    /// An address that is not at Posten as configured.
    #[error("`{0}` holds an address that is not at `posten_own_origin`")]
    Foreign(&'static str),
}
