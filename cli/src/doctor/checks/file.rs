//! F: the file and the key. What reading finds by itself is in `material`.

use shared::certificate::Purpose as Made;

use super::super::catalogue::file::{F04, F05, F10, F11};
use super::super::finding::{Finding, Purpose};
use super::super::language::Both;
use super::super::material::{KeyPlace, Material};
use super::{Case, Outcome, Scope};

/// Returns the findings from reading the files.
pub(super) fn reading(scope: &Scope) -> Outcome {
    Outcome::Made(scope.material.findings.clone())
}

/// Checks that there is a certificate, and that it is not an issuer's.
pub(super) fn certificate(scope: &Scope) -> Outcome {
    let found: Option<Finding> = match scope.case() {
        Some(case) if is_issuers(&case) => Some(F10.found([case.leaf.name().into()])),
        Some(_) => None,
        // A certificate that is there and cannot be read has been reported.
        None if scope.material.has_certificate => {
            return Outcome::NotMade(Both::new(
                "sertifikatet kan ikke leses",
                "the certificate cannot be read",
            ));
        }
        None if scope.material.key.is_none() && !scope.material.findings.is_empty() => {
            return Outcome::NotMade(Both::new("filen kan ikke leses", "the file cannot be read"));
        }
        None => Some(F11.found([])),
    };
    Outcome::Made(found.into_iter().collect())
}

/// Checks that there is a key.
pub(super) fn key(scope: &Scope) -> Outcome {
    let material = scope.material;
    match (&material.key, material.key_place) {
        (Some(_), _) => Outcome::Made(Vec::new()),
        (None, KeyPlace::Missing) if material.leaf.is_none() && scope.purpose != Purpose::Key => {
            Outcome::NotMade(missing(material))
        }
        (None, KeyPlace::Missing) => Outcome::Made(vec![F04.found([])]),
        (None, KeyPlace::File | KeyPlace::Vault) => Outcome::NotMade(missing(material)),
    }
}

/// Returns the reason why there is no key to check.
pub(super) fn missing(material: &Material) -> Both {
    match material.key_place {
        KeyPlace::Missing => Both::new("nøkkelen mangler", "there is no key"),
        KeyPlace::File => Both::new("nøkkelen kan ikke leses", "the key cannot be read"),
        KeyPlace::Vault => Both::new("nøkkelen er i et hvelv", "the key is in a vault"),
    }
}

/// Checks that the key belongs to the certificate.
pub(super) fn pair(case: &Case) -> Outcome {
    match &case.material.key {
        None => Outcome::NotMade(missing(case.material)),
        Some(key) if !key.belongs_to(case.leaf) => Outcome::Made(vec![F05.found([])]),
        Some(_) => Outcome::Made(Vec::new()),
    }
}

/// Returns whether it is in fact an issuer's: it may issue, and its key is for nothing else.
pub(super) fn is_issuers(case: &Case) -> bool {
    let certificate = &case.leaf.read;
    certificate.is_authority() && matches!(certificate.purpose(), Some(Made::Issuing) | None)
}
