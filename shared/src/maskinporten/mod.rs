//! Maskinporten, the national issuer of tokens for machines (Digdir): requests are built and answers read
//! here; nothing is sent.

mod answer;
mod client;
mod grant;
mod metadata;
mod refusal;

pub(crate) use client::RawClient;

pub use answer::{Minted, read};
pub use client::{Client, ClientError, KeyIdentifier};
pub use grant::{Grant, GrantError};
pub use metadata::{Metadata, MetadataError};
pub use refusal::{Class, Refusal};
