//! Certificates made by the tests, with fields observed in public ones and with invalid ones.

mod made_by_openssl;
mod observed;
mod odd;

use super::plan::{self, Plan};
use super::*;

use innsyn_core::party::Environment;

fn read(plan: &Plan) -> Certificate {
    Certificate::read(&plan.der()).expect("a certificate")
}

/// Returns the known authority that issued the certificate.
fn known(certificate: &Certificate) -> Option<Authority> {
    match Authorities::known().issuer_of(certificate) {
        Issuer::Known(authority) => Some(authority.clone()),
        _ => None,
    }
}
