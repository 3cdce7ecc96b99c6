//! `innsyn sandbox`: the counterparties alone, all or one of them.

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
    one: Option<One>,
    /// Where the app that will use it is reached by browsers.
    #[arg(long, default_value = "http://localhost:3000", value_name = "ORIGIN")]
    public_url: String,
    /// A folder of authorities for enterprise certificates, made on first use: `innsyn sandbox certificates` with the
    /// same one makes certificates that this sandbox knows.
    #[arg(long, value_name = "FOLDER")]
    trust_folder: Option<PathBuf>,
}

#[derive(Subcommand)]
enum One {
    /// Maskinporten alone, for a client in any language.
    Maskinporten(maskinporten::Arguments),
    /// Makes enterprise certificates for tests, good ones and bad ones.
    Certificates(certificates::Arguments),
}

pub(crate) async fn run(arguments: Arguments, manifest: Option<PathBuf>) -> anyhow::Result<()> {
    match arguments.one {
        None => {
            all(
                arguments.public_url,
                arguments.trust_folder,
                manifest.as_deref(),
            )
            .await
        }
        Some(One::Maskinporten(arguments)) => maskinporten::run(arguments).await,
        Some(One::Certificates(arguments)) => certificates::run(arguments),
    }
}

async fn all(app: String, shared: Option<PathBuf>, manifest: Option<&Path>) -> anyhow::Result<()> {
    let mut asked = pin!(stop::asked());
    let folder = RunFolder::new()?;
    let options = sandbox::Options {
        clock: sandbox::clock::Clock::default(),
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
