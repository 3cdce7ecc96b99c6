//! Character encodings: everything outside ASCII becomes one placeholder.

use std::borrow::Cow;

use crate::Deviation;

/// Reads a unit of UTF-16 in a byte order.
type Unit = fn([u8; 2]) -> u16;

/// Placeholder for any character outside ASCII.
pub(crate) const OTHER: u8 = 0x80;

/// Returns the ASCII of `bytes`, with placeholders for everything else.
pub(crate) fn ascii<'a>(bytes: &'a [u8], oddities: &mut Vec<Deviation>) -> Cow<'a, [u8]> {
    let (rest, unit): (&[u8], Unit) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            oddities.push(Deviation::ByteOrderMark);
            return Cow::Borrowed(rest);
        }
        [0xFF, 0xFE, rest @ ..] => (rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => (rest, u16::from_be_bytes),
        _ if has(bytes, b"-\0-\0-\0B\0E\0G\0I\0N") && starts_with_high_byte(bytes) => {
            (bytes, u16::from_be_bytes)
        }
        _ if has(bytes, b"-\0-\0-\0B\0E\0G\0I\0N") => (bytes, u16::from_le_bytes),
        _ => return Cow::Borrowed(bytes),
    };
    oddities.push(Deviation::Utf16);
    let (units, _) = rest.as_chunks::<2>();
    let text = units.iter().map(|pair| {
        let character = u8::try_from(unit(*pair)).ok();
        character.filter(u8::is_ascii).unwrap_or(OTHER)
    });
    Cow::Owned(text.collect())
}

/// Returns whether the zero bytes of UTF-16 stand in the even places, as in big-endian text.
fn starts_with_high_byte(bytes: &[u8]) -> bool {
    let zeros = |offset: usize| {
        let places = bytes.iter().skip(offset).step_by(2);
        places.filter(|byte| **byte == 0).count()
    };
    zeros(0) > zeros(1)
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
