//! As much of a PDF as can be told without reading it.

use super::Rule;

/// Whether Posten would take it: its version, and that it is not encrypted.
pub(super) fn check(content: &[u8]) -> Result<(), Rule> {
    let version = content.strip_prefix(b"%PDF-").ok_or(Rule::NotPdf)?;
    if !matches!(version, [b'1', b'.', b'1'..=b'7', ..]) {
        return Err(Rule::PdfVersion);
    }
    if is_encrypted(content) {
        return Err(Rule::PdfEncrypted);
    }
    Ok(())
}

/// Whether a trailer has the entry `Encrypt` (ISO 32000-1 §7.6.1), which is never compressed: a reference such as
/// `12 0 R`, or a dictionary.
fn is_encrypted(content: &[u8]) -> bool {
    const ENTRY: &[u8] = b"/Encrypt";
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let places = memchr::memmem::find_iter(content, ENTRY);
    places
        .filter_map(|place| content.get(place.saturating_add(ENTRY.len())..))
        .any(|after| {
            let blanks = after.iter().take_while(|byte| is_blank(byte)).count();
            match after.get(blanks..) {
                Some([b'<', b'<', ..]) => true,
                Some(reference) => blanks > 0 && is_reference(reference),
                None => false,
            }
        })
}

/// `12 0 R`
fn is_reference(text: &[u8]) -> bool {
    let text = text.get(..32).unwrap_or(text);
    let mut words = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let mut number = || {
        words
            .next()
            .is_some_and(|word| word.iter().all(u8::is_ascii_digit))
    };
    number() && number() && words.next().is_some_and(|word| word.starts_with(b"R"))
}
