//! Settings that the app refuses. The components' own reader is run, so that a setting which they refuse is never OK.

use host::Configuration;
use innsyn_flows::signature::{SEAL_CERTIFICATE_CHAIN, SEAL_KEY, SignatureConfig};
use innsyn_flows::token::{MASKINPORTEN_CLIENTS, TOKEN_SERVICES, TokenConfig, VAULT_TOKEN};
use innsyn_runtime::config::{ConfigError, Fault, Raw, Settings};

use super::setting::Setting;
use crate::catalogue::configuration::A01;
use crate::finding::Purpose;

/// Variables that are checked: those with certificates, keys and the use of them.
pub(super) const CHECKED_VARIABLES: [&str; 5] = [
    MASKINPORTEN_CLIENTS.name,
    TOKEN_SERVICES.name,
    VAULT_TOKEN.name,
    SEAL_CERTIFICATE_CHAIN.name,
    SEAL_KEY.name,
];

/// Returns a setting for each variable that a component refuses and in which no error was found so far.
pub(super) fn refused_settings(configuration: &Configuration, known: &[Setting]) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let token = faults::<TokenConfig>(configuration, MASKINPORTEN_CLIENTS.name);
    let seal = faults::<SignatureConfig>(configuration, SEAL_CERTIFICATE_CHAIN.name);
    for (name, reason) in token.into_iter().chain(seal) {
        let is_reported = |other: &Setting| other.name.contains(&name) && other.has_errors();
        if !known.iter().any(is_reported) && !settings.iter().any(is_reported) {
            let findings = vec![A01.finding([reason.into()])];
            settings.push(Setting::new(name, Purpose::Token, findings));
        }
    }
    settings
}

/// Returns the checked variables that a component refuses, each with its fault, or none if `first` is not set.
fn faults<S: Settings>(configuration: &Configuration, first: &str) -> Vec<(String, String)> {
    if configuration.variable(first).is_none() {
        return Vec::new();
    }
    let values = S::names().filter_map(|name| Some((name, configuration.variable(name)?)));
    let Err(ConfigError { faults }) = S::resolve(&Raw::from_pairs(values)) else {
        return Vec::new();
    };
    let of_variables = faults.into_iter().filter_map(|fault| {
        let text = fault.to_string();
        match fault {
            Fault::Missing { name, .. } | Fault::Invalid { name, .. } => Some((name, text)),
            Fault::Unreadable(_) | Fault::Slow(_) => None,
        }
    });
    let is_checked = |(name, _): &(String, String)| CHECKED_VARIABLES.contains(&name.as_str());
    of_variables.filter(is_checked).collect()
}
