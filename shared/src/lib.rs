//! The core of innsyn: everything that is not wiring.
//!
//! It compiles and is tested natively. What the outside world gives a component comes through
//! [`platform`] alone; protocols build requests and read answers without sending anything.

pub mod altinn;
pub mod calendar;
pub mod caller;
pub mod certificate;
pub mod config;
pub mod consent;
pub mod context;
pub mod credential;
mod expiry;
#[cfg(test)]
mod fixtures;
mod flight;
mod idempotency;
pub mod inbound;
mod json;
mod key_set;
pub mod log;
pub mod maskinporten;
pub mod outbound;
mod page;
pub mod party;
pub mod platform;
pub mod posten;
pub mod problem;
pub mod reads;
pub mod return_address;
pub mod secret;
pub mod signature;
pub mod skatteetaten;
pub mod state;
pub mod store;
mod text;
pub mod token;
pub mod trace;
pub mod vault;
