//! What the journeys share: the whole product on this machine, and the people who use it.
//!
//! A [`Bench`] is the sandbox, the host and the components as `cargo run` builds them. A [`Customer`] is
//! somebody logged in at the bank, whose app calls us. A [`Browser`] goes where it is sent.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, what is not as expected ends it"
)]

mod answer;
mod bench;
mod browser;
mod build;
mod credential;
mod customer;
mod gateway;
mod generation;
mod others;
mod real_browser;
mod running;
mod setup;
mod signing;
mod spin;
mod vault;

pub use answer::Answer;
pub use bench::{Bench, by_our_host_alone, on_spin};
pub use browser::Browser;
pub use build::build_components;
pub use customer::Customer;
pub use gateway::{CLIENT, Gateway, GatewaySetup};
pub use generation::Generation;
pub use others::{Environment, Others, OthersServer};
pub use real_browser::RealBrowser;
pub use running::{AppLog, Running, Start};
pub use setup::{Secrets, Setup};
pub use signing::AGREEMENT;
pub use spin::{Output, Spin, SpinApp, SpinStart};

/// A sole proprietorship with claims in both ledgers, spread over several years.
pub const SOLE_PROPRIETORSHIP: &str = "313367002";
/// A company with ordinary claims.
pub const COMPANY: &str = "314055403";
/// Another customer's proprietorship, without any claims.
pub const ANOTHER_PROPRIETORSHIP: &str = "311851381";
