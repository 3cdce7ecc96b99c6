//! Authorities of a running sandbox: that of its TLS servers, and those of enterprise certificates
//! with the listener at which they publish.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::issuers::{self, Issuers};
use crate::kit::controls::Controls;
use crate::kit::server::{Server, bind, bind_to};
use crate::kit::{Clock, ExternalService, files};
use crate::pki::{EnterpriseAuthority, WebAuthority};

/// Makes the authority of the servers and writes its certificate into `directory`.
pub(crate) fn web(directory: &Path, clock: &Clock) -> anyhow::Result<(PathBuf, WebAuthority)> {
    let web = WebAuthority::generate(clock.now())?;
    files::directory(directory)?;
    let ca_file = std::path::absolute(directory)?.join("ca.pem");
    files::private(&ca_file, web.pem())?;
    Ok((ca_file, web))
}

/// Authorities of enterprise certificates, and the listener at which they publish.
#[derive(Debug)]
pub(crate) struct Enterprise {
    listener: TcpListener,
    pub(crate) authority: Arc<EnterpriseAuthority>,
}

impl Enterprise {
    /// Creates new authorities, which publish on a port that the system assigns.
    pub(crate) async fn new(clock: Clock) -> anyhow::Result<Self> {
        let (listener, base) = bind("http", "localhost").await?;
        let make = move || EnterpriseAuthority::publishing_at(&base, clock.now());
        Ok(Self {
            listener,
            authority: Arc::new(blocking(make).await?),
        })
    }

    /// Reads the authorities in `folder`, which publish on the port recorded there.
    pub(crate) async fn in_folder(clock: Clock, folder: PathBuf) -> anyhow::Result<Self> {
        let make = move || EnterpriseAuthority::in_folder(&folder, clock.now());
        let authority = blocking(make).await?;
        let port = authority.base().rsplit_once(':');
        let port = port.and_then(|(_, port)| port.parse().ok());
        let port: u16 = port.context("the authorities' address has a port")?;
        let (listener, _) = bind_to(([127, 0, 0, 1], port).into(), "http", "localhost")
            .await
            .with_context(|| {
                format!(
                    "{} is not free: is a sandbox running with these authorities?",
                    authority.base()
                )
            })?;
        Ok(Self {
            listener,
            authority: Arc::new(authority),
        })
    }

    /// Publishes certificates, revocation lists and OCSP answers of the authorities on their port.
    pub(crate) fn publish(self, controls: &Controls) -> Server {
        let issuers = Issuers::new(controls.clock.clone(), self.authority);
        let router = issuers::router(Arc::new(issuers));
        let router = controls.observe(router, ExternalService::Issuers);
        Server::start(self.listener, None, router)
    }
}

/// Runs `make`, which may take part of a second, on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    make: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let outcome = tokio::task::spawn_blocking(make).await;
    outcome.context("the sandbox's keys were not made")?
}
