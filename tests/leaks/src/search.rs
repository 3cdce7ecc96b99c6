//! Search for a secret, whole or in part, in any form that a program may write it in.

use std::collections::HashSet;

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};

/// Length of a leak, in bytes: any shorter match is ignored.
const WINDOW: usize = 8;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Secret that must not appear.
pub struct Secret {
    /// Secret as written in its file or setting.
    pub text: String,
    /// Secret parts, in windows of eight bytes and in lower case.
    windows: HashSet<[u8; WINDOW]>,
}

impl Secret {
    /// Creates a secret from a password, a token, or a key in base64. Both the text and the decoded
    /// bytes are secret.
    pub fn new(text: &str) -> Self {
        let mut secret = Self {
            text: text.to_owned(),
            windows: HashSet::new(),
        };
        secret.add(text.as_bytes());
        if let Some(bytes) = decoded(text) {
            secret.add(&bytes);
        }
        secret
    }

    /// Creates a secret from a private key in PEM, without its marks and the first bytes, which are
    /// the same in every key.
    pub fn pem(text: &str) -> Self {
        let mut secret = Self {
            text: text.to_owned(),
            windows: HashSet::new(),
        };
        let body: String = text
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        secret.add(&body.as_bytes()[48..]);
        secret.add(&decoded(&body).expect("base64")[36..]);
        secret
    }

    /// Adds bytes that are secret too, such as the content of a PKCS#12 file.
    #[must_use]
    pub fn and(mut self, bytes: &[u8]) -> Self {
        self.add(bytes);
        self
    }

    fn add(&mut self, bytes: &[u8]) {
        let small = bytes.to_ascii_lowercase();
        self.windows.extend(windows(bytes).chain(windows(&small)));
    }

    /// Fails if `written` has eight bytes of the secret in a row: plain, in base64, in hexadecimal
    /// or in decimal numbers.
    #[track_caller]
    pub fn expect_unseen(&self, place: &str, written: &str) {
        if let Some(form) = self.seen(written) {
            panic!("{place}: the secret is seen in {form}:\n{written}");
        }
    }

    /// Returns the form in which `written` has the secret, if any.
    pub fn seen(&self, written: &str) -> Option<&'static str> {
        let has = |bytes: &[u8]| {
            let small = bytes.to_ascii_lowercase();
            windows(bytes)
                .chain(windows(&small))
                .any(|window| self.windows.contains(&window))
        };
        // Wrapped or escaped text is joined again.
        let joined: String = written
            .replace("\\n", "")
            .replace("\\r", "")
            .split_whitespace()
            .collect();
        if has(written.as_bytes()) || has(joined.as_bytes()) {
            return Some("plain");
        }
        if base64s(&joined).iter().any(|bytes| has(bytes)) {
            return Some("base64");
        }
        if hexadecimals(written).iter().any(|bytes| has(bytes)) {
            return Some("hexadecimal");
        }
        decimals(written)
            .iter()
            .any(|bytes| has(bytes))
            .then_some("decimal")
    }
}

fn windows(bytes: &[u8]) -> impl Iterator<Item = [u8; WINDOW]> {
    bytes
        .windows(WINDOW)
        .map(|window| window.try_into().expect("eight"))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let standard: String = text
        .trim()
        .chars()
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    LENIENT.decode(standard).ok()
}

/// Decodes each run of base64, from each of its first four characters.
fn base64s(text: &str) -> Vec<Vec<u8>> {
    let is_one = |character: char| character.is_ascii_alphanumeric() || "+/-_".contains(character);
    let runs = text.split(|character| !is_one(character));
    let runs = runs.filter(|run| run.len() > WINDOW);
    runs.flat_map(|run| (0..4).filter_map(|start| decoded(whole(run.get(start..)?))))
        .collect()
}

/// Drops a last character that encodes no whole byte.
fn whole(run: &str) -> &str {
    if run.len() % 4 == 1 {
        &run[..run.len() - 1]
    } else {
        run
    }
}

/// Decodes each run of hexadecimal digits, with or without separators between the pairs.
fn hexadecimals(text: &str) -> Vec<Vec<u8>> {
    let text = text.replace("0x", "").replace("\\x", "");
    let digits: Vec<Option<u8>> = text
        .chars()
        .filter(|character| !":, -".contains(*character))
        .map(|character| {
            character
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let runs = digits.split(Option::is_none);
    runs.flat_map(|run| {
        let run: Vec<u8> = run.iter().copied().flatten().collect();
        (0..2).map(move |start| {
            run.get(start..)
                .unwrap_or_default()
                .chunks_exact(2)
                .map(|pair| (pair[0] << 4) | pair[1])
                .collect()
        })
    })
    .collect()
}

/// Decodes each list of numbers below 256.
fn decimals(text: &str) -> Vec<Vec<u8>> {
    let mut lists = vec![Vec::new()];
    for word in text.split(|character: char| !character.is_ascii_alphanumeric()) {
        match word.parse::<u8>() {
            Ok(byte) => lists.last_mut().expect("one").push(byte),
            Err(_) if word.is_empty() => {}
            Err(_) => lists.push(Vec::new()),
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    const SECRET: &str = "Kx9!fjord-og-fjell-2026";

    #[test]
    fn every_form_is_seen_in_part_too() {
        let secret = Secret::new(SECRET);
        let part = &SECRET.as_bytes()[5..14];
        for before in ["", "x", "xy", "xyz"] {
            let with = [before.as_bytes(), part].concat();
            let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02X}")).collect();
            let colons: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
            for (form, written) in [
                (
                    "plain",
                    format!("a {before}{} b", String::from_utf8_lossy(part)),
                ),
                ("plain", format!("a {} b", SECRET.to_uppercase())),
                ("base64", format!("a={}, b", STANDARD.encode(&with))),
                ("base64", format!("a={}, b", URL_SAFE_NO_PAD.encode(&with))),
                ("hexadecimal", format!("({before}0{})", hex.concat())),
                ("hexadecimal", format!("({before} {})", colons.join(":"))),
                ("decimal", format!("{before}: {part:?}")),
                ("decimal", format!("{before}: {part:#?}")),
            ] {
                assert_eq!(secret.seen(&written), Some(form), "{written}");
            }
        }
        for written in ["", "fjord-o", "the key cannot be read", "[1, 2, 3]"] {
            assert_eq!(secret.seen(written), None, "{written}");
        }
    }

    #[test]
    fn what_a_key_stands_for_is_secret_too() {
        let bytes: Vec<u8> = (0..32).map(|byte| byte * 7).collect();
        let secret = Secret::new(&URL_SAFE_NO_PAD.encode(&bytes));
        assert_eq!(
            secret.seen(&format!("{:?}", &bytes[9..20])),
            Some("decimal")
        );
        assert_eq!(secret.seen(&secret.text), Some("plain"));
    }
}
