//! P: key usage, extended key usage and policies.

use innsyn_core::party::Environment;
use innsyn_protocols::x509::{
    Certificate, ExtendedUse, Level as PolicyLevel, Meaning, Policy, Purpose as KeyPurpose, Use,
};

use super::context::CertificateContext;
use super::results::Outcome;
use crate::catalogue::profile::{P01, P02, P03, P04, P05, P06, P07, P08, P09, P10};
use crate::finding::{Finding, Purpose};
use crate::language::Bilingual;

/// Checks the usages and the policies.
pub(super) fn check(context: &CertificateContext) -> Outcome {
    Outcome::Completed(findings(context))
}

fn findings(context: &CertificateContext) -> Vec<Finding> {
    let mut found = Vec::new();
    if context.is_issuers() {
        return found;
    }
    let certificate = &context.leaf.fields;
    if certificate.is_authority() {
        found.push(P09.finding([]));
    }
    found.extend(key_usage(certificate, context.purpose));
    if let Some(usage) = &certificate.extended_key_usage
        && !usage.allows_client()
    {
        let names: Vec<String> = usage.uses.iter().map(name).collect();
        found.push(P04.finding([names.join(", ").into()]));
    }
    if !certificate.other_critical.is_empty() {
        found.push(P05.finding([certificate.other_critical.join(", ").into()]));
    }
    if context.is_organisations() {
        found.extend(policies(context));
    }
    found
}

fn key_usage(certificate: &Certificate, purpose: Purpose) -> Vec<Finding> {
    let Some(usage) = &certificate.key_usage else {
        return vec![P01.finding([])];
    };
    let mut found = Vec::new();
    if !usage.is_critical {
        found.push(P01.finding([]));
    }
    match usage.purpose() {
        Some(KeyPurpose::Signing) if purpose != Purpose::Seal => found.push(P02.finding([])),
        Some(KeyPurpose::Encryption) => {
            let names: Vec<&str> = usage.uses.iter().copied().filter_map(encrypting).collect();
            found.push(P03.finding([names.join(", ").into()]));
        }
        _ if purpose == Purpose::Seal && !usage.uses.contains(&Use::NonRepudiation) => {
            found.push(P10.finding([]));
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

fn policies(context: &CertificateContext) -> Vec<Finding> {
    let mut found = Vec::new();
    let policies = &context.leaf.fields.policies;
    let issued_in = context.authority().map(|authority| authority.environment);
    let wanted = issued_in.or(context.target);
    let is_accepted = |policy: &Policy| match wanted {
        Some(environment) => policy.is_accepted(environment),
        None => {
            policy.is_accepted(Environment::Test) || policy.is_accepted(Environment::Production)
        }
    };
    let lightweight = policies.iter().find(|policy| {
        let level = PolicyLevel::Lightweight;
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
        found.push(P08.finding([said.into(), issuer.into()]));
    } else if let Some(policy) = lightweight {
        found.push(P07.finding([policy.0.as_str().into()]));
    } else if !policies.iter().any(is_accepted) {
        let names: Vec<&str> = policies.iter().map(|policy| policy.0.as_str()).collect();
        let list = match names.as_slice() {
            [] => Bilingual::new("ingen", "none"),
            names => names.join(", ").into(),
        };
        found.push(P06.finding([list]));
    }
    found
}
