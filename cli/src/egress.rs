//! `innsyn egress`: a small proxy to counterparties whose certificate has no host name, for programs that cannot hold
//! them to its attributes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;

use anyhow::Context;
use host::{ConnectionLimits, Door, Egress, Log};
use tokio::net::TcpListener;

use crate::connections::Connections;
use crate::{EGRESS, stop};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The counterparties, and the attributes that each is known by.
    #[arg(long, value_name = "FILE")]
    pins: PathBuf,
    /// Where it listens. Elsewhere than on the loopback it needs the three below. Port 0 takes one that is free.
    #[arg(long, default_value = EGRESS, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Its own certificate, in PEM, with those that issued it.
    #[arg(long, value_name = "FILE", requires_all = ["key", "callers"])]
    certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Who may call: names and keys, in TOML. A caller shows its key as `Proxy-Authorization: Bearer KEY`.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    callers: Option<PathBuf>,
    #[command(flatten)]
    connections: Connections,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (scheme, door) = match (&arguments.certificate, &arguments.key, &arguments.callers) {
        (Some(certificate), Some(key), Some(callers)) => {
            ("https", Door::guarded(certificate, key, callers)?)
        }
        _ => ("http", Door::open()),
    };
    let egress = Egress::load(&arguments.pins, door, Log::stderr())
        .with_context(|| format!("{} cannot be used", arguments.pins.display()))?;
    let limits = arguments.connections.over(ConnectionLimits::of_egress());
    let egress = egress.with_connections(limits);
    let pins: Vec<String> = egress.pins().map(str::to_owned).collect();
    let start = async {
        let listener = TcpListener::bind(arguments.listen).await.with_context(|| {
            format!(
                "{} is not free: choose another with --listen",
                arguments.listen
            )
        })?;
        Ok(egress.serve(listener)?)
    };
    let mut asked = pin!(stop::asked());
    let Some(running) = stop::unless(&mut asked, start).await? else {
        return Ok(());
    };
    let address = running.address();
    #[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
    {
        println!("The proxy is running. Each counterparty has a path:\n");
        for pin in &pins {
            println!("  {scheme}://{address}/{pin}/");
        }
        println!("\nCtrl-C stops it. Its log follows.");
    }
    asked.await?;
    running.shutdown().await;
    Ok(())
}
