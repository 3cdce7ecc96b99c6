//! The ZIP file, by its central directory.
//!
//! Refused too, so that no two readers can see different files in it: names that differ between
//! their two places, overlapping data, and bytes before or after the archive.

use std::collections::BTreeMap;
use std::io::Read;

use bytes::Bytes;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use super::check::{Invalid, MANIFEST, SIGNATURES, ensure};
use super::name;

/// Maximum total size of the documents: 10 MB (the vendor's documentation).
const DOCUMENTS: u64 = 10 * 1024 * 1024;
/// Maximum size of each of the two XML files. Assumption: the real service has a limit, too.
const XML: u64 = 1024 * 1024;
/// Maximum number of entries: 20 documents and three other files.
const ENTRIES: usize = 23;
const MIMETYPE: &str = "mimetype";
const CONTAINER: &[u8] = b"application/vnd.etsi.asic-e+zip";

/// Files of an archive.
#[derive(Debug)]
pub(super) struct Archive {
    /// Contents by decoded file name, without `mimetype`.
    pub(super) files: BTreeMap<String, Bytes>,
    /// Difference from packages of the vendor's clients.
    pub(super) remark: Option<&'static str>,
}

impl Archive {
    /// Unpacks all files.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Invalid> {
        let unreadable = |_| Invalid::new("the package is not a readable ZIP file");
        let archive = ZipArchive::from_slice(bytes).map_err(unreadable)?;
        let mut headers = Vec::new();
        for header in archive.entries() {
            headers.push(header.map_err(unreadable)?);
            ensure(headers.len() <= ENTRIES, "the package has too many files")?;
        }
        ensure(
            headers.len() as u64 == archive.entries_hint(),
            "the package's directory is not complete",
        )?;
        is_tight(&archive, &headers)?;

        let mut files = BTreeMap::new();
        let (mut remark, mut left) = (None, DOCUMENTS);
        for header in &headers {
            let file = named(header)?;
            let most = if [MANIFEST, SIGNATURES].contains(&file.as_str()) {
                XML
            } else {
                left
            };
            let content = unpacked(&archive, header, most)?;
            if file == MIMETYPE {
                is_mimetype(&archive, header, &content)?;
                remark =
                    Some("the package has a mimetype entry, which Posten's clients do not write");
                continue;
            }
            if ![MANIFEST, SIGNATURES].contains(&file.as_str()) {
                left = left.saturating_sub(content.len() as u64);
            }
            ensure(
                files.insert(file, content.into()).is_none(),
                "two files of the package have one name",
            )?;
        }
        Ok(Self { files, remark })
    }
}

/// A relative name of a file, whichever way it is decoded.
fn named(header: &ZipFileHeaderRecord<'_>) -> Result<String, Invalid> {
    let path = header.file_path();
    let written = std::str::from_utf8(path.as_bytes());
    let written = written.map_err(|_| Invalid::new("a file's name is not UTF-8"))?;
    let meant = name::meant(written);
    for name in [written, &meant] {
        let is_relative = !name.is_empty()
            && !name.contains(['\\', ':', '\0'])
            && name.split('/').all(|part| !["", ".", ".."].contains(&part));
        ensure(is_relative, "a file's name is not a plain relative path")?;
    }
    Ok(meant)
}

fn unpacked(
    archive: &ZipSliceArchive<&[u8]>,
    header: &ZipFileHeaderRecord<'_>,
    most: u64,
) -> Result<Vec<u8>, Invalid> {
    let broken = || Invalid::new("a file of the package cannot be unpacked");
    ensure(
        !header.flags().is_encrypted(),
        "a file of the package is encrypted",
    )?;
    let entry = archive
        .get_entry(header.wayfinder())
        .map_err(|_| broken())?;
    ensure(
        entry.local_header().file_path().as_bytes() == header.file_path().as_bytes(),
        "a file has two names in the package",
    )?;
    let packed: Box<dyn Read> = match header.compression_method() {
        CompressionMethod::STORE => Box::new(entry.data()),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(entry.data())),
        _ => return Err(broken()),
    };
    // One byte above the limit shows whether there are more.
    let mut content = Vec::new();
    let mut checked = entry.verifying_reader(packed).take(most.saturating_add(1));
    checked.read_to_end(&mut content).map_err(|_| broken())?;
    ensure(content.len() as u64 <= most, "the package is too large")?;
    Ok(content)
}

