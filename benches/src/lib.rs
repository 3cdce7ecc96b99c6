//! What a request costs, and what that means as the parties become more.
//!
//! `docs/growth.md` is the paper. It states figures: measured ones, which `cargo bench -p benches` measures again, assumed ones,
//! and limits of the counterparties. From those and nothing else [`Paper::tables`] computes the tables that the paper shows.

mod model;
mod paper;

pub use paper::{MissingFigure, Paper};
