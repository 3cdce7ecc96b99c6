//! I: issuer, environment, generation and chain.

use shared::certificate::{Authority, Generation, Holder, House, Issuer};
use shared::party::Environment;
use x509_parser::error::X509Error;

use super::super::catalogue::issuer::{I01, I02, I03, I04, I05, I06, I07, I08, I09, I10, I11, I12};
use super::super::finding::Finding;
use super::super::language::Both;
use super::super::material::Held;
use super::{Case, Outcome, address, file};

/// Checks the issuer of the certificate.
pub(super) fn issuer(case: &Case) -> Outcome {
    let mut found = Vec::new();
    if file::is_issuers(case) {
        if case.leaf.read.is_self_issued() {
            found.push(I01.found([]));
        }
        return Outcome::Made(found);
    }
    found.extend(holder(case));
    if let Some(authority) = known(case) {
        of_known(case, authority, &mut found);
        return Outcome::Made(found);
    }
    match case.authorities.issuer_of(&case.leaf.read) {
        // Only its signature can tell, and that takes the issuer's certificate.
        Issuer::LookAlike(_) if case.leaf.read.authority_key.is_none() && !is_refuted(case) => {
            return Outcome::Partly(found, absent(case));
        }
        Issuer::Known(authority) | Issuer::LookAlike(authority) => {
            found.push(I08.found([authority.name.as_str().into()]));
        }
        Issuer::Itself => found.push(I01.found([])),
        Issuer::Unknown if case.is_organisations() => {
            let name = &case.leaf.read.issuer;
            let name = name.common_name().or(name.organisation());
            found.push(I02.found([name.unwrap_or("?").into()]));
        }
        Issuer::Unknown => {}
    }
    Outcome::Made(found)
}

/// Returns the known authority that issued the certificate: by the key that the certificate names, or, where it names
/// none, by its signature.
pub(super) fn known<'a>(case: &'a Case<'_>) -> Option<&'a Authority> {
    if let Issuer::Known(authority) = case.authorities.issuer_of(&case.leaf.read) {
        return Some(authority);
    }
    if case.leaf.read.authority_key.is_some() {
        return None;
    }
    let mut signers = candidates(case).filter(|held| has_signed(held, case.leaf));
    signers.find_map(|held| case.authorities.whose(&held.read))
}

/// Returns whether there are certificates of the issuer's name, and none of them has signed it.
fn is_refuted(case: &Case) -> bool {
    let mut all = candidates(case).peekable();
    all.peek().is_some() && all.all(|held| signed(held, case.leaf) == Signed::No)
}

/// Certificates at hand that could be the issuer's.
fn candidates<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a Held> {
    let all = case.material.others.iter().chain(&case.material.trusted);
    all.filter(|held| held.could_have_issued(case.leaf))
}

/// Returns the reason why the signature of the certificate could not be checked.
fn absent(case: &Case) -> Both {
    match candidates(case).next() {
        None => Both::new(
            "utstederens sertifikat er ikke med; gi det med --chain",
            "the issuer's certificate is not here; give it with --chain",
        ),
        Some(_) => not_known(case.leaf),
    }
}

/// A signature by an algorithm that the verifier does not have.
fn not_known(held: &Held) -> Both {
    let name = held.algorithm();
    Both::new(
        format!("signaturalgoritmen {name} er ukjent for doctor"),
        format!("the doctor does not know the signature algorithm {name}"),
    )
}

/// Whose it is, if not an organisation's.
fn holder(case: &Case) -> Option<Finding> {
    match case.leaf.read.holder() {
        Holder::Website => Some(I07.found([case.leaf.read.websites.join(", ").into()])),
        Holder::Person => Some(I06.found([Both::new(
            "navn, nummer eller policy er en persons",
            "its name, number or policy is a person's",
        )])),
        _ if issues_to_persons(case) => Some(I06.found([Both::new(
            "utstederen utsteder til personer",
            "its issuer issues to persons",
        )])),
        _ => None,
    }
}

/// Whether the issuer's name says that it issues to persons, as those of the two houses do.
pub(super) fn issues_to_persons(case: &Case) -> bool {
    let name = case.leaf.read.issuer.common_name().unwrap_or_default();
    let is_houses = ["Buypass", "Commfides", "CPN"]
        .iter()
        .any(|house| name.contains(house));
    is_houses && name.contains("Person") && !name.contains("Legal Person")
}

