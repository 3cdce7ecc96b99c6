//! Document package: an ASiC-E container, which is a ZIP file (ETSI TS 103 174, as Posten narrows
//! it in signering-docs, "Dokumentpakke").
//!
//! Contents: the documents, `manifest.xml` and `META-INF/signatures.xml`. The container has no
//! `mimetype`, which would lie outside `META-INF` unsigned, and no `META-INF/manifest.xml`, which
//! the profile forbids.

use std::io::Write as _;

use bytes::Bytes;
use time::OffsetDateTime;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::job::{Job, MediaType};
use super::manifest::document_name;
use super::xades::{self, SignedFile};
use super::{RequestError, Seal, manifest};

const MANIFEST: &str = "manifest.xml";
const SIGNATURES: &str = "META-INF/signatures.xml";

/// Lowest compression level above none: the large parts of a PDF are compressed already, and
/// compression blocks the instance.
const LEVEL: i64 = 1;

/// Signed files of a package, in order.
pub(super) struct Files {
    documents: Vec<(String, MediaType, Bytes)>,
    manifest: String,
}

impl Files {
    pub(super) fn new(job: &Job) -> Self {
        let documents = job.documents.iter().enumerate();
        let documents = documents.map(|(place, document)| {
            let name = document_name(place, document.media_type);
            // The content is shared, not copied.
            (name, document.media_type, document.content.clone())
        });
        Self {
            documents: documents.collect(),
            manifest: manifest::manifest(job),
        }
    }

    /// Returns the maximum size of the package, in bytes.
    pub(super) fn most_bytes(&self, seal: &Seal) -> usize {
        let signatures = xades::most_bytes(self.entries().count(), seal);
        let sizes = self.entries().map(|(_, _, content)| content.len());
        // Incompressible data grows by five bytes in each block of at least 16 KiB; the headers of
        // an entry take less than 256.
        sizes.chain([signatures]).fold(0, |sum: usize, length| {
            sum.saturating_add(length)
                .saturating_add(length / 1024)
                .saturating_add(256)
        })
    }

    /// Appends the package to `body`. Slow work is done first: `now` is called last, and only one
    /// signature follows.
    pub(super) fn write(
        &self,
        seal: &Seal,
        now: impl FnOnce() -> OffsetDateTime,
        body: &mut Vec<u8>,
    ) -> Result<(), RequestError> {
        // The metadata is constant, so the package is the same on every machine and at any time.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(0o644);
        let mut archive = ZipWriter::new_stream(body);
        for (name, _, content) in self.entries() {
            entry(&mut archive, name, options, content)?;
        }
        let signed = self.signed();
        let signatures = xades::signatures(&signed, seal, now())?;
        entry(&mut archive, SIGNATURES, options, signatures.as_bytes())?;
        archive.finish().map_err(unwritten)?;
        Ok(())
    }

    /// Returns the files with their digests.
    pub(super) fn signed(&self) -> Vec<SignedFile<'_>> {
        self.entries()
            .map(|(name, media_type, content)| SignedFile::new(name, media_type, content))
            .collect()
    }

    /// Returns the names, media types and contents, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &'static str, &[u8])> {
        let documents = self.documents.iter();
        let documents = documents.map(|(name, media_type, content)| {
            (name.as_str(), media_type.as_str(), content.as_ref())
        });
        documents.chain([(MANIFEST, "application/xml", self.manifest.as_bytes())])
    }
}

fn entry(
    archive: &mut ZipWriter<StreamWriter<&mut Vec<u8>>>,
    name: &str,
    options: SimpleFileOptions,
    content: &[u8],
) -> Result<(), RequestError> {
    archive.start_file(name, options).map_err(unwritten)?;
    archive.write_all(content).map_err(unwritten)
}

fn unwritten<E>(_: E) -> RequestError {
    RequestError::Package
}
