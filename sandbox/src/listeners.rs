//! Listeners of all services, which are bound before any service starts.

use tokio::net::TcpListener;

use crate::addresses::Addresses;
use crate::kit::server::bind;

/// Listeners on ports that the system assigns.
pub(crate) struct Listeners {
    pub(crate) maskinporten: TcpListener,
    pub(crate) altinn: TcpListener,
    pub(crate) altinn2: TcpListener,
    pub(crate) skatteetaten: TcpListener,
    pub(crate) income: TcpListener,
    pub(crate) tax_basis: TcpListener,
    pub(crate) person_lookup: TcpListener,
    pub(crate) folkeregisteret: TcpListener,
    pub(crate) posten: TcpListener,
    pub(crate) login: TcpListener,
    pub(crate) vault: TcpListener,
    pub(crate) altinn_page: TcpListener,
    pub(crate) altinn2_page: TcpListener,
    pub(crate) posten_page: TcpListener,
    pub(crate) bank_page: TcpListener,
    pub(crate) admin: TcpListener,
}

impl Listeners {
    /// Binds them and returns their origins. The issuers of certificates have theirs already.
    pub(crate) async fn bind(issuers: &str) -> anyhow::Result<(Self, Addresses)> {
        let (maskinporten, maskinporten_origin) = bind("https", "localhost").await?;
        let (altinn, altinn_origin) = bind("https", "localhost").await?;
        let (former, former_origin) = bind("https", "localhost").await?;
        let (skatteetaten, skatteetaten_origin) = bind("https", "localhost").await?;
        let (income, income_origin) = bind("https", "localhost").await?;
        let (tax_basis, tax_basis_origin) = bind("https", "localhost").await?;
        let (person_lookup, person_lookup_origin) = bind("https", "localhost").await?;
        let (folkeregisteret, folkeregisteret_origin) = bind("https", "localhost").await?;
        let (posten, posten_origin) = bind("https", "localhost").await?;
        let (login, login_origin) = bind("https", "localhost").await?;
        let (vault, vault_origin) = bind("https", "localhost").await?;
        let (altinn_page, altinn_page_origin) = bind("http", "localhost").await?;
        let (former_page, former_page_origin) = bind("http", "localhost").await?;
        let (posten_page, posten_page_origin) = bind("http", "localhost").await?;
        let (bank_page, bank_page_origin) = bind("http", "localhost").await?;
        let (admin, admin_origin) = bind("http", "127.0.0.1").await?;
        let addresses = Addresses {
            maskinporten: maskinporten_origin,
            altinn: altinn_origin,
            altinn2: former_origin,
            skatteetaten: skatteetaten_origin,
            income: income_origin,
            tax_basis: tax_basis_origin,
            person_lookup: person_lookup_origin,
            folkeregisteret: folkeregisteret_origin,
            posten: posten_origin,
            login: login_origin,
            vault: vault_origin,
            altinn_page: altinn_page_origin,
            altinn2_page: former_page_origin,
            posten_page: posten_page_origin,
            bank_page: bank_page_origin,
            admin: admin_origin,
            issuers: issuers.to_owned(),
        };
        let listeners = Self {
            maskinporten,
            altinn,
            altinn2: former,
            skatteetaten,
            income,
            tax_basis,
            person_lookup,
            folkeregisteret,
            posten,
            login,
            vault,
            altinn_page,
            altinn2_page: former_page,
            posten_page,
            bank_page,
            admin,
        };
        Ok((listeners, addresses))
    }
}
