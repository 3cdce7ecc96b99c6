//! Folkeregisteret for producers, met by `curl`: whom two-way TLS lets in, and what the others are told.
#![expect(
    clippy::unwrap_used,
    reason = "the lints let tests do so, but not the functions that tests share"
)]

mod common_problems;
mod defects;
mod lets_in;
mod revocation;
mod shared_authorities;
mod support;
