//! P: what it is made for.

use shared::certificate::{
    Certificate, ExtendedUse, Level as Looked, Meaning, Policy, Purpose as Made, Use,
};
use shared::party::Environment;

use super::super::catalogue::profile::{P01, P02, P03, P04, P05, P06, P07, P08, P09, P10};
use super::super::finding::{Finding, Purpose};
use super::super::language::Both;
use super::{Case, Outcome, file};

pub(super) fn check(case: &Case) -> Outcome {
    Outcome::Made(findings(case))
}

fn findings(case: &Case) -> Vec<Finding> {
    let mut found = Vec::new();
    if file::is_issuers(case) {
        return found;
    }
    let certificate = &case.leaf.read;
    if certificate.is_authority() {
        found.push(P09.found([]));
    }
    found.extend(key_usage(certificate, case.purpose));
    if let Some(usage) = &certificate.extended_key_usage
        && !usage.allows_client()
    {
        let names: Vec<String> = usage.uses.iter().map(name).collect();
        found.push(P04.found([names.join(", ").into()]));
    }
    if !certificate.other_critical.is_empty() {
        found.push(P05.found([certificate.other_critical.join(", ").into()]));
    }
    if case.is_organisations() {
        found.extend(policies(case));
    }
    found
}

fn key_usage(certificate: &Certificate, purpose: Purpose) -> Vec<Finding> {
    let Some(usage) = &certificate.key_usage else {
        return vec![P01.found([])];
    };
    let mut found = Vec::new();
    if !usage.is_critical {
        found.push(P01.found([]));
    }
    match usage.purpose() {
        Some(Made::Signing) if purpose != Purpose::Seal => found.push(P02.found([])),
        Some(Made::Encryption) => {
            let names: Vec<&str> = usage.uses.iter().copied().filter_map(encrypting).collect();
            found.push(P03.found([names.join(", ").into()]));
        }
        _ if purpose == Purpose::Seal && !usage.uses.contains(&Use::NonRepudiation) => {
            found.push(P10.found([]));
        }
        _ => {}
    }
    found
}

fn encrypting(usage: Use) -> Option<&'static str> {
    match usage {
        Use::KeyEncipherment => Some("keyEncipherment"),
        Use::DataEncipherment => Some("dataEncipherment"),
        Use::KeyAgreement => Some("keyAgreement"),
        _ => None,
    }
}

fn name(usage: &ExtendedUse) -> String {
    match usage {
        ExtendedUse::Any => "anyExtendedKeyUsage",
        ExtendedUse::ClientAuthentication => "clientAuth",
        ExtendedUse::ServerAuthentication => "serverAuth",
        ExtendedUse::EmailProtection => "emailProtection",
        ExtendedUse::SmartCardLogon => "smartcardLogon",
        ExtendedUse::Other(oid) => oid,
    }
    .to_owned()
}

fn policies(case: &Case) -> Vec<Finding> {
    let mut found = Vec::new();
    let policies = &case.leaf.read.policies;
    let issued_in = case.authority().map(|authority| authority.environment);
    let wanted = issued_in.or(case.target);
    let is_accepted = |policy: &Policy| match wanted {
        Some(environment) => policy.is_accepted(environment),
        None => {
            policy.is_accepted(Environment::Test) || policy.is_accepted(Environment::Production)
        }
    };
    let lightweight = policies.iter().find(|policy| {
        let level = Looked::Lightweight;
        matches!(policy.meaning(), Some(Meaning::Enterprise { level: own, .. }) if own == level)
    });
    let other = policies
        .iter()
        .filter_map(|policy| match policy.meaning()? {
            Meaning::Enterprise { environment, .. } => environment,
            _ => None,
        })
        .find(|environment| issued_in.is_some_and(|issuer| issuer != *environment));
    if let (Some(said), Some(issuer)) = (other, issued_in) {
        found.push(P08.found([environment(said), environment(issuer)]));
    } else if let Some(policy) = lightweight {
        found.push(P07.found([policy.0.as_str().into()]));
    } else if !policies.iter().any(is_accepted) {
        let names: Vec<&str> = policies.iter().map(|policy| policy.0.as_str()).collect();
        let list = match names.as_slice() {
            [] => Both::new("ingen", "none"),
            names => names.join(", ").into(),
        };
        found.push(P06.found([list]));
    }
    found
}

/// What an environment is called.
pub(in super::super) fn environment(environment: Environment) -> Both {
    match environment {
        Environment::Test => "test".into(),
        Environment::Production => Both::new("produksjon", "production"),
    }
}
