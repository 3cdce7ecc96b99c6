//! Core types and the platform interface of innsyn: parties, problems, the log, and access to the
//! outside world.
//!
//! The lowest of four layers: it knows no protocol, no setting and no component. A component
//! reaches the outside world only through [`platform::Platform`]. One implementation is for Spin;
//! the other is in memory, for tests, and the feature `test-support` exports it.
//!
//! # Examples
//!
//! ```
//! use innsyn_core::origin::Origin;
//!
//! let origin = Origin::parse("https://bank.example").ok_or("not an origin")?;
//! assert!(origin.owns("https://bank.example/consent?id=1"));
//! assert_eq!(Origin::parse("https://bank.example/"), None);
//! # Ok::<(), &str>(())
//! ```

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod audit;
pub mod calendar;
pub mod context;
pub mod credential;
#[cfg(all(any(test, feature = "test-support"), not(target_family = "wasm")))]
pub mod fixtures;
pub mod identifier;
pub mod json;
pub mod log;
pub mod marks;
pub mod origin;
pub mod party;
pub mod platform;
pub mod problem;
pub mod reference;
pub mod retry_after;
pub mod secret;
pub mod semaphore;
pub mod single_flight;
pub mod text;
pub mod trace;
