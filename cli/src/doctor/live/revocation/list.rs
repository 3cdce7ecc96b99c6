//! A list of what an issuer has revoked.

use time::OffsetDateTime;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::super::super::material::Held;
use super::{Standing, false_signature, holds, unreadable};

pub(super) fn read(der: &[u8], leaf: &Held, issuer: &Held, now: OffsetDateTime) -> Standing {
    let (Some(leaf), Some(issuer)) = (leaf.parsed(), issuer.parsed()) else {
        return unreadable();
    };
    let Ok(([], list)) = CertificateRevocationList::from_der(der) else {
        return unreadable();
    };
    let is_issuers = list.issuer() == leaf.issuer();
    if !is_issuers || list.verify_signature(issuer.public_key()).is_err() {
        return false_signature();
    }
    let next = list.next_update().map(|next| next.to_datetime());
    let mut revoked = list.iter_revoked_certificates();
    let entry = revoked.find(|entry| entry.raw_serial() == leaf.raw_serial());
    // What was revoked once stays so, however old the list is.
    match entry {
        Some(entry) => Standing::Revoked(entry.revocation_date.to_datetime()),
        None => match holds(list.last_update().to_datetime(), next, now) {
            Some(why) => Standing::Useless(why),
            None => Standing::Good,
        },
    }
}
