//! The sandbox's Maskinporten, met as a client meets it: over HTTPS, with grants made by a library
//! that the sandbox's checks do not share with the product.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints let tests do so, but not the functions that tests share"
)]

mod acceptance;
mod alone;
mod client_keys;
mod consents;
mod credentials;
mod faults;
mod order;
mod permissions;
mod refusals;
mod rotation;
mod self_service;
mod setup;
mod support;
mod system_users;
mod tokens;
mod trouble;
