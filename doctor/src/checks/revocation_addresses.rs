//! N: addresses of revocation lists and OCSP responders.

use super::context::CertificateContext;
use super::results::Outcome;
use crate::catalogue::revocation::N02;
use crate::language::Bilingual;

/// Checks that a certificate of a known authority has an address: they write at least one into each.
pub(super) fn check(context: &CertificateContext) -> Outcome {
    let leaf = context.leaf;
    let has_none = leaf.crl_addresses().is_empty() && leaf.ocsp_addresses().is_empty();
    let found = (context.authority().is_some() && has_none).then(|| {
        N02.finding([
            Bilingual::new(
                "sertifikatet har ingen adresse",
                "the certificate has no address",
            ),
            Bilingual::new("hverken CRL eller OCSP", "neither CRL nor OCSP"),
        ])
    });
    Outcome::Completed(found.into_iter().collect())
}
