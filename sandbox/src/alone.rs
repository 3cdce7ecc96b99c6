//! Maskinporten without the others: for whoever tests a client of their own against it.
//!
//! What it asks of Altinn is kept, and set on the admin address: delegations, system users, consents.
//! Of the demo's clients it gives away two, with their keys in files that are open to their owner
//! alone: one with a registered key, one with an enterprise certificate.

mod private_jwk;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::clock::Clock;
use crate::consumer::{Consumer, Credential};
use crate::server::{Server, bind, bind_to};
use crate::world::{Addresses, Counterparty, World};
use crate::{Issuers, admin, certified, files, maskinporten, observed, published_by, world_of};

/// Stands for the address of a counterparty that is not there.
const ABSENT: &str = "https://absent.invalid";

/// What it needs to start.
#[derive(Debug)]
pub struct Options {
    /// Its time.
    pub clock: Clock,
    /// Where its authority's certificate and the clients' keys are written.
    pub directory: PathBuf,
    /// Where it listens: on the loopback or on all addresses. It is called `localhost`.
    pub listen: SocketAddr,
}

/// Maskinporten, running.
#[derive(Debug)]
pub struct Maskinporten {
    world: Arc<World>,
    ca_file: PathBuf,
    clients: Vec<Client>,
    servers: [Server; 3],
}

/// A client that anybody may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its identifier.
    pub client_id: String,
    /// Whose it is.
    pub organisation: String,
    /// Its private key: PKCS#8 in PEM.
    pub key_pem_file: PathBuf,
    /// Its registered key's identifier.
    pub kid: Option<String>,
    /// Its registered key as a JWK, with the identifier.
    pub key_jwk_file: Option<PathBuf>,
    /// Its certificate and that of the authority which issued it: PEM.
    pub chain_file: Option<PathBuf>,
}

impl Maskinporten {
    /// Starts it.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let Options {
            clock,
            directory,
            listen,
        } = options;
        let ip = listen.ip();
        anyhow::ensure!(
            ip.is_loopback() || ip.is_unspecified(),
            "{ip}: the certificate is for localhost; listen on the loopback or on all addresses"
        );
        let (listener, maskinporten) = bind_to(listen, "https", "localhost")
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        let (admin_listener, admin) = bind("http", "127.0.0.1").await?;
        let issuers = Issuers::new(clock.clone()).await?;
        let addresses = Addresses {
            maskinporten,
            admin,
            altinn: ABSENT.to_owned(),
            altinn2: ABSENT.to_owned(),
            skatteetaten: ABSENT.to_owned(),
            income: ABSENT.to_owned(),
            tax_basis: ABSENT.to_owned(),
            person_lookup: ABSENT.to_owned(),
            folkeregisteret: ABSENT.to_owned(),
            posten: ABSENT.to_owned(),
            login: ABSENT.to_owned(),
            vault: ABSENT.to_owned(),
            issuers: issuers.authority.base().to_owned(),
            altinn_page: ABSENT.to_owned(),
            altinn2_page: ABSENT.to_owned(),
            posten_page: ABSENT.to_owned(),
            bank_page: ABSENT.to_owned(),
        };
        let (ca_file, web) = certified(&directory, &clock)?;
        let tls = web.server(clock.now())?;
        let world = world_of(clock, addresses, None, issuers.authority).await?;
        let clients = given_away(&world, &std::path::absolute(directory)?)?;

        let router = maskinporten::router(world.clone());
        let router = observed(router, &world, Counterparty::Maskinporten);
        let admin = admin::maskinporten_router(world.clone());
        let servers = [
            Server::start(listener, Some(tls), router),
            Server::start(admin_listener, None, admin),
            published_by(issuers.listener, &world),
        ];
        Ok(Self {
            world,
            ca_file,
            clients,
            servers,
        })
    }

    /// The issuer, with its slash.
    pub fn issuer(&self) -> &str {
        self.world.maskinporten.issuer()
    }

    /// Where tokens are asked for.
    pub fn token_endpoint(&self) -> String {
        format!("{}token", self.issuer())
    }

    /// The admin address's origin.
    pub fn admin(&self) -> &str {
        &self.world.addresses.admin
    }

    /// The certificate, in PEM, that clients must trust.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The clients: first that with a registered key, then that with a certificate.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// The scopes that both may ask for.
    pub fn scopes(&self) -> Vec<String> {
        self.world.maskinporten.scopes()
    }

    /// Stops it.
    pub async fn shutdown(self) {
        futures::future::join_all(self.servers.map(Server::shutdown)).await;
    }
}

/// Writes the keys of two clients into `directory`.
fn given_away(world: &World, directory: &Path) -> anyhow::Result<Vec<Client>> {
    let mut registered = Vec::new();
    let mut certified = Vec::new();
    for consumer in &world.consumers {
        match &consumer.credential {
            Credential::Registered { kid } if registered.is_empty() => {
                registered.push(with_key(consumer, kid, directory)?);
            }
            Credential::Certified { chain } if certified.is_empty() => {
                certified.push(with_certificate(consumer, chain, directory)?);
            }
            _ => {}
        }
    }
    registered.append(&mut certified);
    Ok(registered)
}

fn with_key(consumer: &Consumer, kid: &str, directory: &Path) -> anyhow::Result<Client> {
    let key_jwk_file = directory.join("registered-key.json");
    let jwk = private_jwk::of(pem_of(consumer)?, kid)?;
    files::private(&key_jwk_file, jwk.to_string())?;
    Ok(Client {
        kid: Some(kid.to_owned()),
        key_jwk_file: Some(key_jwk_file),
        ..client(consumer, directory.join("registered-key.pem"))?
    })
}

fn with_certificate(
    consumer: &Consumer,
    chain: &[String],
    directory: &Path,
) -> anyhow::Result<Client> {
    let chain_file = directory.join("certificate-chain.pem");
    let chain: String = chain
        .iter()
        .map(|certificate| files::certificate_pem(certificate))
        .collect();
    files::private(&chain_file, &chain)?;
    Ok(Client {
        chain_file: Some(chain_file),
        ..client(consumer, directory.join("certificate-key.pem"))?
    })
}

fn client(consumer: &Consumer, key_pem_file: PathBuf) -> anyhow::Result<Client> {
    files::private(&key_pem_file, pem_of(consumer)?)?;
    Ok(Client {
        client_id: consumer.client_id.to_owned(),
        organisation: consumer.organisation.to_owned(),
        key_pem_file,
        kid: None,
        key_jwk_file: None,
        chain_file: None,
    })
}

fn pem_of(consumer: &Consumer) -> anyhow::Result<&str> {
    consumer
        .pem()
        .context("a key in the vault is given to nobody")
}
