//! Product flows of innsyn: tokens, consents, reads and signatures.
//!
//! The highest of four layers, below the components, which run it. The `…Api` of each module has the
//! component's routes and settings. [`reads::ReadsApi`] answers requests for data, with a consent of
//! [`consent`] and a token of [`token`]; [`signature::SignatureApi`] orders signatures on documents.
//!
//! # Examples
//!
//! ```
//! use innsyn_flows::token::TokenRequest;
//!
//! assert!(TokenRequest::new("skatteetaten:kravogbetalinger").is_ok());
//! assert!(TokenRequest::new("").is_err());
//! ```

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod altinn;
mod altinn2;
pub mod consent;
#[cfg(test)]
mod declared_settings;
#[cfg(test)]
mod described_routes;
pub mod events;
#[cfg(test)]
mod fixtures;
pub mod reads;
#[cfg(test)]
mod secrecy;
pub mod signature;
pub mod token;
