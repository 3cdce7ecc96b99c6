//! Certificates made here, with the fields that have been seen in public ones, and with others.

mod made_by_openssl;
mod observed;
mod odd;
pub(crate) mod plan;

use super::*;
use plan::Plan;

use crate::party::Environment;

fn read(plan: &Plan) -> Certificate {
    Certificate::read(&plan.der()).expect("a certificate")
}

/// The known authority with this name.
fn known(certificate: &Certificate) -> Option<Authority> {
    match Authorities::known().issuer_of(certificate) {
        Issuer::Known(authority) => Some(authority.clone()),
        _ => None,
    }
}
