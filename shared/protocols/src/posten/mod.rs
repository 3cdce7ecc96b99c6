//! *Posten signering*: electronic signature of documents, and the status of signature jobs.
//!
//! Sans-IO: the module builds requests and parses answers, and reads no clock. The rules
//! are those of Posten's public documentation (signering-docs) and of its XML schemas
//! (signature-api-specification 3.1.1). Where the two are ambiguous, Posten's published clients
//! decide: the service must accept what they send.

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
mod request_error;
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
pub use job::{InvalidJob, Job, Violation};
pub use request_error::RequestError;
pub use requests::SealedOrder;
pub use seal::{Seal, SealError};

/// Signing flow.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// Direct: the signer is on the sender's page, which redirects the browser to Posten; Posten
    /// redirects it back.
    Direct,
    /// Portal: Posten notifies the signers, who sign in its portal; the sender polls.
    Portal,
}

impl Flow {
    /// Returns the segment of the path, which is also the first word of the messages' names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Portal => "portal",
        }
    }
}

/// Reason why an answer of Posten is rejected. No text repeats any of the answer.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum UnreadableAnswer {
    /// Not XML in UTF-8, or with a DOCTYPE, or nested deeper than any message of Posten.
    #[error("the answer is not the XML that was expected")]
    Malformed,
    /// Unexpected message.
    #[error("the answer is another message than the one expected")]
    Message,
    /// Required element or attribute that is missing or invalid.
    #[error("`{0}` is missing or not what it should be")]
    Element(&'static str),
    /// Address outside Posten's configured origin.
    #[error("`{0}` holds an address that is not at `posten_own_origin`")]
    Foreign(&'static str),
}
