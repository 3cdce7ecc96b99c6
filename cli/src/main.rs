//! The `innsyn` command: runs the app and its external services on this machine.
//!
//! Cargo features select the commands: `host` adds `egress` and `doctor`, `sandbox` adds `sandbox`,
//! both together add `up`. A program for production is built without `sandbox`.

#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::disallowed_methods)
)]

#[cfg(all(feature = "host", feature = "sandbox"))]
mod build_progress;
mod commands;
#[cfg(feature = "host")]
mod connection_options;
mod core_dumps;
#[cfg(any(feature = "host", feature = "sandbox"))]
mod defaults;
#[cfg(any(feature = "host", feature = "sandbox"))]
mod manifest;
#[cfg(all(feature = "host", feature = "sandbox"))]
mod manifest_copy;
#[cfg(feature = "sandbox")]
mod run_folder;
mod sidecar;
mod stop;

// A panic of one task would end the requests of all others.
#[cfg(panic = "abort")]
compile_error!("native programs are built with a profile that unwinds: --profile native");

#[cfg(any(feature = "host", feature = "sandbox"))]
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::commands::Command;

/// See a customer's claims at the Norwegian tax administration, with their consent.
#[derive(Parser)]
#[command(name = "innsyn", version)]
#[cfg_attr(
    not(all(feature = "host", feature = "sandbox")),
    command(subcommand_required = true, arg_required_else_help = true)
)]
struct Arguments {
    /// Manifest of the app. The default is the nearest spin.toml from this folder upwards.
    #[cfg(any(feature = "host", feature = "sandbox"))]
    #[arg(long, global = true, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Exit code for wrong arguments, as in clap.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let outcome = run();
    // The log is written by a thread of its own.
    #[cfg(feature = "host")]
    host::Log::stderr().flush();
    outcome.unwrap_or_else(|error| {
        // Errors contain no secrets; redaction covers one that was forgotten.
        eprintln!("Error: {}", redaction::redacted(&format!("{error:?}")));
        ExitCode::FAILURE
    })
}

fn run() -> anyhow::Result<ExitCode> {
    core_dumps::forbid().context("core dumps cannot be switched off")?;
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return Ok(report_usage(&error)),
    };
    #[cfg(all(feature = "host", feature = "sandbox"))]
    let command = arguments.command.unwrap_or_default();
    #[cfg(not(all(feature = "host", feature = "sandbox")))]
    let Some(command) = arguments.command else {
        // The parser requires a command.
        return Ok(ExitCode::FAILURE);
    };
    let runtime = command.runtime().enable_all().build();
    let runtime = runtime.context("the threads cannot be started")?;
    #[cfg(any(feature = "host", feature = "sandbox"))]
    let outcome = runtime.block_on(command.run(arguments.manifest));
    #[cfg(not(any(feature = "host", feature = "sandbox")))]
    let outcome = runtime.block_on(command.run());
    // A build that is still going on when the command is stopped is not waited for.
    runtime.shutdown_background();
    outcome
}

/// Reports wrong arguments, redacted: clap repeats them, and one may be a key in place of its file.
fn report_usage(error: &clap::Error) -> ExitCode {
    let message = error.to_string();
    let redacted = redaction::redacted(&message);
    if !error.use_stderr() || message == redacted {
        error.exit();
    }
    eprint!("{redacted}");
    ExitCode::from(USAGE)
}
