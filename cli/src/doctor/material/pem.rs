//! PEM, read by the reader of the app and the host: what is odd is named, and what cannot be read is an error.

use super::super::catalogue::file::F09;
use super::super::finding::{Finding, Level};
use super::super::language::{Both, Language};
use super::password::Password;
use super::source::Contents;
use super::{PrivateKey, pbe};
use keyfile::{Block, Fault, Kind, Oddity, Pem};

/// Takes everything that is in `pem`.
pub(super) fn read(pem: &Pem, password: Option<&Password>, contents: &mut Contents) {
    contents.is_pem = true;
    contents.findings.extend(odd(&pem.oddities));
    let faults = pem
        .faults
        .iter()
        .map(|fault| F09.found([fault_words(*fault)]));
    contents.findings.extend(faults);
    // Whatever a block was that cannot be read, it is not missing.
    if !pem.faults.is_empty() {
        contents.has_certificate = true;
        contents.has_key_block = true;
    }
    for block in &pem.blocks {
        take(block, password, contents);
    }
}

fn take(block: &Block, password: Option<&Password>, contents: &mut Contents) {
    let mut unexpected = |what: Both| contents.findings.push(F09.found([what]));
    match block.kind {
        Kind::TraditionallyEncryptedKey => {
            contents.has_key_block = true;
            let mut headers = block.headers.iter();
            let info = headers.find(|(name, _)| name == "DEK-Info");
            let info = info.map_or("", |(_, value)| value.as_str());
            contents.key(password, |form| {
                pbe::open_traditional(info, &block.der, form)
            });
        }
        Kind::EncryptedPrivateKey => {
            contents.has_key_block = true;
            contents.key(password, |form| pbe::open_key(&block.der, form));
        }
        Kind::PrivateKey => {
            contents.has_key_block = true;
            match PrivateKey::read(&block.der, None) {
                Some(key) => contents.keys.push(key),
                None => unexpected(Both::new(
                    "nøkkelen kan ikke leses",
                    "the key cannot be read",
                )),
            }
        }
        Kind::Certificate => contents.certificate(&block.der),
        Kind::TrustedCertificate => {
            unexpected("TRUSTED CERTIFICATE".into());
            // What OpenSSL adds stands behind the certificate.
            match first_value(&block.der) {
                Some(der) => contents.certificate(der),
                None => contents.certificate(&block.der),
            }
        }
        Kind::Other => {}
    }
}

/// The first DER value of several.
fn first_value(der: &[u8]) -> Option<&[u8]> {
    let (rest, _) = x509_parser::parse_x509_certificate(der).ok()?;
    der.get(..der.len().checked_sub(rest.len())?)
}

/// Returns one finding for all oddities: the app and the host read them, other programs may not.
fn odd(oddities: &[Oddity]) -> Option<Finding> {
    let words: Vec<Both> = oddities.iter().copied().map(oddity_words).collect();
    let in_language = |language| {
        let words: Vec<&str> = words
            .iter()
            .map(|both| both.in_language(language))
            .collect();
        words.join(", ")
    };
    let level = if oddities.iter().all(|oddity| oddity.is_common()) {
        Level::Info
    } else {
        Level::Warning
    };
    let all = Both::new(in_language(Language::Nb), in_language(Language::En));
    (!oddities.is_empty()).then(|| F09.found([all]).at_most(level))
}

fn oddity_words(oddity: Oddity) -> Both {
    let norwegian = match oddity {
        Oddity::ByteOrderMark => "BOM først",
        Oddity::Utf16 => "UTF-16",
        Oddity::OneLine => "uten linjeskift",
        Oddity::EscapedLineBreaks => "\\n i stedet for linjeskift",
        Oddity::Indented => "innrykkede linjer",
        Oddity::Quoted => "linjer i anførselstegn",
        Oddity::TextOnBoundary => "annen tekst på en BEGIN- eller END-linje",
        Oddity::NotAscii => "tegn utenfor ASCII inne i en blokk",
        Oddity::LineLength => "linjer som ikke er 64 tegn",
        Oddity::Padding => "feil utfylling på slutten",
    };
    Both::new(norwegian, oddity.to_string())
}

fn fault_words(fault: Fault) -> Both {
    let norwegian = match fault {
        Fault::NoEnd(line) => format!("linje {line}: BEGIN uten END"),
        Fault::End(line) => format!("linje {line}: END passer ikke til BEGIN"),
        Fault::Boundary(line) => format!("linje {line}: BEGIN-linjen er ikke -----BEGIN …-----"),
        Fault::Character(line) => format!("linje {line}: et tegn som ikke hører til base64"),
        Fault::Base64(line) => format!("linje {line}: base64 er ikke hel"),
        Fault::Empty(line) => format!("linje {line}: blokken er tom"),
        Fault::Headers(line) => format!("linje {line}: hodet tar ikke slutt"),
    };
    Both::new(norwegian, fault.to_string())
}