/// ETSI TS 102 918: the first entry, neither packed nor with an extra field.
fn is_mimetype(
    archive: &ZipSliceArchive<&[u8]>,
    header: &ZipFileHeaderRecord<'_>,
    content: &[u8],
) -> Result<(), Invalid> {
    let entry = archive.get_entry(header.wayfinder());
    let is_plain = entry.is_ok_and(|entry| {
        let local = entry.local_header();
        local.compression_method() == CompressionMethod::STORE
            && local.extra_fields().next().is_none()
    });
    let is_first = header.local_header_offset() == 0;
    ensure(
        is_plain && is_first && content == CONTAINER,
        "mimetype is not as it should be",
    )
}

/// Checks that no byte is before the first file, after the end, or in two files.
fn is_tight(
    archive: &ZipSliceArchive<&[u8]>,
    headers: &[ZipFileHeaderRecord<'_>],
) -> Result<(), Invalid> {
    let mut ranges = Vec::new();
    for header in headers {
        let entry = archive.get_entry(header.wayfinder());
        let entry = entry.map_err(|_| Invalid::new("a file of the package is not there"))?;
        let (_, end) = entry.compressed_data_range();
        ranges.push((header.local_header_offset(), end));
    }
    ranges.sort_unstable();
    let ends = ranges.iter().map(|(_, end)| *end);
    let starts = ranges.iter().map(|(start, _)| *start).skip(1);
    let starts = starts.chain([archive.directory_offset()]);
    let holds = ranges.first().is_some_and(|(start, _)| *start == 0)
        && ends.zip(starts).all(|(end, start)| end <= start)
        && archive.end_offset() == archive.get_ref().len() as u64;
    ensure(
        holds,
        "files of the package overlap, or something is around them",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use rawzip::ZipArchiveWriter;

    use super::*;

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut bytes);
        for (name, content) in files {
            let new = archive.new_file(name);
            let (mut entry, config) = new
                .compression_method(CompressionMethod::DEFLATE)
                .start()
                .unwrap();
            let packer = DeflateEncoder::new(&mut entry, Compression::best());
            let mut writer = config.wrap(packer);
            writer.write_all(content).unwrap();
            let (packer, descriptor) = writer.finish().unwrap();
            packer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        bytes
    }

    /// A damaged or truncated archive is refused, or its files are read unchanged.
    #[test]
    fn any_byte_may_be_wrong_and_any_rest_missing() {
        let good = packed(&[("a.pdf", b"one document"), ("manifest.xml", b"<manifest/>")]);
        let files = Archive::read(&good).unwrap().files;
        assert_eq!(files.keys().collect::<Vec<_>>(), ["a.pdf", "manifest.xml"]);
        for index in 0..good.len() {
            assert!(Archive::read(&good[..index]).is_err(), "{index}");
            for flip in [1, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[index] ^= flip;
                if let Ok(read) = Archive::read(&bad) {
                    let contents = read.files.values().eq(files.values());
                    assert!(contents, "{index}: the checksum has not seen it");
                }
            }
        }
    }

    /// Covers a file that states a small size and unpacks to a large one.
    #[test]
    fn what_unpacks_to_too_much_is_not_unpacked_to_its_end() {
        let bomb = vec![0; 64 * 1024 * 1024];
        let bytes = packed(&[("a.pdf", &bomb)]);
        assert!(bytes.len() < 100_000);
        let refused = Archive::read(&bytes).unwrap_err();
        assert_eq!(refused, Invalid::new("the package is too large"));
        // Many small ones count together.
        let half = vec![b' '; 6 * 1024 * 1024];
        let two = packed(&[("a.pdf", &half), ("b.pdf", &half)]);
        assert!(Archive::read(&two).is_err());
        let names: Vec<String> = (0..24).map(|index| format!("{index}.pdf")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let refused = Archive::read(&packed(&many)).unwrap_err();
        assert_eq!(refused, Invalid::new("the package has too many files"));
    }
}
