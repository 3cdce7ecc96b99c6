//! The document package: an ASiC-E container, as the profile in the vendor's documentation has it, checked
//! to the end before anything in it is believed.
//!
//! Assumptions: all that is wrong with one is answered with `ASICE_VALIDATION_FAILED`, in these words; the
//! size limit counts the documents alone; a correct `mimetype` entry is let pass, though none of the vendor's
//! clients writes it; text files are still taken; a signing time without an offset is refused; properties
//! that the profile does not use are refused, and so is whatever else stands in the signature; a broker may
//! sign for those for whom it may create jobs; another certificate may sign than was shown in the handshake.

mod archive;
mod certificate;
mod manifest;
mod name;
mod signature;

use std::collections::BTreeMap;

use bytes::Bytes;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use self::archive::Archive;
use super::order::Document;
use super::schema::Broken;
use crate::authority::EnterpriseAuthority;

pub(crate) use self::manifest::{Availability, Manifest};

const MANIFEST: &str = "manifest.xml";
const SIGNATURES: &str = "META-INF/signatures.xml";

/// What is wrong with a package.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("Error when validating ASiCE: {0}")]
pub(crate) struct Invalid(String);

impl Invalid {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A package that holds.
#[derive(Debug)]
pub(crate) struct Package {
    /// What is to be signed and by whom.
    pub(crate) manifest: Manifest,
    /// In the manifest's order.
    pub(crate) documents: Vec<Document>,
    /// The organisation whose certificate signed it.
    pub(crate) signed_by: String,
    /// Something that the vendor's clients do not do.
    pub(crate) remark: Option<&'static str>,
}

/// What a package is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure<'a> {
    /// Whether it is for the portal.
    pub(crate) portal: bool,
    /// Who certifies signers.
    pub(crate) authority: &'a EnterpriseAuthority,
    /// The service's time.
    pub(crate) now: OffsetDateTime,
    /// How far from it the signing time may be.
    pub(crate) tolerance: Duration,
}

impl Package {
    /// Opens and checks one.
    pub(crate) fn open(bytes: &[u8], measure: Measure<'_>) -> Result<Self, Invalid> {
        let Archive { mut files, remark } = Archive::read(bytes)?;
        let signatures = files
            .remove(SIGNATURES)
            .ok_or_else(|| Invalid::new(format!("{SIGNATURES} is missing")))?;
        let other = files.keys().any(|name| name.starts_with("META-INF/"));
        ensure(!other, "META-INF has more than signatures.xml")?;
        let manifest = files.get(MANIFEST);
        let manifest = manifest.ok_or_else(|| Invalid::new(format!("{MANIFEST} is missing")))?;
        let manifest = manifest::read(manifest, measure.portal).map_err(|Broken(why)| {
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

/// The media type of every file: documents and entries are to be the same ones.
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

/// By its first bytes, and not encrypted by the look of it.
fn is_pdf(bytes: &[u8]) -> bool {
    let version = bytes.strip_prefix(b"%PDF-1.").and_then(<[u8]>::first);
    let encrypted = || bytes.windows(8).any(|window| window == b"/Encrypt");
    version.is_some_and(|version| (b'1'..=b'7').contains(version)) && !encrypted()
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), Invalid> {
    if holds {
        Ok(())
    } else {
        Err(Invalid::new(otherwise))
    }
}
