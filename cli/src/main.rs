//! The `innsyn` command: runs the app and its counterparties on this machine.
//!
//! Features choose what it is built with: `host` gives `egress` and `doctor`, `sandbox` gives `sandbox`, both together
//! `up`. A program for production is built without `sandbox`.

#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::disallowed_methods)
)]

#[cfg(feature = "host")]
mod connections;
mod core_dumps;
#[cfg(feature = "sandbox")]
mod counterparties;
#[cfg(feature = "host")]
mod doctor;
#[cfg(feature = "host")]
mod egress;
#[cfg(feature = "host")]
mod pem;
#[cfg(all(feature = "host", feature = "sandbox"))]
mod progress;
#[cfg(feature = "sandbox")]
mod run_folder;
mod sidecar;
mod stop;
#[cfg(all(feature = "host", feature = "sandbox"))]
mod token_route;
#[cfg(all(feature = "host", feature = "sandbox"))]
mod up;

// A panic of one task would end the requests of all others.
#[cfg(panic = "abort")]
compile_error!("native programs are built with a profile that unwinds: --profile native");

#[cfg(any(feature = "host", feature = "sandbox"))]
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Default address of `egress`, at which the sandbox configures Spin to call it.
#[cfg(any(feature = "host", feature = "sandbox"))]
const EGRESS: &str = "127.0.0.1:7165";

/// See a customer's claims at the Norwegian tax administration, with their consent.
#[derive(Parser)]
#[command(name = "innsyn", version)]
#[cfg_attr(
    not(all(feature = "host", feature = "sandbox")),
    command(subcommand_required = true, arg_required_else_help = true)
)]
struct Arguments {
    /// The app's manifest. Without it, the nearest spin.toml from this folder upwards.
    #[cfg(any(feature = "host", feature = "sandbox"))]
    #[arg(long, global = true, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the components and runs them with the sandbox, until Ctrl-C. This is the default.
    #[cfg(all(feature = "host", feature = "sandbox"))]
    Up(up::Arguments),
    /// Runs the sandbox alone, for a Spin or a client of your own.
    #[cfg(feature = "sandbox")]
    Sandbox(counterparties::Arguments),
    /// Gives Maskinporten tokens to a back end on this machine, with the API of NAV's sidecar texas.
    TokenSidecar(sidecar::Arguments),
    /// Says what is wrong with an enterprise certificate and its key, or with the project's, before a counterparty does.
    #[cfg(feature = "host")]
    Doctor(Box<doctor::Arguments>),
    /// Calls counterparties that are known by their organisation's number, for programs that cannot.
    #[cfg(feature = "host")]
    Egress(egress::Arguments),
}

/// The exit code for arguments that are wrong, as clap has it.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    run().await.unwrap_or_else(|error| {
        // Whoever wrote the error has left secrets out; this is for one that was forgotten.
        eprintln!("Error: {}", redaction::redacted(&format!("{error:?}")));
        ExitCode::FAILURE
    })
}

async fn run() -> anyhow::Result<ExitCode> {
    core_dumps::forbid().context("core dumps cannot be switched off")?;
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return Ok(usage(&error)),
    };
    #[cfg(all(feature = "host", feature = "sandbox"))]
    let command = arguments
        .command
        .unwrap_or(Command::Up(up::Arguments::default()));
    #[cfg(not(all(feature = "host", feature = "sandbox")))]
    let Some(command) = arguments.command else {
        // The parser asks for one.
        return Ok(ExitCode::FAILURE);
    };
    match command {
        #[cfg(all(feature = "host", feature = "sandbox"))]
        Command::Up(up) => up::run(up, &manifest(arguments.manifest)?).await,
        // Boxed: it is large.
        #[cfg(feature = "sandbox")]
        Command::Sandbox(sandbox) => {
            // The sandbox runs anywhere; where there is a project, its commands name it.
            let manifest = manifest(arguments.manifest).ok();
            Box::pin(counterparties::run(sandbox, manifest)).await
        }
        Command::TokenSidecar(sidecar) => sidecar::run(sidecar).await,
        #[cfg(feature = "host")]
        Command::Egress(egress) => egress::run(egress).await,
        #[cfg(feature = "host")]
        Command::Doctor(doctor) => {
            return Ok(doctor::run(&doctor, || manifest(arguments.manifest)).await);
        }
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Says what is wrong with the arguments. clap repeats them, and one may be a key in place of its file.
fn usage(error: &clap::Error) -> ExitCode {
    let said = error.to_string();
    let clean = redaction::redacted(&said);
    if !error.use_stderr() || said == clean {
        error.exit();
    }
    eprint!("{clean}");
    ExitCode::from(USAGE)
}

#[cfg(any(feature = "host", feature = "sandbox"))]
fn manifest(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        return Ok(path);
    }
    let here = std::env::current_dir().context("this folder cannot be read")?;
    here.ancestors()
        .map(|folder| folder.join("spin.toml"))
        .find(|path| path.is_file())
        .context("there is no spin.toml here or above: go to the project's folder, or name it with --manifest")
}
