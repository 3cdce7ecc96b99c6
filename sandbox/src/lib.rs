//! The counterparties, offline and strict: Maskinporten, Altinn 3 and 2, Skatteetaten, Folkeregisteret, Posten
//! signering, a bank and a vault.
//!
//! Each refuses what the real one refuses, with its own codes. None of this crate uses the code
//! that makes what it checks: it verifies with independent libraries. Where the real behaviour is
//! not published, the module says "assumption".

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod alone;
pub mod authority;
pub mod certificates;
pub mod clock;
pub mod consumer;
pub mod fault;
pub mod journal;
pub mod world;

pub mod altinn;
pub mod altinn2;
pub mod bank;
pub mod folkeregisteret;
pub mod maskinporten;
pub mod posten;
pub mod skatteetaten;
pub mod vault;

mod admin;
mod bearer;
mod client;
mod files;
mod html;
mod issuers;
mod listeners;
mod random;
mod server;
mod session;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;

use crate::authority::{EnterpriseAuthority, WebAuthority};
use crate::clock::Clock;
use crate::listeners::Listeners;
use crate::server::{Server, bind, bind_to};
use crate::variables::Secrets;
use crate::world::{Addresses, Counterparty, World};

pub use crate::client::ClientCertificate;
pub use crate::variables::BackEnd;

/// What a sandbox needs to start.
#[derive(Debug)]
pub struct Options {
    /// The counterparties' time.
    pub clock: Clock,
    /// Where the authority's certificate is written, for clients to trust.
    pub directory: PathBuf,
    /// The app's public address, for the demo bank's page.
    pub app: Option<String>,
}

/// The counterparties, running.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<World>,
    secrets: Secrets,
    ca_file: PathBuf,
    client_certificate: ClientCertificate,
    servers: Vec<Server>,
}

impl Sandbox {
    /// Starts all counterparties on ports of the system's choice.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let issuers = Issuers::new(options.clock.clone()).await?;
        // Boxed: it is large, and so would be all that wait for it.
        Box::pin(Self::started(options, issuers)).await
    }

    /// The same with the authorities in `folder`, which others may share: see
    /// [`EnterpriseAuthority::in_folder`]. What they publish is on the port that their certificates name.
    pub async fn start_sharing(options: Options, folder: &Path) -> anyhow::Result<Self> {
        let issuers = Issuers::in_folder(options.clock.clone(), folder.to_owned()).await?;
        Box::pin(Self::started(options, issuers)).await
    }

    async fn started(options: Options, issuers: Issuers) -> anyhow::Result<Self> {
        let Options {
            clock,
            directory,
            app,
        } = options;
        let (at, addresses) = Listeners::bind(issuers.authority.base()).await?;
        let (ca_file, web) = certified(&directory, &clock)?;
        let tls = web.server(clock.now())?;
        let Issuers {
            listener: published,
            authority,
        } = issuers;
        let world = world_of(clock, addresses, app, authority).await?;
        let client_certificate = client_certificate(&world, directory).await?;

        let machines = [
            (
                at.maskinporten,
                Counterparty::Maskinporten,
                maskinporten::router(world.clone()),
            ),
            (
                at.altinn,
                Counterparty::Altinn,
                altinn::router(world.clone()),
            ),
            (
                at.skatteetaten,
                Counterparty::Skatteetaten,
                skatteetaten::router(world.clone()),
            ),
            (
                at.income,
                Counterparty::Income,
                skatteetaten::income::router(world.clone()),
            ),
            (
                at.tax_basis,
                Counterparty::TaxBasis,
                skatteetaten::tax_basis::router(world.clone()),
            ),
            (
                at.person_lookup,
                Counterparty::PersonLookup,
                folkeregisteret::lookup::router(world.clone()),
            ),
            (at.login, Counterparty::Login, bank::router(world.clone())),
            (at.vault, Counterparty::Vault, vault::router(world.clone())),
        ]
        .map(|(listener, counterparty, router)| {
            let router = observed(router, &world, counterparty);
            Server::start(listener, Some(tls.clone()), router)
        });
        let published = published_by(published, &world);
        let pages = [
            (at.altinn_page, altinn::page_router(world.clone())),
            (at.altinn2_page, altinn2::page_router(world.clone())),
            (at.posten_page, posten::page_router(world.clone())),
            (at.bank_page, bank::page_router(world.clone())),
            (at.admin, admin::router(world.clone())),
        ]
        .map(|(listener, router)| Server::start(listener, None, router));
        let two_way = [
            (
                at.folkeregisteret,
                Counterparty::Folkeregisteret,
                folkeregisteret::tls(&web, &world.enterprise, &world.clock)?,
                folkeregisteret::router(),
            ),
            (
                at.altinn2,
                Counterparty::Altinn2,
                altinn2::tls(&web, &world.enterprise, &world.clock)?,
                altinn2::router(world.clone()),
            ),
            (
                at.posten,
                Counterparty::Posten,
                posten::tls(&world)?,
                posten::router(&world),
            ),
        ]
        .map(|(listener, counterparty, tls, router)| {
            let router = observed(router, &world, counterparty);
            let told = journal::handshakes(world.clone(), counterparty, folkeregisteret::reason);
            Server::start_told(listener, tls, router, told)
        });
        let servers = machines.into_iter().chain(pages);
        let servers = servers.chain(two_way).chain([published]).collect();
        Ok(Self {
            world,
            secrets: Secrets::generate()?,
            ca_file,
            client_certificate,
            servers,
        })
    }

    /// The state of the counterparties.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Where each is reached.
    pub fn addresses(&self) -> &Addresses {
        &self.world.addresses
    }

    /// The certificate, in PEM, that clients must trust.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The roots of enterprise certificates, in PEM: what clients of Posten must trust, which shows one of
    /// these and has no host name.
    pub fn enterprise_roots_file(&self) -> &Path {
        &self.client_certificate.roots_file
    }

    /// The certificate with which Folkeregisteret and Posten let a client in: Fjordbanken's.
    pub fn client_certificate(&self) -> &ClientCertificate {
        &self.client_certificate
    }

    /// All variables of the app, whose public address is `public_url`: an origin, without a slash at
    /// the end. Secrets are the same for as long as the sandbox runs.
    pub fn variables(&self, public_url: &str) -> BTreeMap<String, String> {
        variables::variables(
            &self.world,
            &self.secrets,
            self.client_certificate.seal(),
            public_url,
        )
    }

    /// The same for an app that asks Altinn 2.
    pub fn variables_of_altinn2(&self, public_url: &str) -> BTreeMap<String, String> {
        let former = variables::of_altinn2(&self.world);
        let former = former.map(|(name, value)| (name.to_owned(), value));
        let mut all = self.variables(public_url);
        all.extend(former);
        all
    }

    /// A back end that may ask the token component for what the demo's clients may have.
    pub fn back_end(&self) -> BackEnd<'_> {
        variables::back_end(&self.secrets)
    }

    /// The app's runtime configuration, in Spin's format.
    pub fn runtime_config(&self) -> String {
        variables::runtime_config(&self.ca_file)
    }

    /// The pins with which our host, for `components`, or its proxy, where there are none, reaches Posten, with
    /// Fjordbanken's certificate; and the budgets of all counterparties.
    pub fn pins(&self, components: &[&str]) -> String {
        variables::pins(&self.world, &self.client_certificate, components)
    }

    /// Stops every server.
    pub async fn shutdown(self) {
        futures::future::join_all(self.servers.into_iter().map(Server::shutdown)).await;
    }
}

