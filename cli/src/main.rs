//! The `innsyn` command: runs the app and its counterparties on this machine.

mod core_dumps;
mod counterparties;
mod doctor;
mod egress;
mod progress;
mod run_folder;
mod sidecar;
mod stop;
mod token_route;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// See a customer's claims at the Norwegian tax administration, with their consent.
#[derive(Parser)]
#[command(name = "innsyn", version)]
struct Arguments {
    /// The app's manifest. Without it, the nearest spin.toml from this folder upwards.
    #[arg(long, global = true, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the components and runs them with the sandbox, until Ctrl-C. This is the default.
    Up(up::Arguments),
    /// Runs the sandbox alone, for a Spin or a client of your own.
    Sandbox(counterparties::Arguments),
    /// Gives Maskinporten tokens to a back end on this machine, with the API of NAV's sidecar texas.
    TokenSidecar(sidecar::Arguments),
    /// Says what is wrong with an enterprise certificate and its key, or with the project's, before a counterparty does.
    Doctor(Box<doctor::Arguments>),
    /// Calls counterparties that are known by their organisation's number, for programs that cannot.
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
    match arguments
        .command
        .unwrap_or(Command::Up(up::Arguments::default()))
    {
        Command::Up(up) => up::run(up, &manifest(arguments.manifest)?).await,
        // Boxed: it is large.
        Command::Sandbox(sandbox) => Box::pin(counterparties::run(sandbox)).await,
        Command::TokenSidecar(sidecar) => sidecar::run(sidecar).await,
        Command::Egress(egress) => egress::run(egress).await,
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
