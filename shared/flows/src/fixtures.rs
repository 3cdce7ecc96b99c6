//! Settings of the components for tests.

use innsyn_core::fixtures::{CONSUMER, MASKINPORTEN, component_key, store_key};
use innsyn_core::platform::memory::Memory;
use innsyn_protocols::fixtures::client_entries;
use innsyn_protocols::read_api::examples;
use innsyn_runtime::config::{self, ConfigError, Settings as _};
use innsyn_runtime::fixtures::{common_variables, replaced};
use serde_json::json;

use crate::reads::ReadsConfig;
use crate::token::TokenConfig;

/// Returns the variables of the token component, all valid.
pub(crate) fn token_variables() -> Vec<(&'static str, String)> {
    let services = json!([
        {"subject": "claims", "public_key": component_key().verifying_key().to_text(),
         "scopes": ["skatteetaten:kravogbetalinger", "a", "b"], "authorization_details": ["urn:altinn:consent"], "consumers": ["*"], "sweep": true},
        {"subject": "backend", "scopes": ["a"], "consumers": [CONSUMER]},
        {"subject": "accounting", "public_key": component_key().verifying_key().to_text(), "scopes": ["a"],
         "authorization_details": ["urn:altinn:systemuser"], "consumers": ["*"], "consumer_orgs": ["313367002"], "pid": true},
    ]);
    let own = [
        ("maskinporten_origin", MASKINPORTEN),
        ("maskinporten_clients", &client_entries().to_string()),
        ("token_services", &services.to_string()),
        ("vault_origin", "https://vault.example"),
        ("vault_namespace", ""),
        ("vault_token", ""),
        ("vault_role_id", "role"),
        ("vault_secret_id", "half of the secret"),
        ("token_store_key", &store_key(1)),
        ("token_store_previous_key", ""),
    ];
    let own = own.map(|(name, value)| (name, value.to_owned()));
    common_variables().into_iter().chain(own).collect()
}

pub(crate) fn token_config() -> TokenConfig {
    token_config_with(&[])
}

/// Returns the settings with `changes` in place of the variables above.
pub(crate) fn token_config_with(changes: &[(&str, &str)]) -> TokenConfig {
    TokenConfig::resolve(&replaced(&token_variables(), changes)).expect("valid settings")
}

const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

/// Returns the settings of a component that reads one API, with the manifest's own texts and with
/// `changes`, which name the component.
///
/// # Errors
///
/// [`ConfigError`] with the faults of the changes.
pub(crate) fn reads_config(changes: &[(&str, &str)]) -> Result<ReadsConfig, ConfigError> {
    let platform = Memory::new();
    for (name, value) in common_variables() {
        platform.set_variable(name, &value);
    }
    for (name, value) in [
        ("altinn_generation", "3"),
        ("altinn_origin", "https://platform.example"),
        ("altinn_page_origin", "https://am.ui.example"),
        ("services", examples::json("services")),
        ("consent_store_key", KEY),
        ("claims_service", "krav-og-betalinger"),
        ("claims_api", examples::json("claims_api")),
        ("income_service", "inntekt"),
        ("income_api", examples::json("income_api")),
        ("tax_basis_service", "summert-skattegrunnlag"),
        ("tax_basis_api", examples::json("tax_basis_api")),
        ("persons_api", examples::json("persons_api")),
        ("accounting_system_user", "{party}"),
        ("accounting_api", examples::json("claims_api")),
    ] {
        platform.set_variable(name, value);
    }
    for component in ["claims", "accounting", "income", "tax_basis", "persons"] {
        platform.set_variable(&format!("{component}_origin"), "https://source.example");
        platform.set_variable(&format!("{component}_scope"), "folkeregister:deling/finans");
        platform.set_variable(&format!("{component}_package"), "finans");
        platform.set_variable(&format!("{component}_signing_key"), KEY);
    }
    for (name, value) in changes {
        platform.set_variable(name, value);
    }
    platform.run(config::load(&platform))
}
