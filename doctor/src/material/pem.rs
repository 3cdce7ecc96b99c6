//! Reader of PEM into [`FileContents`], with the reader of the app and the host: oddities and faults are findings.

use keyfile::{Block, Deviation, Fault, Kind, Pem};

use super::file_contents::FileContents;
use super::password::Password;
use super::pbe;
use super::private_key::PrivateKey;
use crate::catalogue::file::F09;
use crate::finding::{Finding, Severity};
use crate::language::{Bilingual, Language};

impl FileContents {
    /// Reads a text in PEM.
    pub(crate) fn from_pem(text: &str) -> Self {
        let mut contents = Self::default();
        contents.add_pem(&Pem::read(text.as_bytes()), None);
        contents
    }

    /// Adds the certificates and keys of `pem`.
    pub(super) fn add_pem(&mut self, pem: &Pem, password: Option<&Password>) {
        self.is_pem = true;
        self.findings.extend(oddities_finding(&pem.oddities));
        let faults = pem.faults.iter();
        let faults = faults.map(|fault| F09.finding([fault_text(*fault)]));
        self.findings.extend(faults);
        // A block that cannot be read may be a certificate or a key, so neither is missing.
        if !pem.faults.is_empty() {
            self.has_certificate = true;
            self.has_key_block = true;
        }
        for block in &pem.blocks {
            self.add_block(block, password);
        }
    }

    fn add_block(&mut self, block: &Block, password: Option<&Password>) {
        let mut unexpected = |what: Bilingual| self.findings.push(F09.finding([what]));
        match block.kind {
            Kind::TraditionallyEncryptedKey => {
                let mut headers = block.headers.iter();
                let info = headers.find(|(name, _)| name == "DEK-Info");
                let info = info.map_or("", |(_, value)| value.as_str());
                self.add_encrypted_key(password, |encoding| {
                    pbe::open_traditional(info, &block.der, encoding)
                });
            }
            Kind::EncryptedPrivateKey => {
                self.add_encrypted_key(password, |encoding| pbe::open_key(&block.der, encoding));
            }
            Kind::PrivateKey => {
                self.has_key_block = true;
                match PrivateKey::read(&block.der, None) {
                    Some(key) => self.keys.push(key),
                    None => unexpected(Bilingual::new(
                        "nøkkelen kan ikke leses",
                        "the key cannot be read",
                    )),
                }
            }
            Kind::Certificate => self.add_certificate(&block.der),
            Kind::TrustedCertificate => {
                unexpected("TRUSTED CERTIFICATE".into());
                // OpenSSL's additions follow the certificate.
                self.add_certificate(first_value(&block.der).unwrap_or(&block.der));
            }
            Kind::Other | Kind::RevocationList => {}
        }
    }
}

/// Returns the first DER value of several.
fn first_value(der: &[u8]) -> Option<&[u8]> {
    let (rest, _) = x509_parser::parse_x509_certificate(der).ok()?;
    der.get(..der.len().checked_sub(rest.len())?)
}

/// Returns one finding for all oddities, which the app and the host accept and other programs may not.
fn oddities_finding(oddities: &[Deviation]) -> Option<Finding> {
    let words: Vec<Bilingual> = oddities.iter().copied().map(oddity_text).collect();
    let in_language = |language| {
        let words: Vec<&str> = words.iter().map(|text| text.get(language)).collect();
        words.join(", ")
    };
    let level = if oddities.iter().all(|oddity| oddity.is_common()) {
        Severity::Info
    } else {
        Severity::Warning
    };
    let all = Bilingual::new(in_language(Language::Nb), in_language(Language::En));
    (!oddities.is_empty()).then(|| F09.finding([all]).at_most(level))
}

/// Returns the description of an oddity.
fn oddity_text(oddity: Deviation) -> Bilingual {
    let norwegian = match oddity {
        Deviation::ByteOrderMark => "BOM først",
        Deviation::Utf16 => "UTF-16",
        Deviation::OneLine => "uten linjeskift",
        Deviation::EscapedLineBreaks => "\\n i stedet for linjeskift",
        Deviation::Indented => "innrykkede linjer",
        Deviation::Quoted => "linjer i anførselstegn",
        Deviation::TextOnBoundary => "annen tekst på en BEGIN- eller END-linje",
        Deviation::NotAscii => "tegn utenfor ASCII inne i en blokk",
        Deviation::LineLength => "linjer som ikke er 64 tegn",
        Deviation::Padding => "feil utfylling på slutten",
    };
    Bilingual::new(norwegian, oddity.to_string())
}

/// Returns the description of a fault.
fn fault_text(fault: Fault) -> Bilingual {
    let norwegian = match fault {
        Fault::NoEnd(line) => format!("linje {line}: BEGIN uten END"),
        Fault::End(line) => format!("linje {line}: END passer ikke til BEGIN"),
        Fault::Boundary(line) => format!("linje {line}: BEGIN-linjen er ikke -----BEGIN …-----"),
        Fault::Character(line) => format!("linje {line}: et tegn som ikke hører til base64"),
        Fault::Base64(line) => format!("linje {line}: base64 er ikke hel"),
        Fault::Empty(line) => format!("linje {line}: blokken er tom"),
        Fault::Headers(line) => format!("linje {line}: hodet tar ikke slutt"),
    };
    Bilingual::new(norwegian, fault.to_string())
}
