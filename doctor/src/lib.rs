//! Checks of enterprise certificates, their keys and the configuration that names them, before a
//! service refuses them.
//!
//! With `--certificate` the doctor checks files, without it everything that the project's
//! configuration names. It uses the network only with `--live`.
//!
//! # Examples
//!
//! [`Arguments`] are part of a command line; [`run`] prints the report and returns the exit code.
//!
//! ```
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! struct Cli {
//!     #[command(flatten)]
//!     doctor: innsyn_doctor::Arguments,
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let cli = Cli::try_parse_from(["doctor", "--list-checks"])?;
//! innsyn_doctor::run(&cli.doctor, || anyhow::bail!("no project here")).await;
//! # anyhow::Ok(())
//! # })?;
//! # Ok::<(), anyhow::Error>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::disallowed_methods)
)]

mod app_files;
mod catalogue;
mod checks;
mod command;
mod finding;
mod language;
mod material;
mod network;
mod project;
mod report;

pub use command::{Arguments, run};
