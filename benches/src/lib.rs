//! Measurements of the product, and the model of its cost as it grows.
//!
//! `docs/growth.md` is the document. It states figures: measured ones, which `cargo bench -p
//! benches --bench growth` measures again, assumed ones, and limits of the external services.
//! [`CapacityModel::tables`] computes its tables from those alone.
//!
//! `docs/performance.md` has the figures of `cargo bench -p benches --bench speed`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench ends where something is not as expected; its figures have a few digits that count"
)]

mod capacity;
pub mod cpu;
pub mod fuel;
pub mod load;
mod manifest;
mod model;
pub mod product;
pub mod report;
pub mod requests;
pub mod source;
pub mod workload;

pub use capacity::{CapacityModel, MissingFigure};
