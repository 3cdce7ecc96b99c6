//! The app's own settings: the reader that the components use is run, so that what they refuse is never OK here.

use host::Configuration;
use shared::config::{ConfigError, Fault, Raw, Settings, TokenConfig};
use shared::signature::SignatureConfig;

use super::super::catalogue::setting::A01;
use super::super::finding::Purpose;
use super::Subject;

/// Variables that the doctor looks at. Others are no matter of certificates and keys.
pub(super) const LOOKED_AT: [&str; 5] = [
    "maskinporten_clients",
    "token_services",
    "vault_token",
    "seal_certificate_chain",
    "seal_key",
];

/// Returns a subject for each variable that a component refuses and of which no error is known.
pub(super) fn refused(configuration: &Configuration, known: &[Subject]) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    let token = faults::<TokenConfig>(configuration, "maskinporten_clients");
    let seal = faults::<SignatureConfig>(configuration, "seal_certificate_chain");
    for (name, reason) in token.into_iter().chain(seal) {
        let is_of_it = |subject: &Subject| subject.setting.contains(&name) && subject.is_refused();
        if !known.iter().any(is_of_it) && !subjects.iter().any(is_of_it) {
            let findings = vec![A01.found([reason.into()])];
            subjects.push(Subject::bare(name, Purpose::Token, findings));
        }
    }
    subjects
}

/// Returns the variables that the doctor looks at and a component refuses, each with its fault. Returns
/// none if `first` is not set.
fn faults<S: Settings>(configuration: &Configuration, first: &str) -> Vec<(String, String)> {
    if configuration.variable(first).is_none() {
        return Vec::new();
    }
    let names = S::VARIABLES.iter();
    let values = names.filter_map(|name| Some((*name, configuration.variable(name)?)));
    let Err(ConfigError { faults }) = S::resolve(&Raw::from_pairs(values)) else {
        return Vec::new();
    };
    let of_ours = faults.into_iter().filter_map(|fault| {
        let text = fault.to_string();
        match fault {
            Fault::Missing { name, .. } | Fault::Invalid { name, .. } => Some((name, text)),
            Fault::Unreadable(_) | Fault::Slow(_) => None,
        }
    });
    let is_ours = |(name, _): &(String, String)| LOOKED_AT.contains(&name.as_str());
    of_ours.filter(is_ours).collect()
}
