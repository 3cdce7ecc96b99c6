//! C: key lengths, algorithms and signatures.

use innsyn_protocols::x509::{Generation, PublicKey, SignatureAlgorithm};

use super::context::{CertificateContext, CheckContext};
use super::results::Outcome;
use crate::catalogue::cryptography::{C01, C02, C03, C04, C05, C08};
use crate::finding::Purpose;
use crate::language::Bilingual;
use crate::material::{KeyAlgorithm, PrivateKey};

/// Shortest RSA key that the app accepts, in bits.
const MIN_BITS: usize = 2048;
/// Length of new RSA keys, in bits.
const CURRENT_BITS: usize = 3072;
/// Longest RSA key that the app accepts, in bits.
const MAX_BITS: usize = 4096;

/// Checks that the kind and the length of the key suit the purpose.
pub(super) fn strength(context: &CheckContext) -> Outcome {
    let material = context.material;
    let of_certificate = material
        .leaf
        .as_ref()
        .map(|leaf| match &leaf.fields.public_key {
            PublicKey::Rsa(bits) => KeyAlgorithm::Rsa(*bits),
            PublicKey::Elliptic(curve) => KeyAlgorithm::Other((*curve).to_owned()),
            PublicKey::Ed25519 => KeyAlgorithm::Other("Ed25519".to_owned()),
            PublicKey::Other(oid) => KeyAlgorithm::Other(oid.clone()),
        });
    let of_key = material.key.as_ref().map(PrivateKey::algorithm);
    // A registered key is identified without its certificate.
    let kind = match context.purpose {
        Purpose::Key => of_key.or(of_certificate),
        _ => of_certificate.or(of_key),
    };
    let Some(kind) = kind else {
        return Outcome::Skipped(material.missing_key());
    };
    let is_old = context.certificate().is_some_and(|certificate| {
        let authority = certificate.authority();
        authority.is_some_and(|authority| authority.generation == Generation::Seid1)
    });
    let found = match kind {
        KeyAlgorithm::Rsa(bits) if bits < MIN_BITS => Some(C02.finding([bits.to_string().into()])),
        KeyAlgorithm::Rsa(bits) if bits > MAX_BITS => Some(C08.finding([bits.to_string().into()])),
        KeyAlgorithm::Rsa(bits) if bits < CURRENT_BITS && !is_old => {
            Some(C03.finding([bits.to_string().into()]))
        }
        KeyAlgorithm::Rsa(_) => None,
        KeyAlgorithm::Other(name) => Some(C01.finding([name.into()])),
    };
    Outcome::Completed(found.into_iter().collect())
}

/// Checks that the key signs, that its signature verifies with the certificate, and that the app's own code can use it.
pub(super) fn trial(context: &CheckContext) -> Outcome {
    let material = context.material;
    let Some(key) = &material.key else {
        return Outcome::Skipped(material.missing_key());
    };
    let kind = key.algorithm();
    if matches!(kind, KeyAlgorithm::Rsa(bits) if bits < MIN_BITS) {
        return Outcome::Skipped(Bilingual::new(
            "nøkkelen er for kort til å prøves",
            "the key is too short to be tried",
        ));
    }
    let owner = material.leaf.as_ref().filter(|leaf| key.belongs_to(leaf));
    let is_sound = match owner {
        Some(leaf) => key.signs_for(leaf),
        None => key.signs(),
    };
    let is_read = match (kind, context.purpose) {
        (KeyAlgorithm::Rsa(MIN_BITS..=MAX_BITS), Purpose::Token | Purpose::Key) => {
            key.is_usable_by_app()
        }
        _ => true,
    };
    let found = (!is_sound || !is_read).then(|| C05.finding([]));
    Outcome::Completed(found.into_iter().collect())
}

/// Checks that neither the certificate nor an issuer below the root has a forgeable signature.
pub(super) fn algorithm(context: &CertificateContext) -> Outcome {
    let found = context.has_broken_signature().then(|| {
        let name = match context.leaf.fields.signature {
            SignatureAlgorithm::RsaMd5 => "MD5",
            _ => "SHA-1",
        };
        C04.finding([name.into()])
    });
    Outcome::Completed(found.into_iter().collect())
}
