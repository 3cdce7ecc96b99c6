//! Variables of the app to run against this sandbox, with secrets generated at each start, and its
//! runtime configuration.

mod budgets;
mod clients;
mod events;
mod secrets;
mod services;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::addresses::Addresses;
use crate::altinn2::Altinn2;
use crate::bank::{self, Bank};
use crate::client::{ClientCertificate, Seal};
use crate::population::{Consumer, FJORDBANKEN, INNLANDSBANKEN, VESTBANKEN};
use crate::posten::POSTEN;
use crate::vault::Vault;
use clients::clients;
use events::Receiver;
use services::{BACK_END, ordering_services, services};

pub(crate) use secrets::Secrets;

/// Claim of a login token whose customer may order signatures of others. The demo's customers do
/// not have it.
const ORDERS_CLAIM: &str = "signature_orders";

/// Back end of the app's owner, which calls the token component from outside.
#[derive(Clone, Copy)]
pub struct BackEnd<'a> {
    /// `sub` of its credentials.
    pub subject: &'static str,
    /// The seed of the Ed25519 key that it signs them with: 32 bytes, base64url.
    pub seed: &'a str,
    /// Secret of the events that it receives: `whsec_…`.
    pub event_secret: &'a str,
}

impl std::fmt::Debug for BackEnd<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("BackEnd")
            .field(&self.subject)
            .finish()
    }
}

/// Returns the back end, with its secret.
pub(crate) fn back_end(secrets: &Secrets) -> BackEnd<'_> {
    BackEnd {
        subject: BACK_END,
        seed: &secrets.back_end_signing.seed,
        event_secret: &secrets.events,
    }
}

/// Returns the variables with which the app sends the events of Fjordbanken to `address`, for
/// [`back_end`] to verify.
pub(crate) fn events_to(
    address: &str,
    secrets: &Secrets,
) -> anyhow::Result<[(&'static str, String); 2]> {
    events::to_address(FJORDBANKEN, address, &secrets.events)
}

/// Returns the app's components that call Posten through our proxy, in the format of its callers.
pub(crate) fn callers(secrets: &Secrets) -> String {
    let key = json(&secrets.signature_signing.public);
    format!("signature = {{ public_key = {key} }}\n")
}

/// Parts of a sandbox that the app's variables are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deployment<'a> {
    pub(crate) addresses: &'a Addresses,
    pub(crate) consumers: &'a [Consumer],
    pub(crate) vault: &'a Vault,
    pub(crate) bank: &'a Bank,
    pub(crate) secrets: &'a Secrets,
    pub(crate) seal: &'a Seal,
}

/// Returns all variables of the app, whose public address is `public_url`.
pub(crate) fn variables(
    Deployment {
        addresses,
        consumers,
        vault,
        bank,
        secrets,
        seal,
    }: Deployment<'_>,
    public_url: &str,
) -> BTreeMap<String, String> {
    let values = [
        ("environment", "test".to_owned()),
        ("public_url", public_url.to_owned()),
        ("web_origins", addresses.bank_page.clone()),
        ("return_addresses", addresses.bank_page.clone()),
        ("budgeted_origins", budgets::origins(addresses).join(",")),
        ("consumer_organisation", FJORDBANKEN.to_owned()),
        (
            "consumer_organisations",
            format!("{INNLANDSBANKEN},{VESTBANKEN}"),
        ),
        ("consumer_claim", "consumer".to_owned()),
        ("login_origin", addresses.login.clone()),
        ("login_issuer", addresses.login.clone()),
        ("login_audience", bank::AUDIENCE.to_owned()),
        (
            "login_back_end_claim",
            format!("client_id={}", bank::BACK_END),
        ),
        ("altinn_origin", addresses.altinn.clone()),
        ("altinn_page_origin", addresses.altinn_page.clone()),
        ("maskinporten_origin", addresses.maskinporten.clone()),
        ("skatteetaten_origin", addresses.skatteetaten.clone()),
        ("posten_origin", addresses.posten.clone()),
        ("posten_page_origin", addresses.posten_page.clone()),
        ("signature_orders", "templates".to_owned()),
        ("signature_orders_claim", ORDERS_CLAIM.to_owned()),
        ("signature_services", ordering_services(bank, secrets)),
        ("seal_certificate_chain", seal.chain.clone()),
        ("seal_key", seal.key.clone()),
        ("income_origin", addresses.income.clone()),
        ("tax_basis_origin", addresses.tax_basis.clone()),
        ("persons_origin", addresses.person_lookup.clone()),
        ("persons_own_scope", "innsyn:person".to_owned()),
        ("persons_others_scope", "innsyn:persons".to_owned()),
        ("maskinporten_clients", json(&clients(consumers))),
        ("vault_origin", addresses.vault.clone()),
        ("vault_role_id", vault.role_id().to_owned()),
        ("vault_secret_id", vault.secret_id().to_owned()),
        ("token_services", json(&services(secrets))),
        ("consent_signing_key", secrets.consent_signing.seed.clone()),
        ("claims_signing_key", secrets.claims_signing.seed.clone()),
        (
            "accounting_signing_key",
            secrets.accounting_signing.seed.clone(),
        ),
        ("income_signing_key", secrets.income_signing.seed.clone()),
        (
            "tax_basis_signing_key",
            secrets.tax_basis_signing.seed.clone(),
        ),
        ("persons_signing_key", secrets.persons_signing.seed.clone()),
        (
            "signature_signing_key",
            secrets.signature_signing.seed.clone(),
        ),
        ("consent_store_key", secrets.consent_store.clone()),
        ("token_store_key", secrets.token_store.clone()),
        ("job_store_key", secrets.job_store.clone()),
        ("key_set_store_key", secrets.key_set_store.clone()),
        ("maintenance_secret", secrets.maintenance.clone()),
    ];
    values
        .into_iter()
        .chain(events::receivers(
            &addresses.bank_page,
            &demo_receivers(addresses, bank),
        ))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Returns the receivers of the demo bank's events: one for each of its banks.
fn demo_receivers<'a>(addresses: &Addresses, bank: &'a Bank) -> [Receiver<'a>; 2] {
    bank::BANKS.map(|consumer| Receiver {
        consumer,
        address: format!("{}/events/{consumer}", addresses.bank_page),
        secret: bank.back_end().event_secret(),
    })
}

