//! `META-INF/signatures.xml`: one XAdES signature over every file, in the profile of the vendor's
//! documentation (ETSI TS 103 171, B-level, narrowed).
//!
//! The verifier looks up nothing by name in the tree: each part is in its place in the profile, and
//! the digested element is the one whose content is used, so that a second one of the same `Id` has
//! no effect; it is refused as well.

mod properties;
mod reference;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use bergshamra_c14n::C14nMode;
use bytes::Bytes;
use uppsala::Document;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use self::properties::Properties;
use self::reference::References;
use self::xml::{C14N, C14N11, CERTIFICATES, DSIG, RSA_SHA256, algorithm, canonical, decoded};
use super::certificate;
use super::check::{Invalid, Measure, ensure};
use crate::posten::schema::{Element, parse};

const ASIC: &str = "http://uri.etsi.org/2918/v1.2.1#";
/// Verifies the signature over `files`, whose media types are `kinds`. Returns the number of the
/// organisation that signed.
pub(super) fn verify(
    signatures: &[u8],
    files: &BTreeMap<String, Bytes>,
    kinds: &BTreeMap<&str, &str>,
    measure: Measure<'_>,
) -> Result<String, Invalid> {
    let tree = parse(signatures)?;
    ids_are_unique(&tree)?;
    let mut root = Element::root(&tree, ASIC, "XAdESSignatures")?.content(DSIG)?;
    let signature = root.one("Signature")?;
    root.end()?;
    let id = signature.attribute("Id");
    let id = id.ok_or_else(|| Invalid::new("the signature has no Id"))?;

    let mut parts = signature.content(DSIG)?;
    let info = parts.one("SignedInfo")?;
    let value = decoded(parts.one("SignatureValue")?)?;
    let certificates = certificates(parts.one("KeyInfo")?)?;
    let properties = Properties::read(parts.one("Object")?, id)?;
    parts.end()?;

    let mut content = info.content(DSIG)?;
    let mode = match algorithm(content.one("CanonicalizationMethod")?)? {
        C14N => C14nMode::Inclusive,
        C14N11 => C14nMode::Inclusive11,
        _ => return Err(Invalid::new("SignedInfo has another canonicalisation")),
    };
    let method = algorithm(content.one("SignatureMethod")?)?;
    ensure(
        method == RSA_SHA256,
        "the signature is not RSA with SHA-256",
    )?;
    let references = References::read(content, properties.element)?;

    references.hold(files)?;
    let message = canonical(info, mode)?;
    let signer = certificates
        .iter()
        .find(|certificate| holds(certificate, &message, &value));
    let signer = signer.ok_or_else(|| Invalid::new("the signature value does not hold"))?;
    properties.name(signer)?;
    properties.describe(&references, kinds)?;
    properties.is_of_now(measure)?;
    certificate::organisation(signer, &certificates, measure)
}

/// `Id` identifies elements here, without a DTD that declares it.
fn ids_are_unique(tree: &Document<'_>) -> Result<(), Invalid> {
    let elements = tree.descendants(tree.root()).into_iter();
    let mut ids = elements.filter_map(|id| tree.element(id)?.get_attribute("Id"));
    let mut seen = BTreeSet::new();
    ensure(ids.all(|id| seen.insert(id)), "two elements have one Id")
}

/// Returns the certificates, which may be in any order.
fn certificates(key: Element<'_>) -> Result<Vec<Vec<u8>>, Invalid> {
    let mut content = key.content(DSIG)?;
    let mut data = content.one("X509Data")?.content(DSIG)?;
    content.end()?;
    let certificates = data.several("X509Certificate", CERTIFICATES)?;
    data.end()?;
    certificates.into_iter().map(decoded).collect()
}

/// Returns whether the certificate's key made `value` from `message`.
fn holds(certificate: &[u8], message: &[u8], value: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let key = &certificate.public_key().subject_public_key.data;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(message, value).is_ok()
}
