//! External services, offline and strict: Maskinporten, Altinn 3 and 2, Skatteetaten,
//! Folkeregisteret, Posten signering, a bank and a vault.
//!
//! Services refuse the requests that the real ones refuse, with the same codes. To verify a
//! signature or a package, this crate uses other libraries than the app makes them with. Behaviour
//! that the real service does not publish is marked "Assumption" in the module.
//!
//! # Structure
//!
//! [`kit`], [`pki`] and [`population`] are the building blocks of services, in this order. Each
//! service has a module of its own and imports no other service: a call to another is a trait in
//! [`interfaces`]. `services` and [`standalone`] wire them.
//!
//! # Examples
//!
//! Not run here, since it generates RSA keys and listens on some twenty ports:
//!
//! ```no_run
//! use sandbox::{Options, Sandbox, kit::Clock};
//!
//! # async fn run() -> anyhow::Result<()> {
//! let options = Options { clock: Clock::default(), directory: "run".into(), app: None };
//! let sandbox = Sandbox::start(options).await?;
//! println!("{}, trusted by {}", sandbox.addresses().maskinporten, sandbox.ca_file().display());
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Persons and organisations are constants:
//!
//! ```
//! use sandbox::population;
//!
//! let workshop = population::organisation("313367002").ok_or("not in the sandbox")?;
//! assert_eq!(workshop.name, "Fjordvik Snekkerverksted");
//! # Ok::<(), &str>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::disallowed_methods)
)]

pub mod addresses;
pub mod interfaces;
pub mod kit;
pub mod pki;
pub mod population;
pub mod standalone;

pub mod altinn;
pub mod altinn2;
pub mod bank;
pub mod folkeregisteret;
pub mod maskinporten;
pub mod posten;
pub mod skatteetaten;
pub mod vault;

mod admin;
mod authorities;
mod client;
mod issuers;
mod listeners;
mod services;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::addresses::Addresses;
use crate::authorities::{Enterprise, blocking};
use crate::kit::server::Server;
use crate::kit::{Clock, Heads};
use crate::listeners::Listeners;
use crate::variables::{Deployment, Secrets};

pub use crate::client::ClientCertificate;
pub use crate::services::Services;
pub use crate::variables::BackEnd;

/// Options of the sandbox.
#[derive(Debug)]
pub struct Options {
    /// Clock of all services.
    pub clock: Clock,
    /// Folder for the authority's certificate, which clients must trust.
    pub directory: PathBuf,
    /// The app's public address, for the demo bank's page.
    pub app: Option<String>,
}

/// Running sandbox.
#[derive(Debug)]
pub struct Sandbox {
    services: Services,
    addresses: Addresses,
    secrets: Secrets,
    ca_file: PathBuf,
    client_certificate: ClientCertificate,
    servers: Vec<Server>,
}

