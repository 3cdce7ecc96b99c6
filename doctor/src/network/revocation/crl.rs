//! Reader of revocation lists (RFC 5280 §5).

use time::OffsetDateTime;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::status::RevocationStatus;
use crate::material::LoadedCertificate;

/// Reads the status of `leaf` from a list in DER.
pub(super) fn read(
    der: &[u8],
    leaf: &LoadedCertificate,
    issuer: &LoadedCertificate,
    now: OffsetDateTime,
) -> RevocationStatus {
    let (Some(leaf), Some(issuer)) = (leaf.parsed(), issuer.parsed()) else {
        return RevocationStatus::unreadable();
    };
    let Ok(([], list)) = CertificateRevocationList::from_der(der) else {
        return RevocationStatus::unreadable();
    };
    let is_issuers = list.issuer() == leaf.issuer();
    if !is_issuers || list.verify_signature(issuer.public_key()).is_err() {
        return RevocationStatus::false_signature();
    }
    let next_update = list.next_update().map(|next| next.to_datetime());
    let mut revoked = list.iter_revoked_certificates();
    let entry = revoked.find(|entry| entry.raw_serial() == leaf.raw_serial());
    // Revocation is permanent, so an outdated list proves it, too.
    match entry {
        Some(entry) => RevocationStatus::Revoked(entry.revocation_date.to_datetime()),
        None => {
            RevocationStatus::good_if_current(list.last_update().to_datetime(), next_update, now)
        }
    }
}
