//! Maskinporten without the other services, to test a client of one's own against it.
//!
//! Altinn's registers, which Maskinporten consults, are included, and the admin API sets them:
//! delegations, system users, consents. No service of Altinn runs. Two of the demo's clients are
//! given away, with their keys in files for their owner alone: one with a registered key, one with
//! an enterprise certificate.

mod private_jwk;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use rcgen::RsaKeySize;

use crate::altinn::{Altinn, Origins};
use crate::authorities::{self, Enterprise, blocking};
use crate::kit::controls::Controls;
use crate::kit::server::{Server, bind, bind_to};
use crate::kit::{Clock, ExternalService, files};
use crate::maskinporten::TokenKeys;
use crate::pki::{EnterpriseAuthority, public_jwk, rsa_key_named};
use crate::population::{Consumer, Credential, FJORDBANKEN, VESTBANKEN, VaultKey};
use crate::{admin, altinn, maskinporten};

/// Options of a standalone Maskinporten.
#[derive(Debug)]
pub struct Options {
    /// Clock.
    pub clock: Clock,
    /// Folder for the authority's certificate and the clients' keys.
    pub directory: PathBuf,
    /// Address to listen at: the loopback or all addresses. The certificate is for `localhost`.
    pub listen: SocketAddr,
}

/// Running standalone Maskinporten.
#[derive(Debug)]
pub struct Maskinporten {
    service: Arc<maskinporten::Maskinporten>,
    admin: String,
    ca_file: PathBuf,
    clients: Vec<Client>,
    servers: [Server; 3],
}

/// Client whose keys are printed for any caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Client identifier.
    pub client_id: String,
    /// Organisation number.
    pub organisation: String,
    /// File with the private key: PKCS#8 in PEM.
    pub key_pem_file: PathBuf,
    /// Identifier of the registered key.
    pub kid: Option<String>,
    /// File with the registered key as a JWK, with the identifier.
    pub key_jwk_file: Option<PathBuf>,
    /// File with the certificate and that of the authority which issued it: PEM.
    pub chain_file: Option<PathBuf>,
}

impl Maskinporten {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Fails if a port, a file or a key is not available, and if `listen` is neither the loopback
    /// nor all addresses.
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
        let (listener, origin) = bind_to(listen, "https", "localhost")
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        let (admin_listener, admin) = bind("http", "127.0.0.1").await?;
        let enterprise = Enterprise::new(clock.clone()).await?;
        let (ca_file, web) = authorities::web(&directory, &clock)?;
        let tls = web.server(clock.now())?;
        let controls = Controls::new(clock.clone());
        let authority = enterprise.authority.clone();
        let (services, clients) = blocking(move || {
            let consumers = consumers(&clock, &authority)?;
            let services = Services::new(clock, &origin, &authority, &consumers)?;
            let clients = given_away(&consumers, &std::path::absolute(directory)?)?;
            Ok((services, clients))
        })
        .await?;
        let Services {
            maskinporten,
            altinn,
        } = services;

        let router = maskinporten::router(maskinporten.clone());
        let router = controls.observe(router, ExternalService::Maskinporten);
        let administered =
            maskinporten::admin_router(maskinporten.clone()).merge(altinn::admin_router(altinn));
        let administered = admin::router(controls.clone(), maskinporten.clone(), administered);
        let servers = [
            Server::start(listener, Some(tls), router),
            Server::start(admin_listener, None, administered),
            enterprise.publish(&controls),
        ];
        Ok(Self {
            service: maskinporten,
            admin,
            ca_file,
            clients,
            servers,
        })
    }

    /// Returns the issuer, which ends with a slash.
    pub fn issuer(&self) -> &str {
        self.service.issuer()
    }

    /// Returns the token endpoint.
    pub fn token_endpoint(&self) -> String {
        format!("{}token", self.issuer())
    }

    /// Returns the origin of the admin API.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// Returns the file with the certificate, in PEM, that clients must trust.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// Returns the clients: first that with a registered key, then that with a certificate.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Returns the scopes that both clients may request.
    pub fn scopes(&self) -> Vec<String> {
        self.service.scopes()
    }

    /// Stops the servers.
    pub async fn shutdown(self) {
        futures::future::join_all(self.servers.map(Server::shutdown)).await;
    }
}

/// Maskinporten, and Altinn's registers that it looks up details in.
struct Services {
    maskinporten: Arc<maskinporten::Maskinporten>,
    altinn: Arc<Altinn>,
}

impl Services {
    fn new(
        clock: Clock,
        origin: &str,
        authority: &EnterpriseAuthority,
        consumers: &[Consumer],
    ) -> anyhow::Result<Self> {
        let tokens = Arc::new(TokenKeys::new(origin)?);
        let clients = Consumer::clients_of(FJORDBANKEN, consumers);
        let altinn = Altinn::new(
            clock.clone(),
            Origins::not_served(),
            tokens.clone(),
            clients,
        );
        let altinn = Arc::new(altinn);
        let maskinporten =
            maskinporten::Maskinporten::new(clock, tokens, authority, altinn.clone());
        maskinporten.register(consumers);
        Ok(Self {
            maskinporten: Arc::new(maskinporten),
            altinn,
        })
    }
}

/// Creates the demo's consumers. There is no vault, so the client whose key would be in it is
/// unusable.
fn consumers(clock: &Clock, authority: &EnterpriseAuthority) -> anyhow::Result<[Consumer; 3]> {
    let in_vault = VaultKey {
        name: "vestbanken",
        version: 1,
        public_key: public_jwk(&rsa_key_named(VESTBANKEN, RsaKeySize::_2048)?)?,
    };
    Consumer::generate(authority, in_vault, clock.now())
}

/// Writes the keys of two clients into `directory`.
fn given_away(consumers: &[Consumer], directory: &Path) -> anyhow::Result<Vec<Client>> {
    let mut registered = Vec::new();
    let mut certified = Vec::new();
    for consumer in consumers {
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
    let jwk = private_jwk::from_pem(pem_of(consumer)?, kid)?;
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
