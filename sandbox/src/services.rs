//! External services of a sandbox, wired to each other: the one file that knows them all.

use std::sync::Arc;

use axum::Router;
use rustls::ServerConfig;

use crate::addresses::Addresses;
use crate::altinn::{self, Altinn};
use crate::altinn2::{self, Altinn2};
use crate::bank::{self, Bank};
use crate::folkeregisteret::lookup::{self, Lookup};
use crate::kit::controls::Controls;
use crate::kit::server::{OnFailedHandshake, Server, ignored};
use crate::kit::wire::Recorder;
use crate::kit::{Clock, ExternalService, Faults, Heads, Journal, handshake};
use crate::listeners::Listeners;
use crate::maskinporten::{self, Maskinporten, TokenKeys};
use crate::pki::{EnterpriseAuthority, WebAuthority};
use crate::population::{Consumer, FJORDBANKEN, VaultKey};
use crate::posten::{self, Posten};
use crate::skatteetaten::{self, Skatteetaten};
use crate::vault::{self, Vault};
use crate::{admin, authorities, folkeregisteret};

/// External services of one sandbox. Clones share them.
#[derive(Clone, Debug)]
pub struct Services {
    /// Clock of all services.
    pub clock: Clock,
    /// Faults on request.
    pub faults: Arc<Faults>,
    /// Journal of the requests so far.
    pub journal: Arc<Journal>,
    /// Maskinporten: access tokens.
    pub maskinporten: Arc<Maskinporten>,
    /// Altinn 3: consents, delegations and system users.
    pub altinn: Arc<Altinn>,
    /// Altinn 2: consents and their tokens.
    pub altinn2: Arc<Altinn2>,
    /// Skatteetaten: claims and payments, income, tax basis.
    pub skatteetaten: Arc<Skatteetaten>,
    /// Posten signering: signatures of persons.
    pub posten: Arc<Posten>,
    /// Folkeregisteret: lookup of persons.
    pub lookup: Arc<Lookup>,
    /// The bank: login service and pages.
    pub bank: Arc<Bank>,
    /// Vault: signatures with its own key.
    pub vault: Arc<Vault>,
    /// Authorities of the enterprise certificates that the services trust.
    pub enterprise: Arc<EnterpriseAuthority>,
    /// Organisations that use the product, with their clients at Maskinporten.
    pub consumers: Arc<[Consumer; 3]>,
}

impl Services {
    /// Makes the services at `addresses`, with the demo's organisations and data. Blocks while it
    /// makes RSA keys.
    pub(crate) fn new(
        clock: Clock,
        addresses: &Addresses,
        app: Option<String>,
        enterprise: Arc<EnterpriseAuthority>,
    ) -> anyhow::Result<Self> {
        let origins = bank::Origins {
            login: addresses.login.clone(),
            pages: addresses.bank_page.clone(),
            altinn_pages: addresses.altinn_page.clone(),
            altinn2_pages: addresses.altinn2_page.clone(),
            app,
        };
        // RSA keys take their time: those of Maskinporten's tokens are made on another core.
        let (tokens, others) = std::thread::scope(|scope| {
            let others = scope.spawn(|| {
                let vault = Vault::new(clock.clone())?;
                let (version, public_key) = vault.public_key()?;
                let in_vault = VaultKey {
                    name: vault::KEY,
                    version,
                    public_key,
                };
                let consumers = Consumer::generate(&enterprise, in_vault, clock.now())?;
                let bank = Bank::new(clock.clone(), origins)?;
                Ok::<_, anyhow::Error>((vault, consumers, bank))
            });
            (TokenKeys::new(&addresses.maskinporten), others.join())
        });
        let tokens = Arc::new(tokens?);
        let (vault, consumers, bank) =
            others.map_err(|_| anyhow::anyhow!("making keys failed"))??;
        let origins = altinn::Origins {
            platform: addresses.altinn.clone(),
            pages: addresses.altinn_page.clone(),
        };
        let clients = Consumer::clients_of(FJORDBANKEN, &consumers);
        let altinn = Arc::new(Altinn::new(clock.clone(), origins, tokens.clone(), clients));
        let maskinporten =
            Maskinporten::new(clock.clone(), tokens.clone(), &enterprise, altinn.clone());
        maskinporten.register(&consumers);
        let origins = altinn2::Origins {
            interfaces: addresses.altinn2.clone(),
            pages: addresses.altinn2_page.clone(),
        };
        let altinn2 = Altinn2::new(clock.clone(), origins, tokens.clone(), tokens.clone())?;
        let altinn2 = Arc::new(altinn2);
        let skatteetaten = Skatteetaten::new(
            clock.clone(),
            tokens.clone(),
            altinn.clone(),
            altinn2.clone(),
        );
        let (api, pages) = (&addresses.posten, addresses.posten_page.clone());
        let posten = Posten::new(clock.clone(), api, pages, enterprise.clone())?;
        let lookup = Lookup::new(clock.clone(), tokens);
        Ok(Self {
            clock,
            faults: Arc::default(),
            journal: Arc::default(),
            maskinporten: Arc::new(maskinporten),
            altinn,
            altinn2,
            skatteetaten: Arc::new(skatteetaten),
            posten: Arc::new(posten),
            lookup: Arc::new(lookup),
            bank: Arc::new(bank),
            vault: Arc::new(vault),
            enterprise,
            consumers: Arc::new(consumers),
        })
    }

