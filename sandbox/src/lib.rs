//! The counterparties, offline and strict: Maskinporten, Altinn, Skatteetaten, Folkeregisteret, a bank
//! and a vault.
//!
//! Each refuses what the real one refuses, with its own codes. None of this crate uses the code
//! that makes what it checks: it verifies with independent libraries. Where the real behaviour is
//! not published, the module says "assumption".

pub mod alone;
pub mod authority;
pub mod certificates;
pub mod clock;
pub mod consumer;
pub mod fault;
pub mod journal;
pub mod world;

pub mod altinn;
pub mod bank;
pub mod folkeregisteret;
pub mod maskinporten;
pub mod skatteetaten;
pub mod vault;

mod admin;
mod bearer;
mod files;
mod html;
mod random;
mod server;
mod session;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;

use crate::authority::WebAuthority;
use crate::clock::Clock;
use crate::folkeregisteret::ClientCertificate;
use crate::server::{Server, bind};
use crate::variables::Secrets;
use crate::world::{Addresses, Counterparty, World};

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
        let Options {
            clock,
            directory,
            app,
        } = options;
        let (maskinporten, maskinporten_origin) = bind("https", "localhost").await?;
        let (altinn, altinn_origin) = bind("https", "localhost").await?;
        let (skatteetaten, skatteetaten_origin) = bind("https", "localhost").await?;
        let (income, income_origin) = bind("https", "localhost").await?;
        let (tax_basis, tax_basis_origin) = bind("https", "localhost").await?;
        let (person_lookup, person_lookup_origin) = bind("https", "localhost").await?;
        let (folkeregisteret, folkeregisteret_origin) = bind("https", "localhost").await?;
        let (login, login_origin) = bind("https", "localhost").await?;
        let (vault, vault_origin) = bind("https", "localhost").await?;
        let (altinn_page, altinn_page_origin) = bind("http", "localhost").await?;
        let (bank_page, bank_page_origin) = bind("http", "localhost").await?;
        let (admin, admin_origin) = bind("http", "127.0.0.1").await?;
        let addresses = Addresses {
            maskinporten: maskinporten_origin,
            altinn: altinn_origin,
            skatteetaten: skatteetaten_origin,
            income: income_origin,
            tax_basis: tax_basis_origin,
            person_lookup: person_lookup_origin,
            folkeregisteret: folkeregisteret_origin,
            login: login_origin,
            vault: vault_origin,
            altinn_page: altinn_page_origin,
            bank_page: bank_page_origin,
            admin: admin_origin,
        };

        let (ca_file, web) = certified(&directory, &clock)?;
        let tls = web.server(clock.now())?;
        let world = world_of(clock, addresses, app).await?;
        let client_certificate = client_certificate(&world, directory).await?;

        let machines = [
            (
                maskinporten,
                Counterparty::Maskinporten,
                maskinporten::router(world.clone()),
            ),
            (altinn, Counterparty::Altinn, altinn::router(world.clone())),
            (
                skatteetaten,
                Counterparty::Skatteetaten,
                skatteetaten::router(world.clone()),
            ),
            (
                income,
                Counterparty::Income,
                skatteetaten::income::router(world.clone()),
            ),
            (
                tax_basis,
                Counterparty::TaxBasis,
                skatteetaten::tax_basis::router(world.clone()),
            ),
            (
                person_lookup,
                Counterparty::PersonLookup,
                folkeregisteret::lookup::router(world.clone()),
            ),
            (login, Counterparty::Login, bank::router(world.clone())),
            (vault, Counterparty::Vault, vault::router(world.clone())),
        ]
        .map(|(listener, counterparty, router)| {
            let router = observed(router, &world, counterparty);
            Server::start(listener, Some(tls.clone()), router)
        });
        let pages = [
            (altinn_page, altinn::page_router(world.clone())),
            (bank_page, bank::page_router(world.clone())),
            (admin, admin::router(world.clone())),
        ]
        .map(|(listener, router)| Server::start(listener, None, router));
        let two_way = folkeregisteret::tls(&web, &world.enterprise, &world.clock)?;
        let router = folkeregisteret::router();
        let router = observed(router, &world, Counterparty::Folkeregisteret);
        let two_way = Server::start(folkeregisteret, Some(two_way), router);
        let servers = machines.into_iter().chain(pages).chain([two_way]).collect();
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

    /// The certificate with which Folkeregisteret lets a client in.
    pub fn client_certificate(&self) -> &ClientCertificate {
        &self.client_certificate
    }

    /// All variables of the app, whose public address is `public_url`: an origin, without a slash at
    /// the end. Secrets are the same for as long as the sandbox runs.
    pub fn variables(&self, public_url: &str) -> BTreeMap<String, String> {
        variables::variables(&self.world, &self.secrets, public_url)
    }

    /// A back end that may ask the token component for what the demo's clients may have.
    pub fn back_end(&self) -> BackEnd<'_> {
        variables::back_end(&self.secrets)
    }

    /// The app's runtime configuration, in Spin's format.
    pub fn runtime_config(&self) -> String {
        variables::runtime_config(&self.ca_file)
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

async fn world_of(
    clock: Clock,
    addresses: Addresses,
    app: Option<String>,
) -> anyhow::Result<Arc<World>> {
    let world = tokio::task::spawn_blocking(|| World::new(clock, addresses, app))
        .await
        .context("the sandbox's keys were not made")??;
    Ok(Arc::new(world))
}

/// The faults are innermost, so that the journal holds what the caller saw.
fn observed(router: Router, world: &Arc<World>, counterparty: Counterparty) -> Router {
    let faulty = fault::layer(router, world.clone(), counterparty);
    journal::layer(faulty, world.clone(), counterparty)
}
