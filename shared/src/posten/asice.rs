//! The package of documents: an ASiC-E container, which is a ZIP file (ETSI TS 103 174, as Posten narrows it in
//! signering-docs, "Dokumentpakke").
//!
//! It has the documents, `manifest.xml` and `META-INF/signatures.xml`, and nothing else: neither `mimetype`, which would lie
//! outside `META-INF` unsigned, nor `META-INF/manifest.xml`, which the profile rules out.

use std::io::Write as _;

use bytes::Bytes;
use time::OffsetDateTime;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::job::{Job, MediaType};
use super::xades::{self, Signed};
use super::{RequestError, Seal, manifest};

const MANIFEST: &str = "manifest.xml";
const SIGNATURES: &str = "META-INF/signatures.xml";

/// The lowest level but none: what is large in a PDF is compressed already, and an instance that computes does nothing else.
const LEVEL: i64 = 1;

/// A document's name in the package, such as `0000_document.pdf`: the same as an entry, in the manifest and in the
/// signature, where Posten's own code compares them after decoding.
pub(super) fn document_name(place: usize, media_type: MediaType) -> String {
    format!("{place:04}_document.{}", media_type.extension())
}

/// The files of a package, in order.
pub(super) struct Files {
    documents: Vec<(String, Bytes)>,
    manifest: String,
    signatures: String,
}

impl Files {
    /// Signs everything at `now`.
    pub(super) fn of(job: &Job, seal: &Seal, now: OffsetDateTime) -> Result<Self, RequestError> {
        let documents = job.documents.iter().enumerate();
        let documents: Vec<(String, Bytes)> = documents
            .map(|(place, document)| {
                let name = document_name(place, document.media_type);
                // Shared, not copied.
                (name, document.content.clone())
            })
            .collect();
        let manifest = manifest::manifest(job);
        let types = job.documents.iter().map(|document| document.media_type);
        let mut signed: Vec<Signed<'_>> = documents
            .iter()
            .zip(types)
            .map(|((name, content), media_type)| Signed {
                name,
                media_type: media_type.as_str(),
                content,
            })
            .collect();
        signed.push(Signed {
            name: MANIFEST,
            media_type: "application/xml",
            content: manifest.as_bytes(),
        });
        let signatures = xades::signatures(&signed, seal, now)?;
        Ok(Self {
            documents,
            manifest,
            signatures,
        })
    }

    /// How large the package may become, in bytes.
    pub(super) fn most_bytes(&self) -> usize {
        // What cannot be compressed grows by five bytes in each block of at least 16 KiB; the headers of an entry take less
        // than 256.
        self.entries()
            .map(|(_, content)| content.len() + content.len() / 1024 + 256)
            .sum()
    }

    /// Writes the package at the end of `body`.
    pub(super) fn write(&self, body: &mut Vec<u8>) -> Result<(), RequestError> {
        self.write_entries(ZipWriter::new_stream(body))
            .map_err(|_| RequestError::Package)
    }

    fn write_entries(
        &self,
        mut archive: ZipWriter<StreamWriter<&mut Vec<u8>>>,
    ) -> zip::result::ZipResult<()> {
        // The same on each machine, and at any time.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(0o644);
        for (name, content) in self.entries() {
            archive.start_file(name, options)?;
            archive.write_all(content)?;
        }
        archive.finish()?;
        Ok(())
    }

    /// Names and contents, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let documents = self.documents.iter();
        let documents = documents.map(|(name, content)| (name.as_str(), content.as_ref()));
        documents.chain([
            (MANIFEST, self.manifest.as_bytes()),
            (SIGNATURES, self.signatures.as_bytes()),
        ])
    }
}
