//! I: issuer, environment, generation and chain.

use innsyn_core::party::Environment;
use innsyn_protocols::x509::{Authority, CaVendor, Generation, Holder, Issuer};

use super::context::CertificateContext;
use super::results::Outcome;
use crate::catalogue::issuer::{I01, I02, I03, I04, I05, I06, I07, I08, I09, I10, I11, I12};
use crate::finding::Finding;
use crate::language::Bilingual;
use crate::material::{LoadedCertificate, SignatureStatus};

/// Checks the issuer of the certificate.
pub(super) fn issuer(context: &CertificateContext) -> Outcome {
    let mut found = Vec::new();
    if context.is_issuers() {
        if context.leaf.fields.is_self_issued() {
            found.push(I01.finding([]));
        }
        return Outcome::Completed(found);
    }
    found.extend(holder(context));
    if let Some(authority) = context.authority() {
        check_known(context, authority, &mut found);
        return Outcome::Completed(found);
    }
    match context.authorities.issuer_of(&context.leaf.fields) {
        // Only the signature can decide, which needs the issuer's certificate.
        Issuer::LookAlike(_)
            if context.leaf.fields.authority_key.is_none() && !is_refuted(context) =>
        {
            return Outcome::Partly(found, unverified(context));
        }
        Issuer::Known(authority) | Issuer::LookAlike(authority) => {
            found.push(I08.finding([authority.name.as_str().into()]));
        }
        Issuer::Itself => found.push(I01.finding([])),
        Issuer::Unknown if context.is_organisations() => {
            let name = &context.leaf.fields.issuer;
            let name = name.common_name().or(name.organisation());
            found.push(I02.finding([name.unwrap_or("?").into()]));
        }
        Issuer::Unknown => {}
    }
    Outcome::Completed(found)
}

/// Returns whether there are certificates with the issuer's name, none of which signed the certificate.
fn is_refuted(context: &CertificateContext) -> bool {
    let mut all = context.possible_issuers().peekable();
    all.peek().is_some() && all.all(|other| other.verify(context.leaf) == SignatureStatus::Invalid)
}

/// Returns the reason why the signature of the certificate could not be verified.
fn unverified(context: &CertificateContext) -> Bilingual {
    match context.possible_issuers().next() {
        None => Bilingual::new(
            "utstederens sertifikat er ikke med; gi det med --chain",
            "the issuer's certificate is not here; give it with --chain",
        ),
        Some(_) => unknown_algorithm(context.leaf),
    }
}

/// Returns the reason that the algorithm of the signature is not supported.
fn unknown_algorithm(certificate: &LoadedCertificate) -> Bilingual {
    let name = certificate.signature_algorithm();
    Bilingual::new(
        format!("signaturalgoritmen {name} er ukjent for doctor"),
        format!("the doctor does not know the signature algorithm {name}"),
    )
}

/// Reports a certificate that is not an organisation's.
fn holder(context: &CertificateContext) -> Option<Finding> {
    match context.leaf.fields.holder() {
        Holder::Website => Some(I07.finding([context.leaf.fields.websites.join(", ").into()])),
        Holder::Person => Some(I06.finding([Bilingual::new(
            "navn, nummer eller policy er en persons",
            "its name, number or policy is a person's",
        )])),
        _ if context.issuer_issues_to_persons() => Some(I06.finding([Bilingual::new(
            "utstederen utsteder til personer",
            "its issuer issues to persons",
        )])),
        _ => None,
    }
}

/// Checks a certificate of a known authority.
fn check_known(context: &CertificateContext, authority: &Authority, found: &mut Vec<Finding>) {
    let name = || authority.name.as_str().into();
    let is_test = authority.environment == Environment::Test;
    match context.target {
        Some(Environment::Production) if is_test => found.push(I03.finding([name()])),
        Some(Environment::Test) if !is_test => found.push(I04.finding([name()])),
        _ => {}
    }
    if authority.generation == Generation::Seid1 && !is_test {
        found.push(I05.finding([name()]));
    }
    let is_ht = authority.vendor == CaVendor::Buypass && authority.name.contains(" HT");
    if is_ht && is_test && context.target != Some(Environment::Production) {
        found.push(I09.finding([name()]));
    }
    // The file has another certificate with the authority's key identifier.
    let impostor = context.material.others.iter().find(|other| {
        other.fields.subject_key.as_ref() == Some(&authority.key)
            && other.fields.fingerprint != authority.fingerprint
            && !is_verified(context)
    });
    if impostor.is_some() {
        found.push(I08.finding([name()]));
    }
}

/// Checks the other certificates of the files: completeness and order.
pub(super) fn chain(context: &CertificateContext) -> Outcome {
    let mut found = Vec::new();
    if context.is_issuers() {
        return Outcome::Completed(found);
    }
    let leaf = context.leaf;
    let others = &context.material.others;
    if !leaf.fields.is_self_issued() && !others.iter().any(|other| other.could_have_issued(leaf)) {
        let unknown = || Bilingual::new("hos utstederen", "from the issuer");
        found.push(I10.finding([leaf.issuer_address().map_or_else(unknown, Bilingual::from)]));
    }
    let sorted = leaf.issuer_chain(others);
    let stranger = others
        .iter()
        .find(|other| !sorted.iter().any(|known| known.der == other.der));
    let misplaced = others
        .iter()
        .zip(&sorted)
        .find(|(other, expected)| context.material.is_ordered && other.der != expected.der);
    let misplaced = misplaced.map(|(other, _)| other);
    let before = others.first();
    let before = before.filter(|_| context.material.is_ordered && !context.material.comes_first);
    if let Some(other) = stranger.or(misplaced).or(before) {
        found.push(I11.finding([other.name().into()]));
    }
    Outcome::Completed(found)
}

/// Checks that each certificate of the chain is signed by the next.
pub(super) fn signature(context: &CertificateContext) -> Outcome {
    if context.leaf.fields.is_self_issued() {
        return Outcome::Completed(Vec::new());
    }
    let known = [
        context.material.others.as_slice(),
        context.material.trusted.as_slice(),
    ]
    .concat();
    let chain = context.leaf.issuer_chain(&known);
    if chain.is_empty() {
        return Outcome::Skipped(unverified(context));
    }
    let mut below = context.leaf;
    for above in chain {
        match above.verify(below) {
            SignatureStatus::Valid => {}
            SignatureStatus::Invalid => {
                return Outcome::Completed(vec![I12.finding([below.name().into()])]);
            }
            SignatureStatus::UnknownAlgorithm => return Outcome::Skipped(unknown_algorithm(below)),
        }
        below = above;
    }
    Outcome::Completed(Vec::new())
}

/// Returns whether a trusted authority signed the certificate.
fn is_verified(context: &CertificateContext) -> bool {
    let trusted = context.material.trusted.iter();
    trusted
        .filter(|other| other.could_have_issued(context.leaf))
        .any(|other| other.has_signed(context.leaf))
}
