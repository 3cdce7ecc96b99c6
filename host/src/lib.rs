//! Runs a Spin application (<https://spinframework.dev>) on wasmtime: the same `spin.toml` and the
//! same runtime configuration as `spin up`, with outbound mutual TLS whose connections are never
//! shared between client certificates.
//!
//! # Examples
//!
//! Not run here, since it needs components that are built:
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let app = host::App::load(host::Options::new("spin.toml")).await?;
//! let server = app.serve(tokio::net::TcpListener::bind("127.0.0.1:0").await?);
//! println!("http://{}", server.address());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Options have the limits of a deployment by default:
//!
//! ```
//! let options = host::Options::new("spin.toml");
//! assert!(options.limits.instances_per_component > 0);
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::disallowed_methods)
)]

mod allowed_hosts;
mod app;
mod application;
mod bindings;
pub mod build;
mod component_http;
mod configuration;
mod counters;
mod deadline;
mod document;
mod egress;
mod engine;
mod expiration;
mod incoming;
mod instance;
mod instances;
mod key_value;
mod linker;
mod lock;
mod log;
mod manifest;
mod options;
mod outbound;
mod private;
mod problem;
mod queue;
mod repeated;
mod routes;
mod runtime_config;
mod server;
mod spin_headers;
mod template;
mod timer;
mod variables;

pub use app::{App, LoadError};
pub use configuration::{Configuration, Place, TlsSetting};
pub use counters::Series;
pub use document::DocumentError;
pub use egress::{AccessControl, Egress, EgressError, RunningEgress};
pub use key_value::StoreError;
pub use log::Log;
pub use options::{ConnectionLimits, Limits, Options, Timer};
pub use outbound::TlsError;
pub use server::Server;
pub use timer::TimerError;
pub use variables::VariableError;