impl Sandbox {
    /// Starts all services on ports of the system's choice.
    ///
    /// # Errors
    ///
    /// Fails if a port, a file or a key is not available.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let enterprise = Enterprise::new(options.clock.clone()).await?;
        // Boxed: it is large, and so would be all that wait for it.
        Box::pin(Self::start_with(options, enterprise, None)).await
    }

    /// Starts all services and records in `heads` the heads of all requests from machines, which
    /// are of HTTP/1.1 then.
    ///
    /// # Errors
    ///
    /// Fails as [`Sandbox::start`] does.
    pub async fn start_recording(options: Options, heads: &Heads) -> anyhow::Result<Self> {
        let enterprise = Enterprise::new(options.clock.clone()).await?;
        Box::pin(Self::start_with(options, enterprise, Some(heads))).await
    }

    /// Starts all services with the authorities in `folder`, which several processes may share: see
    /// [`pki::EnterpriseAuthority::in_folder`]. They publish on the port that their certificates
    /// name.
    ///
    /// # Errors
    ///
    /// Fails as [`Sandbox::start`] does, and if that port is not free.
    pub async fn start_sharing(options: Options, folder: &Path) -> anyhow::Result<Self> {
        let enterprise = Enterprise::in_folder(options.clock.clone(), folder.to_owned()).await?;
        Box::pin(Self::start_with(options, enterprise, None)).await
    }

    async fn start_with(
        options: Options,
        enterprise: Enterprise,
        heads: Option<&Heads>,
    ) -> anyhow::Result<Self> {
        let Options {
            clock,
            directory,
            app,
        } = options;
        let authority = enterprise.authority.clone();
        let (listeners, addresses) = Listeners::bind(authority.base()).await?;
        let (ca_file, web) = authorities::web(&directory, &clock)?;
        let at = addresses.clone();
        let (services, client_certificate) = blocking(move || {
            let now = clock.now();
            let client_certificate = ClientCertificate::write(&authority, &directory, now)?;
            let services = Services::new(clock, &at, app, authority)?;
            Ok((services, client_certificate))
        })
        .await?;
        let servers = services.serve(listeners, enterprise, &web, heads)?;
        Ok(Self {
            services,
            addresses,
            secrets: Secrets::generate()?,
            ca_file,
            client_certificate,
            servers,
        })
    }

    /// Returns the services.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Returns the origins of the services.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns the file with the certificate, in PEM, that clients must trust.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// Returns the file with the roots of enterprise certificates, in PEM. Clients of Posten must
    /// trust them: its server has such a certificate, without a host name.
    pub fn enterprise_roots_file(&self) -> &Path {
        &self.client_certificate.roots_file
    }

    /// Returns Fjordbanken's certificate, which Folkeregisteret and Posten accept.
    pub fn client_certificate(&self) -> &ClientCertificate {
        &self.client_certificate
    }

    /// Returns all variables of the app, whose public address is `public_url`: an origin, without a
    /// slash at the end. Secrets stay the same while the sandbox runs.
    pub fn variables(&self, public_url: &str) -> BTreeMap<String, String> {
        let deployment = Deployment {
            addresses: &self.addresses,
            consumers: &*self.services.consumers,
            vault: &self.services.vault,
            bank: &self.services.bank,
            secrets: &self.secrets,
            seal: self.client_certificate.seal(),
        };
        variables::variables(deployment, public_url)
    }

    /// Returns all variables of an app that uses Altinn 2.
    pub fn variables_of_altinn2(&self, public_url: &str) -> BTreeMap<String, String> {
        let Services {
            consumers, altinn2, ..
        } = &self.services;
        let former = variables::of_altinn2(&self.addresses, &**consumers, altinn2);
        let former = former.map(|(name, value)| (name.to_owned(), value));
        let mut all = self.variables(public_url);
        all.extend(former);
        all
    }

    /// Returns a back end that may request the same tokens of the token component as the demo's
    /// clients.
    pub fn back_end(&self) -> BackEnd<'_> {
        variables::back_end(&self.secrets)
    }

    /// Returns the variables that differ for an app that sends Fjordbanken's events to `address`,
    /// for [`Sandbox::back_end`] to verify.
    ///
    /// # Errors
    ///
    /// Fails if `address` is not an address.
    pub fn events_to(&self, address: &str) -> anyhow::Result<BTreeMap<String, String>> {
        let variables = variables::events_to(address, &self.secrets)?;
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        Ok(BTreeMap::from(variables))
    }

    /// Returns the app's runtime configuration, in Spin's format.
    pub fn runtime_config(&self) -> String {
        variables::runtime_config(&self.ca_file)
    }

    /// Returns the pins with which our host, for `components`, or its proxy, where there are none,
    /// reaches Posten with Fjordbanken's certificate; and the budgets of all services.
    pub fn pins(&self, components: &[&str]) -> String {
        variables::pins(&self.addresses, &self.client_certificate, components)
    }

    /// Returns the callers of our host's proxy: the components of the app that call Posten.
    pub fn callers(&self) -> String {
        variables::callers(&self.secrets)
    }

    /// Stops every server.
    pub async fn shutdown(self) {
        futures::future::join_all(self.servers.into_iter().map(Server::shutdown)).await;
    }
}
