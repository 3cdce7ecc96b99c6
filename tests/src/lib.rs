//! Test bed of the journeys: the whole product on this machine, and its users.
//!
//! A [`TestBed`] is the sandbox, the host and the components as `cargo run` builds them. A
//! [`Customer`] is a person logged in at the bank, whose app calls ours. A [`Browser`] follows
//! redirects.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, what is not as expected ends it"
)]

mod answer;
mod back_end;
mod browser;
mod build;
mod client_certificate;
mod credential;
mod customer;
mod example;
mod gateway;
mod generation;
mod options;
mod others;
mod real_browser;
mod running;
mod services;
mod signing;
mod spin;
mod stored_rows;
mod test_bed;
mod vault;
mod webhooks;

pub use answer::Answer;
pub use back_end::agreement;
pub use browser::Browser;
pub use build::{as_deployed, build_components};
pub use customer::Customer;
pub use example::{Example, RunningExample};
pub use gateway::{CLIENT, Gateway, GatewayOptions};
pub use generation::Generation;
pub use options::{Orders, Secrets, TestOptions, order_freely};
pub use others::{Environment, ThirdPartyPrograms, ThirdPartyServer};
pub use real_browser::RealBrowser;
pub use running::{AppLog, RunningApp, Start};
pub use signing::AGREEMENT;
pub use spin::{Output, Spin, SpinApp, SpinStart, by_our_host_alone, on_spin};
pub use stored_rows::StoredRows;
pub use test_bed::TestBed;
pub use webhooks::{Delivery, Reply, WebhookReceiver};

/// Sole proprietorship with claims in both ledgers, spread over several years.
pub const SOLE_PROPRIETORSHIP: &str = "313367002";
/// Company with ordinary claims.
pub const COMPANY: &str = "314055403";
/// Sole proprietorship of another customer, without any claims.
pub const ANOTHER_PROPRIETORSHIP: &str = "311851381";
