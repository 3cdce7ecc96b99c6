//! `innsyn sandbox`: the external services, all or one of them.

mod certificates;
mod maskinporten;
mod spin;

use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::Context;
use clap::Subcommand;
use sandbox::Sandbox;
use sandbox::folkeregisteret::TRANSPORT;

use crate::run_folder::RunFolder;
use crate::stop;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Address at which browsers reach the app that will use the sandbox.
    #[arg(long, default_value = "http://localhost:3000", value_name = "ORIGIN")]
    public_url: String,
    /// Folder of authorities for enterprise certificates, created on first use. `innsyn sandbox
    /// certificates` with the same folder makes certificates that this sandbox trusts.
    #[arg(long, value_name = "FOLDER")]
    trust_folder: Option<PathBuf>,
}

/// Part of the sandbox.
#[derive(Subcommand)]
enum Part {
    /// Maskinporten alone, for a client in any language.
    Maskinporten(maskinporten::Arguments),
    /// Makes enterprise certificates for tests, valid or with chosen defects.
    Certificates(certificates::Arguments),
}

/// Runs the sandbox, or the part that the arguments name.
///
/// # Errors
///
/// If an argument cannot be used or a service does not start.
pub(super) async fn run(arguments: Arguments, manifest: Option<PathBuf>) -> anyhow::Result<()> {
    match arguments.part {
        None => {
            run_all(
                arguments.public_url,
                arguments.trust_folder,
                manifest.as_deref(),
            )
            .await
        }
        Some(Part::Maskinporten(arguments)) => maskinporten::run(arguments).await,
        Some(Part::Certificates(arguments)) => certificates::run(arguments),
    }
}

async fn run_all(
    app: String,
    shared: Option<PathBuf>,
    manifest: Option<&Path>,
) -> anyhow::Result<()> {
    let mut asked = pin!(stop::asked());
    let folder = RunFolder::new()?;
    let options = sandbox::Options {
        clock: sandbox::kit::Clock::default(),
        directory: folder.path().join("sandbox"),
        app: Some(app.clone()),
    };
    let start = async {
        match &shared {
            Some(folder) => Sandbox::start_sharing(options, folder).await,
            None => Sandbox::start(options).await,
        }
    };
    let started = stop::unless(&mut asked, start).await;
    let Some(sandbox) = started.context("the sandbox did not start")? else {
        return Ok(());
    };
    let spin = spin::prepare(&folder, &sandbox, &app, manifest)?;

    let places = sandbox.addresses();
    let client = sandbox.client_certificate();
    #[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
    {
        println!(
            "The sandbox is running, for an app at {app}.\n\n  \
             Maskinporten   {}\n  Altinn         {}\n  Skatteetaten   {}\n  Income         {}\n  Tax basis      {}\n  \
             Persons        {}\n  Folkeregister  {}\n  Revocation     {}\n  \
             Posten         {}\n  Signers        {}\n  Altinn 2       {}\n  \
             Login          {}\n  \
             Demo bank      {}\n  Switches       {}\n  Its authority  {ca}\n\n\
             Folkeregisteret asks for a client certificate. With that of Fjordbanken, the transport works:\n  \
             curl --cacert {ca} --cert {} --key {} {}{TRANSPORT}\n\n\
             {spin}\n\n\
             Ctrl-C stops it and removes the files.",
            places.maskinporten,
            places.altinn,
            places.skatteetaten,
            places.income,
            places.tax_basis,
            places.person_lookup,
            places.folkeregisteret,
            places.issuers,
            places.posten,
            places.posten_page,
            places.altinn2,
            places.login,
            places.bank_page,
            places.admin,
            client.chain_file.display(),
            client.key_file.display(),
            places.folkeregisteret,
            ca = sandbox.ca_file().display(),
        );
    }
    asked.await?;
    sandbox.shutdown().await;
    Ok(())
}
