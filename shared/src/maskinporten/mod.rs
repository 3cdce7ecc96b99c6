//! Maskinporten, the national issuer of tokens for machines (Digdir): requests are built and answers read
//! here; nothing is sent.

mod answer;
mod client;
mod grant;
mod key;
mod meaning;
mod metadata;
mod refusal;
#[cfg(test)]
mod tests;

pub(crate) use client::RawClient;

pub use answer::{Minted, read};
pub use client::{Client, ClientError};
pub use grant::{Grant, GrantError, request};
pub(crate) use key::certificates;
pub use key::{Algorithm, Key, KeyError, KeyIdentifier, RsaKey, Signer, TransitKey};
pub use meaning::Class;
pub use metadata::{Metadata, MetadataError};
pub use refusal::{Refusal, drift};