/// Returns the variables that differ for an app with Altinn 2.
pub(crate) fn of_altinn2(
    addresses: &Addresses,
    consumers: &[Consumer],
    altinn2: &Altinn2,
) -> [(&'static str, String); 5] {
    let keys = consumers.iter().map(|consumer| {
        let number = consumer.organisation;
        (number, altinn2.api_key(number))
    });
    let month = json!({ "fraOgMed": "{month}", "tilOgMed": "{month}" });
    let services = json!({
        "krav-og-betalinger": { "resource": "5928_202301", "valid_days": 90 },
        "inntekt": { "resource": "4804_210607", "valid_days": 9, "metadata": month },
        "summert-skattegrunnlag":
            { "resource": "4628_210607", "valid_days": 9, "metadata": { "inntektsaar": "{year}" } },
    });
    [
        ("altinn_generation", "2".to_owned()),
        ("altinn_api_keys", json(&keys.collect::<BTreeMap<_, _>>())),
        ("altinn_origin", addresses.altinn2.clone()),
        ("altinn_page_origin", addresses.altinn2_page.clone()),
        ("services", services.to_string()),
    ]
}

/// Returns the runtime configuration: trust in the sandbox's authority, and stores in memory, for
/// all components. Posten is identified by its pin: [`pins`].
pub(crate) fn runtime_config(ca_file: &Path) -> String {
    // A JSON string is also a TOML string.
    let ca_file = json(&ca_file.to_string_lossy());
    format!(
        r#"[[client_tls]]
component_ids = ["token", "consent", "claims", "accounting", "income", "tax-basis", "persons", "signature"]
hosts = ["localhost"]
ca_roots_file = {ca_file}

[key_value_store.consents]
type = "spin"

[key_value_store.tokens]
type = "spin"

[key_value_store.jobs]
type = "spin"

[key_value_store.keys]
type = "spin"
"#
    )
}

/// Builds Posten's certificate pin and all budgets, in the format of our host: for `components`, or
/// for the proxy if there are none.
pub(crate) fn pins(
    addresses: &Addresses,
    shown: &ClientCertificate,
    components: &[&str],
) -> String {
    let path = |path: &Path| json(&path.to_string_lossy());
    let components = match components {
        [] => String::new(),
        components => format!("component_ids = {}\n", json(&components)),
    };
    format!(
        r#"[[pin]]
name = "posten"
{components}origin = {}
roots_file = {}
subject = [
    {{ attribute = "organizationIdentifier", value = "NTRNO-{POSTEN}" }},
    {{ attribute = "serialNumber", value = "{POSTEN}" }},
]
client_cert_file = {}
client_private_key_file = {}
{}"#,
        json(&addresses.posten),
        path(&shown.roots_file),
        path(&shown.chain_file),
        path(&shown.key_file),
        budgets::budgets(addresses),
    )
}

/// Serialises a value that consists of texts, which cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
