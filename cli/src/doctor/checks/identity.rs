//! O: whose it is.

use shared::certificate::NumberError;
use shared::party::{Environment, OrganisationKind};

use super::super::catalogue::identity::{O01, O02, O03, O04, O05, O06, O07, O09};
use super::super::finding::Finding;
use super::{Case, Outcome, file};

pub(super) fn check(case: &Case) -> Outcome {
    Outcome::Made(findings(case))
}

fn findings(case: &Case) -> Vec<Finding> {
    let mut found = Vec::new();
    if file::is_issuers(case) || !case.is_organisations() {
        return found;
    }
    let subject = &case.leaf.read.subject;
    match subject.number() {
        Err(NumberError::Missing) => found.push(O01.found([])),
        Err(NumberError::CheckDigit(number)) => found.push(O02.found([number.into()])),
        Err(NumberError::Mismatch(one, other)) => {
            found.push(O03.found([one.into(), other.into()]));
        }
        Ok(own) => {
            let number = || own.number.as_str().into();
            if own.is_psd2 {
                found.push(O05.found([number()]));
            }
            if let Some(wanted) = case.organisation.filter(|wanted| **wanted != own.number) {
                found.push(O04.found([number(), wanted.as_str().into()]));
            }
            let environment = case.authority().map(|authority| authority.environment);
            let is_invented = match own.number.kind() {
                OrganisationKind::Registered => false,
                OrganisationKind::Synthetic => environment == Some(Environment::Production),
                OrganisationKind::BuypassTest => true,
            };
            if is_invented {
                found.push(O09.found([number()]));
            }
        }
    }
    for identifier in subject.unexpected_identifiers() {
        found.push(O06.found([identifier.into()]));
    }
    if let Some(unit) = subject.sub_unit() {
        found.push(O07.found([unit.as_str().into()]));
    }
    found
}
