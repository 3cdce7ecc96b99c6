//! `innsyn token-sidecar`: tokens for a back end on this machine, which needs no credential of its own.
//!
//! It speaks the API of NAV's token sidecar texas (<https://github.com/nais/texas>), `POST /api/v1/token`, so that code
//! written for that one works unchanged. It keeps nothing: the token component does.

mod answer;
mod app;
mod guard;
mod key;
mod wanted;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router, middleware};
use shared::party::OrganisationNumber;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use self::answer::{Granted, Refused};
use self::app::{App, Origin};
use self::wanted::Wanted;
use crate::stop;

/// Where code written for the sidecar asks.
const PATH: &str = "/api/v1/token";

/// The largest body, in bytes. The token component takes no larger one.
const LARGEST: usize = 64 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a stopping sidecar waits for requests in flight.
const GRACE: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where innsyn's /token is: https, or http on this machine.
    #[arg(long, value_name = "ORIGIN")]
    app: Origin,
    /// What the service is called in the app's settings.
    #[arg(long, value_name = "NAME")]
    subject: String,
    /// The service's private key: a 32-byte Ed25519 seed in base64url, in a file that others cannot read.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The organisation whose tokens are asked for.
    #[arg(long, value_name = "NUMBER", value_parser = OrganisationNumber::parse)]
    consumer: OrganisationNumber,
    /// Where the sidecar listens: the loopback alone. Port 0 takes one that is free.
    #[arg(long, default_value = "127.0.0.1:7164", value_name = "ADDRESS", value_parser = loopback)]
    listen: SocketAddr,
    /// The authority to trust for the app, in PEM, in place of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
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
    let listener = TcpListener::bind(arguments.listen).await.with_context(|| {
        format!(
            "{} is not free: choose another with --listen",
            arguments.listen
        )
    })?;
    let endpoint = format!("http://{}{PATH}", listener.local_addr()?);
    #[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
    {
        println!(
            "The token sidecar is running: {app}.\n\
             Its public key, for the app's settings: {public_key}\n\n  \
             export NAIS_TOKEN_ENDPOINT={endpoint}\n\n\
             Next: curl -s $NAIS_TOKEN_ENDPOINT -d identity_provider=maskinporten -d target=SCOPE\n\
             Ctrl-C stops it."
        );
    }
    serve(listener, app).await
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

async fn serve(listener: TcpListener, app: App) -> anyhow::Result<()> {
    let router = Router::new()
        .route(PATH, post(token))
        .fallback(nothing_else)
        .method_not_allowed_fallback(nothing_else)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(middleware::from_fn(guard::this_machine_alone))
        .with_state(Arc::new(app));
    let stopping = Arc::new(Notify::new());
    let heard = stopping.clone();
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { heard.notified().await });
    tokio::select! {
        ended = server => ended.context("the sidecar ended"),
        asked = async {
            stop::asked().await?;
            stopping.notify_one();
            tokio::time::sleep(GRACE).await;
            Ok(())
        } => asked,
    }
}

async fn token(State(app): State<Arc<App>>, request: Request) -> Result<Json<Granted>, Refused> {
    let wanted = tokio::time::timeout(PATIENCE, Wanted::read(request))
        .await
        .map_err(|_| Refused::invalid("the request did not arrive in time"))??;
    app.token(&wanted).await.map(Json)
}

async fn nothing_else() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "invalid_request",
        format!("this sidecar serves POST {PATH} and nothing else"),
    )
}
