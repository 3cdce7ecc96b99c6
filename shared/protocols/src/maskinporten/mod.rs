//! Maskinporten, Digdir's national token issuer for machines. This module builds requests and
//! parses answers; it sends nothing.

mod answer;
mod client;
mod grant;
mod key;
mod meaning;
mod metadata;
mod refusal;
mod rsa_key;
#[cfg(test)]
mod tests;

pub use client::RawClient;

pub use answer::{TokenResponse, read};
pub use client::{Client, ClientError};
pub use grant::{Grant, GrantError, request};
pub use key::{Key, KeyError, KeyIdentifier, Signer, TransitKey, certificates};
pub use meaning::Class;
pub use metadata::{Metadata, MetadataError};
pub use refusal::{Refusal, drift};
pub use rsa_key::{Algorithm, RsaKey};
