//! The sandbox's Maskinporten, met as a client meets it: over HTTPS, with grants made by a library
//! that the sandbox's checks do not share with the product.
mod acceptance;
mod client_keys;
mod consents;
mod credentials;
mod faults;
mod onboarding;
mod order;
mod permissions;
mod refusals;
mod rotation;
mod self_service;
mod setup;
mod standalone;
mod support;
mod system_users;
mod tokens;
mod trouble;