    /// Starts a server for each service at `listeners`. `heads` records the heads of requests from
    /// machines.
    pub(crate) fn serve(
        &self,
        at: Listeners,
        enterprise: authorities::Enterprise,
        web: &WebAuthority,
        heads: Option<&Heads>,
    ) -> anyhow::Result<Vec<Server>> {
        let controls = self.controls();
        let one_way = web.server(self.clock.now())?;
        let failures = |service| controls.handshakes(service, handshake::reason);
        let machine = |listener, service, tls: Arc<ServerConfig>, router, on_failure| {
            let router = controls.observe(router, service);
            let recorder = heads.map(|heads| Recorder::new(heads, service));
            Server::start_observed(
                listener,
                recordable(tls, heads),
                router,
                on_failure,
                recorder,
            )
        };
        let mut servers = Vec::new();
        for (listener, service, router) in [
            (
                at.maskinporten,
                ExternalService::Maskinporten,
                maskinporten::router(self.maskinporten.clone()),
            ),
            (
                at.altinn,
                ExternalService::Altinn,
                altinn::router(self.altinn.clone()),
            ),
            (
                at.skatteetaten,
                ExternalService::Skatteetaten,
                skatteetaten::router(self.skatteetaten.clone()),
            ),
            (
                at.income,
                ExternalService::Income,
                skatteetaten::income::router(self.skatteetaten.clone()),
            ),
            (
                at.tax_basis,
                ExternalService::TaxBasis,
                skatteetaten::tax_basis::router(self.skatteetaten.clone()),
            ),
            (
                at.person_lookup,
                ExternalService::PersonLookup,
                lookup::router(self.lookup.clone()),
            ),
            (
                at.login,
                ExternalService::Login,
                bank::router(self.bank.clone()),
            ),
            (
                at.vault,
                ExternalService::Vault,
                vault::router(self.vault.clone()),
            ),
        ] {
            let tls = one_way.clone();
            servers.push(machine(listener, service, tls, router, ignored()));
        }
        for (listener, service, tls, router) in [
            (
                at.folkeregisteret,
                ExternalService::Folkeregisteret,
                folkeregisteret::tls(web, &self.enterprise, &self.clock)?,
                folkeregisteret::router(),
            ),
            (
                at.altinn2,
                ExternalService::Altinn2,
                altinn2::tls(web, &self.enterprise, &self.clock)?,
                altinn2::router(self.altinn2.clone()),
            ),
            (
                at.posten,
                ExternalService::Posten,
                posten::tls(&self.posten)?,
                posten::router(&self.posten),
            ),
        ] {
            let on_failure: OnFailedHandshake = failures(service);
            servers.push(machine(listener, service, tls, router, on_failure));
        }
        for (listener, router) in [
            (at.altinn_page, altinn::page_router(self.altinn.clone())),
            (at.altinn2_page, altinn2::page_router(self.altinn2.clone())),
            (at.posten_page, posten::page_router(self.posten.clone())),
            (at.bank_page, bank::page_router(self.bank.clone())),
            (at.admin, self.admin()),
        ] {
            servers.push(Server::start(listener, None, router));
        }
        servers.push(enterprise.publish(&controls));
        Ok(servers)
    }

    fn admin(&self) -> Router {
        let services = maskinporten::admin_router(self.maskinporten.clone())
            .merge(altinn::admin_router(self.altinn.clone()))
            .merge(altinn2::admin_router(self.altinn2.clone()))
            .merge(skatteetaten::admin_router(self.skatteetaten.clone()))
            .merge(posten::admin_router(self.posten.clone()))
            .merge(lookup::admin_router(self.lookup.clone()))
            .merge(bank::admin_router(self.bank.clone()))
            .merge(vault::admin_router(self.vault.clone()));
        admin::router(self.controls(), self.maskinporten.clone(), services)
    }

    fn controls(&self) -> Controls {
        Controls {
            clock: self.clock.clone(),
            faults: self.faults.clone(),
            journal: self.journal.clone(),
        }
    }
}

/// Returns a configuration without HTTP/2, whose heads are compressed, if heads are recorded.
fn recordable(tls: Arc<ServerConfig>, heads: Option<&Heads>) -> Arc<ServerConfig> {
    if heads.is_none() {
        return tls;
    }
    let mut tls = Arc::unwrap_or_clone(tls);
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(tls)
}
