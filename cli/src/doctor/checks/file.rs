//! F: the file and the key. What reading finds by itself is in `material`.

use shared::certificate::Purpose as Made;

use super::super::catalogue::file::{F04, F05, F10};
use super::super::finding::Finding;
use super::Case;

pub(super) fn check(case: &Case) -> Vec<Finding> {
    let mut found = Vec::new();
    match &case.material.key {
        // A key that is there and cannot be read has been said.
        None if case.material.has_key_block => {}
        None => found.push(F04.found([])),
        Some(key) if !key.belongs_to(case.leaf) => found.push(F05.found([])),
        Some(_) => {}
    }
    if is_issuers(case) {
        found.push(F10.found([case.leaf.name().into()]));
    }
    found
}

/// Whether it is in fact an issuer's: it may issue, and its key is for nothing else.
pub(super) fn is_issuers(case: &Case) -> bool {
    let certificate = &case.leaf.read;
    certificate.is_authority() && matches!(certificate.purpose(), Some(Made::Issuing) | None)
}
