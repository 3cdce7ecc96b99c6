//! Maskinporten: the national token issuer (Digdir). Requests are built and answers read here; nothing is sent.

mod client;

pub(crate) use client::RawClient;

pub use client::{Client, ClientError, KeyIdentifier};
