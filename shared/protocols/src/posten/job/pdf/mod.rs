//! Checks of a PDF without parsing it fully: its version, and whether it is encrypted.

mod dictionary;
#[cfg(test)]
mod tests;

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::Violation;
use dictionary::{Dictionary, Part, Parts};

/// Maximum offset of the header, in bytes. A mail gateway or a printer may put other data in front
/// of it (ISO 32000-1, Annex H, note 13).
const HEADER_WITHIN: usize = 1024;

const HEADER: &[u8] = b"%PDF-";

/// Maximum inflated size of one object stream, in bytes, and of all together. The catalog is
/// usually in one of the first.
const MOST_OF_ONE: u64 = 4 * 1024 * 1024;
const MOST_OF_ALL: u64 = 32 * 1024 * 1024;

/// Major and minor version.
type Version = (u8, u8);

/// Checks that Posten accepts the file: PDF 1.1 to 1.7, and not encrypted.
///
/// # Errors
/// [`Violation::NotPdf`] without a header, [`Violation::PdfVersion`], [`Violation::PdfEncrypted`].
pub(super) fn check(content: &[u8]) -> Result<(), Violation> {
    let beginning = content.get(..HEADER_WITHIN).unwrap_or(content);
    let place = memchr::memmem::find(beginning, HEADER).ok_or(Violation::NotPdf)?;
    let (_, file) = content.split_at(place);
    let header = file.get(HEADER.len()..).and_then(version);
    let mut version = header.ok_or(Violation::PdfVersion)?;

    let mut of_catalog = None;
    // An update appends the objects that it replaces, so the last catalog is the valid one.
    let mut look = |dictionary: &Dictionary<'_>| {
        if dictionary.is_catalog() {
            of_catalog = dictionary.version().as_deref().and_then(self::version);
        }
    };
    let mut left = MOST_OF_ALL;
    for part in Parts::new(file) {
        match part {
            Part::Dictionary(dictionary) if dictionary.encrypts() => {
                return Err(Violation::PdfEncrypted);
            }
            Part::Dictionary(dictionary) => look(&dictionary),
            Part::Objects(data) => {
                let objects = inflated(data, left.min(MOST_OF_ONE));
                left = left.saturating_sub(objects.len() as u64);
                for part in Parts::new(&objects) {
                    if let Part::Dictionary(dictionary) = part {
                        look(&dictionary);
                    }
                }
            }
        }
    }
    // The catalog can raise the version of the header, but not lower it (ISO 32000-1 §7.5.2).
    version = version.max(of_catalog.unwrap_or(version));
    if ((1, 1)..=(1, 7)).contains(&version) {
        Ok(())
    } else {
        Err(Violation::PdfVersion)
    }
}

/// Inflates the data of a stream as far as possible, to at most `most` bytes. The only filter
/// supported is `FlateDecode`, which programs use for objects; data without a filter is returned
/// unchanged.
fn inflated(data: &[u8], most: u64) -> Vec<u8> {
    let mut inflated = Vec::new();
    // An error ends the stream; the data before it is used.
    let _end = ZlibDecoder::new(data).take(most).read_to_end(&mut inflated);
    if inflated.is_empty() {
        inflated.extend(
            data.iter()
                .take(usize::try_from(most).unwrap_or(usize::MAX)),
        );
    }
    inflated
}

/// Parses a version such as `1.7` that no further digit follows.
fn version(text: &[u8]) -> Option<Version> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(10)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    match text {
        [_, b'.', _, b'0'..=b'9', ..] => None,
        [major, b'.', minor, ..] => Some((digit(major)?, digit(minor)?)),
        _ => None,
    }
}
