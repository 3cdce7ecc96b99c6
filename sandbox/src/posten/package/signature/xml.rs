//! Elements of XML signatures: algorithms, digests and canonical form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;

use crate::posten::package::check::{Invalid, ensure};
use crate::posten::schema::{Content, Element};

pub(super) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

pub(super) const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub(super) const C14N11: &str = "http://www.w3.org/2006/12/xml-c14n11";
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

/// Maximum number of certificates: a leaf and its chain.
pub(super) const CERTIFICATES: usize = 10;

/// Returns the canonical form of the element in its place, without comments.
pub(super) fn canonical(element: Element<'_>, mode: C14nMode) -> Result<Vec<u8>, Invalid> {
    let (tree, id) = element.place();
    let nodes = NodeSet::tree_without_comments(id, tree);
    let form = canonicalize_doc::<&str>(tree, mode, Some(&nodes), &[]);
    form.map_err(|_| Invalid::new("the signature cannot be canonicalised"))
}

/// Returns the attribute with the algorithm; the element has nothing else.
pub(super) fn algorithm(element: Element<'_>) -> Result<&str, Invalid> {
    element.content(DSIG)?.end()?;
    let algorithm = element.attribute("Algorithm");
    algorithm.ok_or_else(|| Invalid::new("an algorithm is missing"))
}

/// Reads `DigestMethod`, which must be `by`, and `DigestValue`.
pub(super) fn digest(content: &mut Content<'_>, by: &str) -> Result<Vec<u8>, Invalid> {
    let method = algorithm(content.one("DigestMethod")?)?;
    ensure(method == by, "a digest is by another algorithm")?;
    decoded(content.one("DigestValue")?)
}

/// Reads base64, with line breaks wherever the sender's library puts them.
pub(super) fn decoded(element: Element<'_>) -> Result<Vec<u8>, Invalid> {
    let mut text = element.content_text()?;
    text.retain(|character| !character.is_ascii_whitespace());
    let bytes = STANDARD.decode(text);
    bytes.map_err(|_| Invalid::new("something in the signature is not base64"))
}
