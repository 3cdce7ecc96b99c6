//! `META-INF/signatures.xml`: one XAdES signature over every file, in the profile of the vendor's
//! documentation (ETSI TS 103 171, B-level, narrowed).
//!
//! Nothing is looked up by name anywhere in the tree: every part is where the profile has it, and what was
//! digested is the very element whose content is then believed, so that a second one of the same `Id` gains
//! nothing; it is refused besides.

mod properties;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use bytes::Bytes;
use uppsala::Document;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use self::properties::Properties;
use self::reference::References;
use super::{Invalid, Measure, certificate, ensure};
use crate::posten::schema::{Broken, Content, Element, parse};

const ASIC: &str = "http://uri.etsi.org/2918/v1.2.1#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const C14N11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

/// A leaf and what is above it.
const CERTIFICATES: usize = 10;

/// Checks the signature over `files`, whose media types are `kinds`. Gives the number of the organisation
/// that signed.
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
    let properties = Properties::of(parts.one("Object")?, id)?;
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
    let references = References::of(content, properties.element)?;

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

/// `Id` identifies elements here, without a DTD that says so.
fn ids_are_unique(tree: &Document<'_>) -> Result<(), Invalid> {
    let elements = tree.descendants(tree.root()).into_iter();
    let mut ids = elements.filter_map(|id| tree.element(id)?.get_attribute("Id"));
    let mut seen = BTreeSet::new();
    ensure(ids.all(|id| seen.insert(id)), "two elements have one Id")
}

/// The certificates, in whatever order they are.
fn certificates(key: Element<'_>) -> Result<Vec<Vec<u8>>, Invalid> {
    let mut content = key.content(DSIG)?;
    let mut data = content.one("X509Data")?.content(DSIG)?;
    content.end()?;
    let certificates = data.several("X509Certificate", CERTIFICATES)?;
    data.end()?;
    certificates.into_iter().map(decoded).collect()
}

/// Whether the certificate's key made `value` from `message`.
fn holds(certificate: &[u8], message: &[u8], value: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let key = &certificate.public_key().subject_public_key.data;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(message, value).is_ok()
}

/// The canonical form of the element in its place, without comments.
fn canonical(element: Element<'_>, mode: C14nMode) -> Result<Vec<u8>, Invalid> {
    let (tree, id) = element.place();
    let nodes = NodeSet::tree_without_comments(id, tree);
    let form = canonicalize_doc::<&str>(tree, mode, Some(&nodes), &[]);
    form.map_err(|_| Invalid::new("the signature cannot be canonicalised"))
}

/// The attribute that says which algorithm; the element has nothing else.
fn algorithm(element: Element<'_>) -> Result<&str, Invalid> {
    element.content(DSIG)?.end()?;
    let algorithm = element.attribute("Algorithm");
    algorithm.ok_or_else(|| Invalid::new("an algorithm is missing"))
}

/// `DigestMethod` and `DigestValue`, by the algorithm that there has to be.
fn digest(content: &mut Content<'_>, by: &str) -> Result<Vec<u8>, Invalid> {
    let method = algorithm(content.one("DigestMethod")?)?;
    ensure(method == by, "a digest is by another algorithm")?;
    decoded(content.one("DigestValue")?)
}

/// Base64, with line breaks wherever the sender's library puts them.
fn decoded(element: Element<'_>) -> Result<Vec<u8>, Invalid> {
    let mut text = element.content_text()?;
    text.retain(|character| !character.is_ascii_whitespace());
    let bytes = STANDARD.decode(text);
    bytes.map_err(|_| Invalid::new("something in the signature is not base64"))
}

impl From<Broken> for Invalid {
    fn from(Broken(why): Broken) -> Self {
        Self(format!("META-INF/signatures.xml: {why}"))
    }
}
