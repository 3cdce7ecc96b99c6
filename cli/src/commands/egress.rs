//! `innsyn egress`: proxy to services whose certificate has no host name, for programs that cannot
//! check its attributes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;

use anyhow::Context;
use host::{AccessControl, ConnectionLimits, Egress, Log};
use tokio::net::TcpListener;

use crate::connection_options::ConnectionOptions;
use crate::defaults::EGRESS_ADDRESS;
use crate::stop;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Pins, in TOML: the services, and the certificate attributes that identify each.
    #[arg(long, value_name = "FILE")]
    pins: PathBuf,
    /// Address to listen on. One that is not on the loopback needs the three options below. Port 0
    /// chooses a free port.
    #[arg(long, default_value = EGRESS_ADDRESS, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Server certificate with its chain, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["key", "callers"])]
    certificate: Option<PathBuf>,
    /// Private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Callers, in TOML: `NAME = "KEY"` for a caller that sends `Proxy-Authorization: Bearer KEY`,
    /// or `NAME = { public_key = "…" }` for one that signs a credential for each request, as the
    /// app's components do. Without this option any program on the loopback may call.
    #[arg(long, value_name = "FILE")]
    callers: Option<PathBuf>,
    #[command(flatten)]
    connections: ConnectionOptions,
}

/// Runs the proxy until the process is asked to stop.
///
/// # Errors
///
/// If an argument cannot be used or the address is taken.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (scheme, access) = match (&arguments.certificate, &arguments.key, &arguments.callers) {
        (Some(certificate), Some(key), Some(callers)) => (
            "https",
            AccessControl::tls_with_callers(certificate, key, callers)?,
        ),
        (_, _, Some(callers)) => ("http", AccessControl::loopback_with_callers(callers)?),
        _ => ("http", AccessControl::loopback()),
    };
    let egress = Egress::load(&arguments.pins, access, Log::stderr())
        .with_context(|| format!("{} cannot be used", arguments.pins.display()))?;
    let limits = arguments
        .connections
        .apply_to(ConnectionLimits::of_egress());
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
