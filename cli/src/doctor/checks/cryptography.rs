//! C: keys and signatures.

use shared::certificate::{Generation, PublicKey, SignatureAlgorithm};

use super::super::catalogue::cryptography::{C01, C02, C03, C04, C05};
use super::super::finding::Finding;
use super::{Case, issuer};

/// The fewest bits that an RSA key may have, and those that a new one has.
const FEWEST: usize = 2048;
const USUAL: usize = 3072;

/// Whether it, or one above it but for the root, has a signature that can be forged.
pub(in super::super) fn is_signed_with_sha1(case: &Case) -> bool {
    let above = issuer::sorted(case.leaf, &case.material.others);
    let above = above.into_iter().filter(|held| !held.read.is_self_issued());
    let mut chain = std::iter::once(case.leaf).chain(above);
    chain.any(|held| held.read.signature.is_broken())
}

pub(super) fn check(case: &Case) -> Vec<Finding> {
    let mut found = Vec::new();
    let certificate = &case.leaf.read;
    let is_old = case
        .authority()
        .is_some_and(|authority| authority.generation == Generation::Seid1);
    match &certificate.public_key {
        PublicKey::Rsa(bits) if *bits < FEWEST => found.push(C02.found([bits.to_string().into()])),
        PublicKey::Rsa(bits) if *bits < USUAL && !is_old => {
            found.push(C03.found([bits.to_string().into()]));
        }
        PublicKey::Rsa(_) => {}
        PublicKey::Elliptic(curve) => found.push(C01.found([(*curve).into()])),
        PublicKey::Ed25519 => found.push(C01.found(["Ed25519".into()])),
        PublicKey::Other(oid) => found.push(C01.found([oid.as_str().into()])),
    }
    if is_signed_with_sha1(case) {
        let name = match certificate.signature {
            SignatureAlgorithm::RsaMd5 => "MD5",
            _ => "SHA-1",
        };
        found.push(C04.found([name.into()]));
    }
    let is_long_enough = !matches!(&certificate.public_key, PublicKey::Rsa(bits) if *bits < FEWEST);
    let key = case.material.key.as_ref();
    let own = key.filter(|key| key.belongs_to(case.leaf) && is_long_enough);
    if own.is_some_and(|key| !key.signs_for(case.leaf)) {
        found.push(C05.found([]));
    }
    found
}
