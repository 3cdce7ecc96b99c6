//! Authorities by which certificates are judged.

use innsyn_core::party::Environment;
use innsyn_protocols::x509::{Authorities, Authority, CaVendor, Generation, Role};

use crate::catalogue::configuration::N04;
use crate::finding::Finding;
use crate::language::Bilingual;
use crate::material::{LoadedCertificate, Material};

/// Returns the known authorities, those that are trusted besides, and those in the files that these have signed.
pub(crate) fn authorities(material: &Material) -> Authorities {
    let trusted = material.trusted.iter();
    let below = material.others.iter().filter(|certificate| {
        let mut above = material.trusted.iter();
        certificate.fields.is_authority() && above.any(|above| above.has_signed(certificate))
    });
    trusted
        .chain(below)
        .fold(Authorities::known(), with_authority)
}

/// Adds the authority of a certificate. Vendor and environment, which it does not state, follow from its name.
pub(crate) fn with_authority(known: Authorities, certificate: &LoadedCertificate) -> Authorities {
    let fields = &certificate.fields;
    let Some(key) = fields.subject_key.clone() else {
        return known;
    };
    let name = certificate.name().to_lowercase();
    let is_commfides = ["commfides", "cpn"].iter().any(|word| name.contains(word));
    known.with(Authority {
        name: certificate.name().to_owned(),
        vendor: if is_commfides {
            CaVendor::Commfides
        } else {
            CaVendor::Buypass
        },
        role: if fields.is_self_issued() {
            Role::Root
        } else {
            Role::Issuing
        },
        generation: fields.subject.generation().unwrap_or(Generation::Seid2),
        environment: if name.contains("test") {
            Environment::Test
        } else {
            Environment::Production
        },
        key,
        fingerprint: fields.fingerprint,
    })
}

/// Reports a trust store of enterprise authorities with none of those that issue in `target` today.
pub(crate) fn no_current_authority(
    authorities: &[Authority],
    target: Option<Environment>,
) -> Option<Finding> {
    let named = authorities.first()?;
    let is_current = |known: &Authority| {
        known.generation == Generation::Seid2
            && target.is_none_or(|target| known.environment == target)
    };
    let target = target.map_or_else(|| Bilingual::new("i dag", "today"), Bilingual::from);
    let is_missing = !authorities.iter().any(is_current);
    is_missing.then(|| N04.finding([named.name.as_str().into(), target]))
}
