//! What the counterparties share: time, addresses, and each other.

use serde::{Deserialize, Serialize};

use crate::altinn::Altinn;
use crate::altinn2::Altinn2;
use crate::authority::EnterpriseAuthority;
use crate::bank::Bank;
use crate::clock::Clock;
use crate::consumer::Consumer;
use crate::fault::Faults;
use crate::folkeregisteret::lookup::Lookup;
use crate::journal::Journal;
use crate::maskinporten::Maskinporten;
use crate::posten::Posten;
use crate::skatteetaten::Skatteetaten;
use crate::vault::Vault;

/// The state of all counterparties. Each keeps its own behind its own lock; none holds a lock while
/// it asks another.
#[derive(Debug)]
pub struct World {
    /// Their common time.
    pub clock: Clock,
    /// Where each is reached.
    pub addresses: Addresses,
    /// Issues tokens.
    pub maskinporten: Maskinporten,
    /// Keeps consents.
    pub altinn: Altinn,
    /// Keeps the consents of the generation before.
    pub altinn2: Altinn2,
    /// Answers with claims and payments.
    pub skatteetaten: Skatteetaten,
    /// Has documents signed.
    pub posten: Posten,
    /// Answers about persons.
    pub lookup: Lookup,
    /// Logs customers in.
    pub bank: Bank,
    /// Signs with a key that it keeps.
    pub vault: Vault,
    /// Issues the enterprise certificates that Maskinporten trusts.
    pub enterprise: EnterpriseAuthority,
    /// The organisations registered at Maskinporten.
    pub consumers: [Consumer; 3],
    /// The app's public address, which the demo bank's page calls; the page says so when absent.
    pub app: Option<String>,
    /// What is ordered to go wrong.
    pub faults: Faults,
    /// What was asked.
    pub journal: Journal,
}

impl World {
    /// A new one, with the demo's organisations and data. Makes RSA keys, which takes part of a
    /// second: not for an async thread.
    pub fn new(
        clock: Clock,
        addresses: Addresses,
        app: Option<String>,
        enterprise: EnterpriseAuthority,
    ) -> anyhow::Result<Self> {
        let now = clock.now();
        // RSA keys take their time: those of others are made on another core.
        let (maskinporten, others) = std::thread::scope(|scope| {
            let others = scope.spawn(|| {
                let vault = Vault::new(now)?;
                let consumers = Consumer::generate(&enterprise, &vault, now)?;
                Ok::<_, anyhow::Error>((vault, consumers, Bank::new(&addresses.login)?))
            });
            (Maskinporten::new(&addresses, &enterprise), others.join())
        });
        let maskinporten = maskinporten?;
        let (vault, consumers, bank) =
            others.map_err(|_| anyhow::anyhow!("making keys failed"))??;
        maskinporten.register(&consumers, now);
        let posten = Posten::new(&addresses, now)?;
        Ok(Self {
            clock,
            addresses,
            maskinporten,
            altinn: Altinn::new(&consumers),
            altinn2: Altinn2::new()?,
            skatteetaten: Skatteetaten::new(),
            posten,
            lookup: Lookup::default(),
            bank,
            vault,
            enterprise,
            consumers,
            app,
            faults: Faults::default(),
            journal: Journal::default(),
        })
    }
}

/// Who is asked by machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counterparty {
    /// Tokens.
    Maskinporten,
    /// Consents.
    Altinn,
    /// Consents of the generation before, and their tokens.
    Altinn2,
    /// Claims and payments.
    Skatteetaten,
    /// Skatteetaten's API for income.
    Income,
    /// Skatteetaten's API for the tax basis.
    TaxBasis,
    /// Lookups in the population register: a token, no client certificate.
    PersonLookup,
    /// Reports into the population register: two-way TLS.
    Folkeregisteret,
    /// Signatures of persons: two-way TLS.
    Posten,
    /// The bank's login service.
    Login,
    /// Signatures with a kept key.
    Vault,
    /// What Buypass and Commfides have revoked.
    Issuers,
}

/// The origins, without a slash at the end. All but the last five are TLS for machines, with the
/// sandbox's own authority unless it says otherwise; the pages are plain HTTP on the loopback, for browsers
/// that do not know that authority.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// `https://localhost:…`; the issuer is this and a slash.
    pub maskinporten: String,
    /// Altinn's platform: `https://localhost:…`.
    pub altinn: String,
    /// Altinn 2's interfaces, which look at a client certificate where the address says so: `https://localhost:…`.
    pub altinn2: String,
    /// Skatteetaten, krav og betalinger: `https://localhost:…`.
    pub skatteetaten: String,
    /// Skatteetaten, income: `https://localhost:…`.
    pub income: String,
    /// Skatteetaten, tax basis: `https://localhost:…`.
    pub tax_basis: String,
    /// Folkeregisteret for those who look persons up: `https://localhost:…`.
    pub person_lookup: String,
    /// Folkeregisteret for those who report into it, which asks for a client certificate:
    /// `https://localhost:…`.
    pub folkeregisteret: String,
    /// Posten signering, which asks for a client certificate and shows an enterprise certificate, without
    /// a host name: `https://localhost:…`.
    pub posten: String,
    /// The bank's login service (issuer and JWKS): `https://localhost:…`.
    pub login: String,
    /// The vault: `https://localhost:…`.
    pub vault: String,
    /// What the issuers of enterprise certificates publish: `http://localhost:…`.
    pub issuers: String,
    /// Altinn's consent page, for browsers: `http://localhost:…`.
    pub altinn_page: String,
    /// Altinn 2's consent page, for browsers: `http://localhost:…`.
    pub altinn2_page: String,
    /// Where signers read and sign, for browsers: `http://localhost:…`.
    pub posten_page: String,
    /// The demo bank, for browsers: `http://localhost:…`.
    pub bank_page: String,
    /// Faults, clock and counters: `http://127.0.0.1:…`.
    pub admin: String,
}
