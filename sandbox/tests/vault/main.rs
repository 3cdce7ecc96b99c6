//! The sandbox's vault, met as a client meets it: over HTTPS, its signatures checked by another
//! library than the one that makes them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints let tests do so, but not the functions that tests share"
)]

mod access;
mod refusals;
mod secrets;
mod signatures;
mod support;
