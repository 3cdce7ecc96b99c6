//! Protocols of the external services of innsyn: Maskinporten, Altinn, Skatteetaten and
//! Folkeregisteret, Posten, and a vault; the events that innsyn sends; and the signed tokens and
//! certificates that they use.
//!
//! The second of four layers. Protocols are sans-IO: a module builds requests and parses answers,
//! and a flow sends them. Nothing in this crate reads a clock, a setting or a store.
//!
//! # Examples
//!
//! ```
//! use innsyn_core::origin::Origin;
//! use innsyn_protocols::maskinporten::Metadata;
//!
//! let origin = Origin::parse("https://maskinporten.example").ok_or("not an origin")?;
//! let metadata = Metadata::documented(&origin);
//! assert_eq!(metadata.token_endpoint, "https://maskinporten.example/token");
//! # Ok::<(), &str>(())
//! ```

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod altinn;
pub mod altinn2;
pub mod cloud_events;
#[cfg(all(any(test, feature = "test-support"), not(target_family = "wasm")))]
pub mod fixtures;
pub mod form_data;
pub mod introspection;
pub mod jose;
pub mod maskinporten;
pub mod posten;
pub mod read_api;
pub mod standard_webhooks;
pub mod vault;
pub mod x509;
