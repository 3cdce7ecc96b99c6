//! Maskinporten access tokens: cache keys, lifetimes and acquisition.
//!
//! [`Client`] is for components that need a token. [`TokenApi`] is the other side, the token component.

mod access;
mod api;
mod cache;
mod client;
mod details;
mod issuer;
mod keys;
mod metadata;
mod mint;
mod request;
mod rows;
mod services;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

pub use api::TokenApi;
pub use cache::Token;
pub use client::Client;
pub(crate) use details::is_external_ref;
pub use details::{Details, DetailsError};
pub use request::{TokenRequest, TokenRequestError};
pub(crate) use services::PublicKeys;
pub use services::{ConsumerOrgs, RequestLimits, TOKEN_SERVICES, TokenService};
pub use settings::{MASKINPORTEN_CLIENTS, MASKINPORTEN_ORIGIN, TokenConfig, VAULT_TOKEN};
pub use wire::SweepBody;

/// Name of the token component: its audience, and its host inside the app.
pub const COMPONENT: &str = "token";

/// Path of requests for tokens.
const PATH: &str = "/token";

/// Path of requests for the sweep of the store.
const SWEEP_PATH: &str = "/token/sweep";

/// Address of token requests from other components.
const ADDRESS: &str = "http://token.spin.internal/token";

/// Address of requests for the sweep of the store.
const SWEEP_ADDRESS: &str = "http://token.spin.internal/token/sweep";
