//! C: keys and signatures.

use shared::certificate::{Generation, PublicKey, SignatureAlgorithm};

use super::super::catalogue::cryptography::{C01, C02, C03, C04, C05};
use super::super::finding::Finding;
use super::Case;

/// The fewest bits that an RSA key may have, and those that a new one has.
const FEWEST: usize = 2048;
const USUAL: usize = 3072;

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
    if certificate.signature.is_broken() {
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