/// Makes the authority of the servers, whose certificate is written into `directory`.
fn certified(directory: &Path, clock: &Clock) -> anyhow::Result<(PathBuf, WebAuthority)> {
    let web = WebAuthority::generate(clock.now())?;
    files::directory(directory)?;
    let ca_file = std::path::absolute(directory)?.join("ca.pem");
    files::private(&ca_file, web.pem())?;
    Ok((ca_file, web))
}

async fn client_certificate(
    world: &Arc<World>,
    directory: PathBuf,
) -> anyhow::Result<ClientCertificate> {
    let world = world.clone();
    tokio::task::spawn_blocking(move || ClientCertificate::write(&world, &directory))
        .await
        .context("the client certificate was not made")?
}

/// The issuers of enterprise certificates, and where they publish.
struct Issuers {
    listener: TcpListener,
    authority: EnterpriseAuthority,
}

impl Issuers {
    /// New ones, on a port of the system's choice.
    async fn new(clock: Clock) -> anyhow::Result<Self> {
        let (listener, base) = bind("http", "localhost").await?;
        let make = move || EnterpriseAuthority::publishing_at(&base, clock.now());
        let authority = unhurried(make).await?;
        Ok(Self {
            listener,
            authority,
        })
    }

    /// Those in `folder`, on the port that they have there.
    async fn in_folder(clock: Clock, folder: PathBuf) -> anyhow::Result<Self> {
        let make = move || EnterpriseAuthority::in_folder(&folder, clock.now());
        let authority = unhurried(make).await?;
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
            authority,
        })
    }
}

fn published_by(listener: TcpListener, world: &Arc<World>) -> Server {
    let router = issuers::router(world.clone());
    Server::start(
        listener,
        None,
        observed(router, world, Counterparty::Issuers),
    )
}

async fn world_of(
    clock: Clock,
    addresses: Addresses,
    app: Option<String>,
    authority: EnterpriseAuthority,
) -> anyhow::Result<Arc<World>> {
    let world = unhurried(|| World::new(clock, addresses, app, authority)).await?;
    Ok(Arc::new(world))
}

/// Makes keys, on a thread that may take its time.
async fn unhurried<T: Send + 'static>(
    make: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let outcome = tokio::task::spawn_blocking(make).await;
    outcome.context("the sandbox's keys were not made")?
}

/// The faults are innermost, so that the journal holds what the caller saw.
fn observed(router: Router, world: &Arc<World>, counterparty: Counterparty) -> Router {
    let faulty = fault::layer(router, world.clone(), counterparty);
    journal::layer(faulty, world.clone(), counterparty)
}
