//! C: keys and signatures.

use shared::certificate::{Generation, PublicKey, SignatureAlgorithm};

use super::super::catalogue::cryptography::{C01, C02, C03, C04, C05, C08};
use super::super::finding::Purpose;
use super::super::language::Both;
use super::super::material::{KeyKind, PrivateKey};
use super::{Case, Outcome, Scope, file, issuer};

/// Bits of an RSA key: the fewest and the most that the app takes, and those that a new one has.
const FEWEST: usize = 2048;
const USUAL: usize = 3072;
const MOST: usize = 4096;

/// Whether it, or one above it but for the root, has a signature that can be forged.
pub(in super::super) fn is_signed_with_sha1(case: &Case) -> bool {
    let above = issuer::sorted(case.leaf, &case.material.others);
    let above = above.into_iter().filter(|held| !held.read.is_self_issued());
    let mut chain = std::iter::once(case.leaf).chain(above);
    chain.any(|held| held.read.signature.is_broken())
}

/// Checks that the kind and the length of the key suit the purpose.
pub(super) fn strength(scope: &Scope) -> Outcome {
    let material = scope.material;
    let of_certificate = material
        .leaf
        .as_ref()
        .map(|leaf| match &leaf.read.public_key {
            PublicKey::Rsa(bits) => KeyKind::Rsa(*bits),
            PublicKey::Elliptic(curve) => KeyKind::Other((*curve).to_owned()),
            PublicKey::Ed25519 => KeyKind::Other("Ed25519".to_owned()),
            PublicKey::Other(oid) => KeyKind::Other(oid.clone()),
        });
    let of_key = material.key.as_ref().map(PrivateKey::kind);
    // A registered key is not known by its certificate.
    let kind = match scope.purpose {
        Purpose::Key => of_key.or(of_certificate),
        _ => of_certificate.or(of_key),
    };
    let Some(kind) = kind else {
        return Outcome::NotMade(file::missing(material));
    };
    let is_old = scope.case().is_some_and(|case| {
        let authority = case.authority();
        authority.is_some_and(|authority| authority.generation == Generation::Seid1)
    });
    let found = match kind {
        KeyKind::Rsa(bits) if bits < FEWEST => Some(C02.found([bits.to_string().into()])),
        KeyKind::Rsa(bits) if bits > MOST => Some(C08.found([bits.to_string().into()])),
        KeyKind::Rsa(bits) if bits < USUAL && !is_old => Some(C03.found([bits.to_string().into()])),
        KeyKind::Rsa(_) => None,
        KeyKind::Other(name) => Some(C01.found([name.into()])),
    };
    Outcome::Made(found.into_iter().collect())
}

/// Checks that the key signs: with the app's code where the app signs with it, and so that the certificate verifies it.
pub(super) fn trial(scope: &Scope) -> Outcome {
    let material = scope.material;
    let Some(key) = &material.key else {
        return Outcome::NotMade(file::missing(material));
    };
    let kind = key.kind();
    if matches!(kind, KeyKind::Rsa(bits) if bits < FEWEST) {
        return Outcome::NotMade(Both::new(
            "nøkkelen er for kort til å prøves",
            "the key is too short to be tried",
        ));
    }
    let owner = material.leaf.as_ref().filter(|leaf| key.belongs_to(leaf));
    let is_sound = match owner {
        Some(leaf) => key.signs_for(leaf),
        None => key.signs(),
    };
    let is_read = match (kind, scope.purpose) {
        (KeyKind::Rsa(FEWEST..=MOST), Purpose::Token | Purpose::Key) => key.is_read_by_the_app(),
        _ => true,
    };
    let found = (!is_sound || !is_read).then(|| C05.found([]));
    Outcome::Made(found.into_iter().collect())
}

/// Checks that neither the certificate nor one above it has a signature that can be forged.
pub(super) fn algorithm(case: &Case) -> Outcome {
    let found = is_signed_with_sha1(case).then(|| {
        let name = match case.leaf.read.signature {
            SignatureAlgorithm::RsaMd5 => "MD5",
            _ => "SHA-1",
        };
        C04.found([name.into()])
    });
    Outcome::Made(found.into_iter().collect())
}
