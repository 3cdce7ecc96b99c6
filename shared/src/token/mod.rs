//! Access tokens: what tells them apart, how long they are kept, and how they are had.
//!
//! [`Client`] is for components that need a token. [`Desk`] is the other side, the token component.

mod access;
mod ask;
mod client;
mod desk;
mod details;
mod issuer;
mod kept;
mod keys;
mod metadata;
mod mint;
mod rows;
mod send;
#[cfg(test)]
mod tests;
mod wire;

pub use ask::{Ask, AskError};
pub use client::Client;
pub use desk::{Desk, refuse};
pub(crate) use details::is_external_ref;
pub use details::{Details, DetailsError};
pub use kept::Token;

/// The name of the token component: its audience, and its host inside the app.
pub const COMPONENT: &str = "token";

/// Where other components ask.
const ADDRESS: &str = "http://token.spin.internal/token";

/// Where the sweep of the store is asked for.
const SWEEP_ADDRESS: &str = "http://token.spin.internal/token/sweep";
