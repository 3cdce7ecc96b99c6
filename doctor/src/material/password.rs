//! Passwords: files that hold one, and the encodings under which programs use it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use innsyn_core::secret::Secret;

use crate::language::Bilingual;

/// Password of an encrypted file.
pub(crate) type Password = Secret<String>;

/// Encoding of a password as bytes.
pub(crate) struct PasswordEncoding {
    /// UTF-8, as PKCS#5 requires.
    utf8: Secret<Vec<u8>>,
    /// `BMPString` with its terminator, or empty: PKCS#12.
    bmp: Secret<Vec<u8>>,
    /// Name of the encoding, if it is not the password as given.
    pub(crate) name: Option<Bilingual>,
}

impl PasswordEncoding {
    /// Returns the encoding for PKCS#5.
    pub(crate) fn utf8(&self) -> &[u8] {
        self.utf8.expose()
    }

    /// Returns the encoding for PKCS#12.
    pub(crate) fn bmp(&self) -> &[u8] {
        self.bmp.expose()
    }

    /// Encodes `text`. Characters beyond the basic plane become two units, as in OpenSSL and Java.
    fn new(text: &str, name: Option<Bilingual>) -> Self {
        let units = text.encode_utf16().chain([0]);
        Self {
            utf8: Secret::new(text.as_bytes().to_vec()),
            bmp: Secret::new(units.flat_map(u16::to_be_bytes).collect()),
            name,
        }
    }

    /// Encodes the absence of a password, which PKCS#12 distinguishes from an empty one.
    const fn none() -> Self {
        Self {
            utf8: Secret::new(Vec::new()),
            bmp: Secret::new(Vec::new()),
            name: None,
        }
    }
}

/// Returns the encodings to try, that of the password as given first. Without a password these are the empty ones.
pub(crate) fn encodings(password: Option<&Password>) -> Vec<PasswordEncoding> {
    let text = password.map_or("", |password| password.expose());
    let mut encodings = vec![PasswordEncoding::new(text, None)];
    if text.is_empty() {
        encodings.push(PasswordEncoding::none());
        return encodings;
    }
    let mut more = |other: String, nb: &str, en: &str| {
        if encodings.iter().all(|form| form.utf8() != other.as_bytes()) {
            encodings.push(PasswordEncoding::new(&other, Some(Bilingual::new(nb, en))));
        }
    };
    let composed = ComposingNormalizer::new_nfc().normalize(text).into_owned();
    more(
        composed,
        "sammensatte tegn (NFC)",
        "composed characters (NFC)",
    );
    let decomposed = DecomposingNormalizer::new_nfd()
        .normalize(text)
        .into_owned();
    more(
        decomposed,
        "oppdelte tegn (NFD)",
        "decomposed characters (NFD)",
    );
    // OpenSSL before 1.1 took each byte for a character.
    let bytewise: String = text.bytes().map(char::from).collect();
    more(
        bytewise,
        "UTF-8 lest byte for byte, som av gamle OpenSSL",
        "UTF-8 read byte by byte, as old OpenSSL does",
    );
    encodings
}

/// Reads a password from a file in UTF-8, UTF-16 or Latin-1, without line breaks at the end.
///
/// # Errors
///
/// If the file cannot be read.
pub(crate) fn read(path: &Path) -> anyhow::Result<Password> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let text = decode(&bytes);
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn decode(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, _) = rest.as_chunks::<2>();
        let units = units.iter().map(|pair| unit(*pair));
        char::decode_utf16(units)
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_any_encoding_is_the_same_password() {
        for bytes in [
            "pæ".as_bytes(),
            "\u{feff}pæ\r\n".as_bytes(),
            &[0xFF, 0xFE, b'p', 0, 0xE6, 0, b'\n', 0],
            &[0xFE, 0xFF, 0, b'p', 0, 0xE6],
            b"p\xE6\n",
        ] {
            let text = decode(bytes);
            assert_eq!(text.trim_end_matches(['\r', '\n']), "pæ", "{bytes:?}");
        }
    }

    #[test]
    fn every_encoding_is_tried_once() {
        let encoded = |text: &str| {
            let password = Secret::new(text.to_owned());
            let encodings = encodings(Some(&password)).into_iter();
            encodings
                .map(|form| form.utf8().to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(encoded("plain"), [b"plain".to_vec()]);
        assert_eq!(encoded("é").len(), 3);
        assert_eq!(encoded("e\u{301}").len(), 3);
        let emoji = encodings(Some(&Secret::new("😀".to_owned())));
        assert_eq!(emoji[0].bmp(), [0xD8, 0x3D, 0xDE, 0x00, 0, 0]);
        let none = encodings(None);
        assert_eq!(
            none.iter().map(|form| form.bmp().len()).collect::<Vec<_>>(),
            [2, 0]
        );
    }
}
