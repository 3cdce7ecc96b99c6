//! Runtime of the components: settings, HTTP server and client, authentication, stores and keys.
//!
//! The third of four layers. It has what every component needs and no product flow: [`inbound`]
//! routes a request, [`config`] reads settings, [`caller`] verifies logins, [`outbound`] sends, and
//! [`store`] seals rows.
//!
//! # Examples
//!
//! ```
//! use innsyn_runtime::config::{Raw, Resolver};
//!
//! let raw = Raw::from_pairs([("web_origins", "https://bank.example")]);
//! let mut resolver = Resolver::new(&raw);
//! let origins = resolver.web_origins();
//! assert_eq!(resolver.finish(origins)?.len(), 1);
//! # Ok::<(), innsyn_runtime::config::ConfigError>(())
//! ```

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod caller;
pub mod config;
pub mod expiry;
#[cfg(all(any(test, feature = "test-support"), not(target_family = "wasm")))]
pub mod fixtures;
mod header;
pub mod idempotency;
pub mod inbound;
pub mod key_set;
pub mod outbound;
pub mod page;
pub mod return_address;
pub mod state;
pub mod store;
pub mod vault;
