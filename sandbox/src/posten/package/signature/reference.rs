//! The references of the signature: what is signed, and by which digest.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest as hashed};
use bergshamra_c14n::C14nMode;
use bytes::Bytes;

use super::xml::{C14N, DSIG, SHA256 as SHA256_NAME, algorithm, canonical, digest};
use crate::posten::package::check::{Invalid, ensure};
use crate::posten::package::name;
use crate::posten::schema::{Content, Element};

const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// Maximum number of references: 20 documents, the manifest and the properties.
const REFERENCES: usize = 22;

/// References of a signature, with their digests.
#[derive(Debug)]
pub(super) struct References<'t> {
    /// By the file's name, decoded: the reference's `Id` and the digest.
    pub(super) files: BTreeMap<String, (&'t str, Vec<u8>)>,
    properties: Element<'t>,
    properties_digest: Vec<u8>,
}

impl<'t> References<'t> {
    /// Reads the references at the end of `SignedInfo`: files without a transform, and once the
    /// signed properties, which are `properties`.
    pub(super) fn read(mut content: Content<'t>, properties: Element<'t>) -> Result<Self, Invalid> {
        let references = content.several("Reference", REFERENCES)?;
        content.end()?;
        let own = properties.attribute("Id").map(|id| format!("#{id}"));
        let own = own.ok_or_else(|| Invalid::new("the signed properties have no Id"))?;

        let mut files = BTreeMap::new();
        let mut ids = BTreeSet::new();
        let mut properties_digest = None;
        for reference in references {
            let uri = reference.attribute("URI");
            let uri = uri.ok_or_else(|| Invalid::new("a reference has no URI"))?;
            let kind = reference.attribute("Type");
            let mut content = reference.content(DSIG)?;
            if uri == own {
                ensure(
                    kind == Some(SIGNED_PROPERTIES),
                    "the reference to the signed properties is of another type",
                )?;
                is_canonicalised(&mut content)?;
                let digest = digest(&mut content, SHA256_NAME)?;
                ensure(
                    properties_digest.replace(digest).is_none(),
                    "the signed properties are referred to twice",
                )?;
            } else {
                ensure(
                    !uri.starts_with('#') && kind.is_none(),
                    "a reference is to neither a file nor the signed properties",
                )?;
                let id = reference.attribute("Id").filter(|id| ids.insert(*id));
                let id = id.ok_or_else(|| Invalid::new("a file's reference has no Id"))?;
                let digest = digest(&mut content, SHA256_NAME)?;
                ensure(
                    files.insert(name::meant(uri), (id, digest)).is_none(),
                    "a file is referred to twice",
                )?;
            }
            content.end()?;
        }
        let properties_digest = properties_digest
            .ok_or_else(|| Invalid::new("the signed properties are not referred to"))?;
        Ok(Self {
            files,
            properties,
            properties_digest,
        })
    }

    /// Returns whether the digests match: one for each of `files`, and one for the properties.
    pub(super) fn hold(&self, files: &BTreeMap<String, Bytes>) -> Result<(), Invalid> {
        ensure(
            self.files.keys().eq(files.keys()),
            "files and references are not the same ones",
        )?;
        let mut pairs = self.files.values().zip(files.values());
        ensure(
            pairs.all(|((_, digest), file)| hashed(&SHA256, file).as_ref() == digest.as_slice()),
            "a file's digest does not hold",
        )?;
        let properties = canonical(self.properties, C14nMode::Inclusive)?;
        ensure(
            hashed(&SHA256, &properties).as_ref() == self.properties_digest.as_slice(),
            "the digest of the signed properties does not hold",
        )
    }
}

/// Checks for a single transform, canonical XML 1.0.
fn is_canonicalised(content: &mut Content<'_>) -> Result<(), Invalid> {
    let mut transforms = content.one("Transforms")?.content(DSIG)?;
    let transform = algorithm(transforms.one("Transform")?)?;
    transforms.end()?;
    ensure(
        transform == C14N,
        "the signed properties are transformed in another way",
    )
}
