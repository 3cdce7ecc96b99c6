//! F: presence of certificate and key. Findings of reading come from `material`.

use super::context::{CertificateContext, CheckContext};
use super::results::Outcome;
use crate::catalogue::file::{F04, F05, F10, F11};
use crate::finding::{Finding, Purpose};
use crate::language::Bilingual;
use crate::material::KeyPlace;

/// Returns the findings from reading the files.
pub(super) fn reading(context: &CheckContext) -> Outcome {
    Outcome::Completed(context.material.findings.clone())
}

/// Checks that there is a certificate, and that it is not an issuer's.
pub(super) fn certificate(context: &CheckContext) -> Outcome {
    let found: Option<Finding> = match context.certificate() {
        Some(own) if own.is_issuers() => Some(F10.finding([own.leaf.name().into()])),
        Some(_) => None,
        // A certificate that is there and cannot be read has been reported.
        None if context.material.has_certificate => {
            return Outcome::Skipped(Bilingual::new(
                "sertifikatet kan ikke leses",
                "the certificate cannot be read",
            ));
        }
        None if context.material.key.is_none() && !context.material.findings.is_empty() => {
            return Outcome::Skipped(Bilingual::new(
                "filen kan ikke leses",
                "the file cannot be read",
            ));
        }
        None => Some(F11.finding([])),
    };
    Outcome::Completed(found.into_iter().collect())
}

/// Checks that there is a key.
pub(super) fn key(context: &CheckContext) -> Outcome {
    let material = context.material;
    match (&material.key, material.key_place) {
        (Some(_), _) => Outcome::Completed(Vec::new()),
        (None, KeyPlace::Missing) if material.leaf.is_none() && context.purpose != Purpose::Key => {
            Outcome::Skipped(material.missing_key())
        }
        (None, KeyPlace::Missing) => Outcome::Completed(vec![F04.finding([])]),
        (None, KeyPlace::File | KeyPlace::Vault) => Outcome::Skipped(material.missing_key()),
    }
}

/// Checks that the key belongs to the certificate.
pub(super) fn pair(context: &CertificateContext) -> Outcome {
    match &context.material.key {
        None => Outcome::Skipped(context.material.missing_key()),
        Some(key) if !key.belongs_to(context.leaf) => Outcome::Completed(vec![F05.finding([])]),
        Some(_) => Outcome::Completed(Vec::new()),
    }
}
