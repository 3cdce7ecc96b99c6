//! The document package: an ASiC-E container, as the profile in the vendor's documentation has it,
//! checked to the end before anything in it is believed.
//!
//! Assumptions: each fault of a package gets `ASICE_VALIDATION_FAILED`, in these words; the size
//! limit counts the documents alone; a correct `mimetype` entry is accepted, though none of the
//! vendor's clients writes it; text files are still accepted; a signing time without an offset is
//! refused; properties that the profile does not use are refused, and so is any other content of
//! the signature; a broker may sign for those for whom it may create jobs; the signing certificate
//! may differ from that of the handshake.

mod archive;
mod certificate;
mod check;
mod manifest;
mod name;
mod signature;

use std::collections::BTreeMap;

use bytes::Bytes;

use self::archive::Archive;
use self::check::{MANIFEST, SIGNATURES, ensure};
use super::order::Document;
use super::schema::SchemaViolation;

pub(crate) use self::check::{Invalid, Measure};
pub(crate) use self::manifest::{Availability, Manifest};

/// Document package that passed all checks.
#[derive(Debug)]
pub(crate) struct Package {
    /// Parsed manifest.
    pub(crate) manifest: Manifest,
    /// Documents in the manifest's order.
    pub(crate) documents: Vec<Document>,
    /// Organisation number in the certificate that signed the package.
    pub(crate) signed_by: String,
    /// Difference from packages of the vendor's clients.
    pub(crate) remark: Option<&'static str>,
}

impl Package {
    /// Opens and checks a package.
    pub(crate) fn open(bytes: &[u8], measure: Measure<'_>) -> Result<Self, Invalid> {
        let Archive { mut files, remark } = Archive::read(bytes)?;
        let signatures = files
            .remove(SIGNATURES)
            .ok_or_else(|| Invalid::new(format!("{SIGNATURES} is missing")))?;
        let other = files.keys().any(|name| name.starts_with("META-INF/"));
        ensure(!other, "META-INF has more than signatures.xml")?;
        let manifest = files.get(MANIFEST);
        let manifest = manifest.ok_or_else(|| Invalid::new(format!("{MANIFEST} is missing")))?;
        let manifest =
            manifest::read(manifest, measure.portal).map_err(|SchemaViolation(why)| {
                Invalid::new(format!("{MANIFEST} does not conform to the schema: {why}"))
            })?;

        let kinds = kinds(&manifest, &files)?;
        let signed_by = signature::verify(&signatures, &files, &kinds, measure)?;
        Ok(Self {
            documents: documents(&manifest, &files)?,
            manifest,
            signed_by,
            remark,
        })
    }
}

/// Returns the media type of each file. Documents and archive entries must be the same.
fn kinds<'m>(
    manifest: &'m Manifest,
    files: &BTreeMap<String, Bytes>,
) -> Result<BTreeMap<&'m str, &'m str>, Invalid> {
    let mut kinds = BTreeMap::from([(MANIFEST, "application/xml")]);
    for document in &manifest.documents {
        ensure(
            kinds.insert(&document.href, &document.mime).is_none(),
            "two documents have one href",
        )?;
        ensure(
            files.contains_key(&document.href),
            "a document of the manifest is not in the package",
        )?;
    }
    ensure(
        files.keys().all(|name| kinds.contains_key(name.as_str())),
        "the package has a file that is not in the manifest",
    )?;
    Ok(kinds)
}

/// The documents, each of a type that can be signed.
fn documents(
    manifest: &Manifest,
    files: &BTreeMap<String, Bytes>,
) -> Result<Vec<Document>, Invalid> {
    let listed = manifest.documents.iter();
    let found = listed.filter_map(|listed| Some((listed, files.get(&listed.href)?)));
    found
        .map(|(listed, bytes)| {
            match listed.mime.as_str() {
                "application/pdf" => ensure(is_pdf(bytes), "a document is not PDF 1.1–1.7")?,
                "text/plain" => {}
                _ => ensure(
                    false,
                    "a document is neither application/pdf nor text/plain",
                )?,
            }
            Ok(Document {
                name: listed.href.clone(),
                mime: listed.mime.clone(),
                title: listed.title.clone(),
                bytes: bytes.clone(),
            })
        })
        .collect()
}

/// Returns whether the file is a PDF: by its header within the first kilobyte, and apparently not
/// encrypted. In a readable file, the catalog may state a later version, and the trailer shows the
/// encryption.
///
/// Assumption: Posten publishes the accepted versions, not its method to detect them.
fn is_pdf(bytes: &[u8]) -> bool {
    const HEADER: &[u8] = b"%PDF-1.";
    let beginning = bytes.get(..1024).unwrap_or(bytes);
    let mut places = beginning.windows(HEADER.len());
    let Some(place) = places.position(|window| window == HEADER) else {
        return false;
    };
    let file = bytes.get(place..).unwrap_or_default();
    let version = file.get(HEADER.len());
    if !version.is_some_and(|version| (b'1'..=b'7').contains(version)) {
        return false;
    }
    match lopdf::Document::load_mem(file) {
        Ok(document) => {
            let catalog = document
                .catalog()
                .and_then(|catalog| catalog.get(b"Version"));
            let later = catalog.and_then(lopdf::Object::as_name);
            let is_open = !document.is_encrypted() && !document.was_encrypted();
            is_open && later.map_or(true, |later| later.starts_with(b"1."))
        }
        Err(_) => !file.windows(8).any(|window| window == b"/Encrypt"),
    }
}