fn of_known(case: &Case, authority: &Authority, found: &mut Vec<Finding>) {
    let name = || authority.name.as_str().into();
    let is_test = authority.environment == Environment::Test;
    match case.target {
        Some(Environment::Production) if is_test => found.push(I03.found([name()])),
        Some(Environment::Test) if !is_test => found.push(I04.found([name()])),
        _ => {}
    }
    if authority.generation == Generation::Seid1 && !is_test {
        found.push(I05.found([name()]));
    }
    let is_ht = authority.house == House::Buypass && authority.name.contains(" HT");
    if is_ht && is_test && case.target != Some(Environment::Production) {
        found.push(I09.found([name()]));
    }
    // Its certificate stands in the file under its key, and is another.
    let false_one = case.material.others.iter().find(|held| {
        held.read.subject_key.as_ref() == Some(&authority.key)
            && held.read.fingerprint != authority.fingerprint
            && !is_verified(case)
    });
    if false_one.is_some() {
        found.push(I08.found([name()]));
    }
}

/// What is in the files besides the certificate.
pub(super) fn chain(case: &Case) -> Outcome {
    let mut found = Vec::new();
    if file::is_issuers(case) {
        return Outcome::Made(found);
    }
    let leaf = case.leaf;
    let others = &case.material.others;
    if !leaf.read.is_self_issued() && !others.iter().any(|held| held.could_have_issued(leaf)) {
        let unknown = || Both::new("hos utstederen", "from the issuer");
        found.push(I10.found([address::issuers(leaf).map_or_else(unknown, Both::from)]));
    }
    let sorted = sorted(leaf, others);
    let stranger = others
        .iter()
        .find(|held| !sorted.iter().any(|known| known.der == held.der));
    let misplaced = others
        .iter()
        .zip(&sorted)
        .find(|(held, expected)| case.material.is_ordered && held.der != expected.der);
    let misplaced = misplaced.map(|(held, _)| held);
    let before = others.first();
    let before = before.filter(|_| case.material.is_ordered && !case.material.comes_first);
    if let Some(held) = stranger.or(misplaced).or(before) {
        found.push(I11.found([held.name().into()]));
    }
    Outcome::Made(found)
}

/// Those of `others` that lead upwards from `leaf`, each after the one that it issued.
pub(in super::super) fn sorted<'a>(leaf: &'a Held, others: &'a [Held]) -> Vec<&'a Held> {
    let mut sorted: Vec<&Held> = Vec::new();
    let mut below = leaf;
    while !below.read.is_self_issued() {
        let is_next = |held: &&Held| {
            held.could_have_issued(below) && !sorted.iter().any(|known| known.der == held.der)
        };
        // Of several with the same name and no key, its signature tells.
        let signer = others
            .iter()
            .find(|held| is_next(held) && has_signed(held, below));
        let Some(next) = signer.or_else(|| others.iter().find(is_next)) else {
            break;
        };
        sorted.push(next);
        below = next;
    }
    sorted
}

/// Whether each signature is the next one's, as far as there is a next one.
pub(super) fn signature(case: &Case) -> Outcome {
    if case.leaf.read.is_self_issued() {
        return Outcome::Made(Vec::new());
    }
    let known = [
        case.material.others.as_slice(),
        case.material.trusted.as_slice(),
    ]
    .concat();
    let chain = sorted(case.leaf, &known);
    if chain.is_empty() {
        return Outcome::NotMade(absent(case));
    }
    let mut below = case.leaf;
    for above in chain {
        match signed(above, below) {
            Signed::Yes => {}
            Signed::No => return Outcome::Made(vec![I12.found([below.name().into()])]),
            Signed::Unknown => return Outcome::NotMade(not_known(below)),
        }
        below = above;
    }
    Outcome::Made(Vec::new())
}

/// Whether a trusted authority itself has signed it.
fn is_verified(case: &Case) -> bool {
    let trusted = case.material.trusted.iter();
    trusted
        .filter(|held| held.could_have_issued(case.leaf))
        .any(|held| has_signed(held, case.leaf))
}

/// Result of verifying the signature of a certificate with the key of another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signed {
    Yes,
    No,
    /// The verifier does not have the algorithm.
    Unknown,
}

pub(in super::super) fn has_signed(above: &Held, below: &Held) -> bool {
    signed(above, below) == Signed::Yes
}

/// Verifies the signature of `below` with the key of `above`.
pub(super) fn signed(above: &Held, below: &Held) -> Signed {
    let (Some(above), Some(below)) = (above.parsed(), below.parsed()) else {
        return Signed::No;
    };
    match below.verify_signature(Some(above.public_key())) {
        Ok(()) => Signed::Yes,
        Err(X509Error::SignatureUnsupportedAlgorithm) => Signed::Unknown,
        Err(_) => Signed::No,
    }
}
