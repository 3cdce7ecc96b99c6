//! O: organisation.

use innsyn_core::party::{Environment, OrganisationKind};
use innsyn_protocols::x509::NumberError;

use super::context::CertificateContext;
use super::results::Outcome;
use crate::catalogue::identity::{O01, O02, O03, O04, O05, O06, O07, O09};
use crate::finding::Finding;

/// Checks the organisation and its number.
pub(super) fn check(context: &CertificateContext) -> Outcome {
    Outcome::Completed(findings(context))
}

fn findings(context: &CertificateContext) -> Vec<Finding> {
    let mut found = Vec::new();
    if context.is_issuers() || !context.is_organisations() {
        return found;
    }
    let subject = &context.leaf.fields.subject;
    match subject.number() {
        Err(NumberError::Missing) => found.push(O01.finding([])),
        Err(NumberError::CheckDigit(number)) => found.push(O02.finding([number.into()])),
        Err(NumberError::Mismatch(one, other)) => {
            found.push(O03.finding([one.into(), other.into()]));
        }
        Ok(own) => {
            let number = || own.number.as_str().into();
            if own.is_psd2 {
                found.push(O05.finding([number()]));
            }
            if let Some(wanted) = context.organisation.filter(|wanted| **wanted != own.number) {
                found.push(O04.finding([number(), wanted.as_str().into()]));
            }
            let environment = context.authority().map(|authority| authority.environment);
            let is_invented = match own.number.kind() {
                OrganisationKind::Registered => false,
                OrganisationKind::Synthetic => environment == Some(Environment::Production),
                OrganisationKind::BuypassTest => true,
            };
            if is_invented {
                found.push(O09.finding([number()]));
            }
        }
    }
    for identifier in subject.unexpected_identifiers() {
        found.push(O06.finding([identifier.into()]));
    }
    if let Some(unit) = subject.sub_unit() {
        found.push(O07.finding([unit.as_str().into()]));
    }
    found
}
