//! `innsyn token-sidecar`: tokens for a back end on this machine, which needs no credential of its
//! own.
//!
//! Implements the API of NAV's token sidecar texas (<https://github.com/nais/texas>) for
//! Maskinporten, so that code written for it works unchanged. Caches tokens in memory until shortly
//! before they expire.

mod answer;
mod app;
mod exchange;
mod guard;
mod http;
mod introspect;
mod key;
mod maskinporten;
mod provider;
mod server;
mod token_request;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use innsyn_core::party::OrganisationNumber;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use uuid::Uuid;

use self::app::{App, Origin};
use self::maskinporten::Maskinporten;
use self::tokens::TokenSource;

/// Paths of texas's API.
const TOKEN: &str = "/api/v1/token";
const EXCHANGE: &str = "/api/v1/token/exchange";
const INTROSPECT: &str = "/api/v1/introspect";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Origin of innsyn's /token: https, or http on this machine.
    #[arg(long, value_name = "ORIGIN")]
    app: Origin,
    /// Name of the service in the app's settings.
    #[arg(long, value_name = "NAME")]
    subject: String,
    /// Private key of the service: a 32-byte Ed25519 seed in base64url, in a file that others cannot
    /// read.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Organisation number of the consumer for which tokens are requested.
    #[arg(long, value_name = "NUMBER", value_parser = OrganisationNumber::parse)]
    consumer: OrganisationNumber,
    /// Address to listen on, loopback only. Port 0 chooses a free port.
    #[arg(long, default_value = "127.0.0.1:7164", value_name = "ADDRESS", value_parser = loopback)]
    listen: SocketAddr,
    /// Certificate authority to trust for the app, in PEM, in place of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Origin of the Maskinporten whose tokens are validated at /api/v1/introspect.
    #[arg(long, value_name = "ORIGIN")]
    maskinporten: Option<Origin>,
    /// Certificate authority to trust for Maskinporten, in PEM, in place of the system's.
    #[arg(long, value_name = "FILE", requires = "maskinporten")]
    maskinporten_ca: Option<PathBuf>,
}

/// State shared by the handlers.
struct Sidecar {
    tokens: Arc<TokenSource<App>>,
    maskinporten: Option<Maskinporten>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let key = key::read(&arguments.key)?;
    let public_key = key.verifying_key().to_text();
    let Arguments {
        app: origin,
        subject,
        consumer,
        ..
    } = arguments;
    let app = App::new(origin, subject, key, consumer, arguments.ca.as_deref())?;
    let ca = arguments.maskinporten_ca.as_deref();
    let maskinporten = arguments.maskinporten;
    let maskinporten = maskinporten
        .map(|origin| Maskinporten::new(origin, ca))
        .transpose()?;
    let listener = TcpListener::bind(arguments.listen).await.with_context(|| {
        format!(
            "{} is not free: choose another with --listen",
            arguments.listen
        )
    })?;
    let here = format!("http://{}", listener.local_addr()?);
    let introspection = match &maskinporten {
        Some(_) => format!("  export NAIS_TOKEN_INTROSPECTION_ENDPOINT={here}{INTROSPECT}\n"),
        None => "  It validates no tokens: --maskinporten ORIGIN lets it.\n".to_owned(),
    };
    #[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
    {
        println!(
            "The token sidecar is running: {app}.\n\
             Its public key, for the app's settings: {public_key}\n\n  \
             export NAIS_TOKEN_ENDPOINT={here}{TOKEN}\n\
             {introspection}\n\
             Next: curl -s $NAIS_TOKEN_ENDPOINT -d identity_provider=maskinporten -d target=SCOPE\n\
             Ctrl-C stops it."
        );
    }
    let [jitter, ..] = *Uuid::new_v4().as_bytes();
    let sidecar = Sidecar {
        tokens: TokenSource::new(app, Box::new(OffsetDateTime::now_utc), jitter),
        maskinporten,
    };
    server::serve(listener, sidecar).await
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "an address and a port, such as 127.0.0.1:7164".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(
            "the sidecar asks its callers for no credential, so it serves this machine alone: 127.0.0.1 or [::1]"
                .to_owned(),
        )
    }
}
