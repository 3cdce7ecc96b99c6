//! Damaged secrets, and the search for them in what a program writes.
//!
//! A test writes each of [`damaged`] where the program reads the secret, and gives everything that
//! the program wrote to [`Secret::expect_unseen`]. For secrets inside JSON and TOML there are
//! [`in_json`] and [`in_toml`].

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "for tests alone"
)]

mod damage;
mod documents;
mod search;

pub use damage::{DamagedSecret, damaged};
pub use documents::{in_json, in_toml};
pub use search::Secret;
