//! The `innsyn` command: runs the app and its counterparties on this machine.

mod counterparties;
mod doctor;
mod egress;
mod pem;
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

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    match arguments
        .command
        .unwrap_or(Command::Up(up::Arguments::default()))
    {
        Command::Up(up) => up::run(up, &manifest(arguments.manifest)?).await,
        // Boxed: it is large.
        Command::Sandbox(sandbox) => {
            // The sandbox runs anywhere; where there is a project, its commands name it.
            let manifest = manifest(arguments.manifest).ok();
            Box::pin(counterparties::run(sandbox, manifest)).await
        }
        Command::TokenSidecar(sidecar) => sidecar::run(sidecar).await,
        Command::Egress(egress) => egress::run(egress).await,
        Command::Doctor(doctor) => {
            return Ok(doctor::run(&doctor, || manifest(arguments.manifest)).await);
        }
    }
    .map(|()| ExitCode::SUCCESS)
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
