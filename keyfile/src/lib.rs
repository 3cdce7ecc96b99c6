//! Reader of PEM (RFC 7468) for certificates, private keys and revocation lists.
//!
//! The host, the components and the doctor use this one reader, so that a file which one of them reads is read by all
//! of them, and a file which one refuses is refused by all with the same cause (decision 0026).
//!
//! Forms that are wrong but unambiguous (a byte order mark, one line, indented lines, quotes) are read and reported as an
//! [`Deviation`]; everything else is a [`Fault`]. Neither contains any byte of the input.
//!
//! # Examples
//!
//! ```
//! let pem = keyfile::Pem::read(b"-----BEGIN CERTIFICATE-----\nbGVhZg==\n-----END CERTIFICATE-----\n");
//! assert_eq!(pem.certificates().unwrap(), [b"leaf"]);
//! ```

mod block;
mod body;
mod encoding;
mod form;

use std::fmt::{self, Debug, Formatter};

use thiserror::Error;

pub use form::KeyForm;

/// Contents of a PEM file or text.
#[derive(Debug, Default)]
pub struct Pem {
    /// Readable blocks, in the order of the file.
    pub blocks: Vec<Block>,
    /// Blocks that cannot be read.
    pub faults: Vec<Fault>,
    /// Deviations from the usual form that do not prevent reading, each once.
    pub oddities: Vec<Deviation>,
}

/// Block of PEM: the content between a BEGIN and an END line.
#[derive(Clone, Eq, PartialEq)]
pub struct Block {
    /// Kind, by the label.
    pub kind: Kind,
    /// Encapsulated headers (RFC 1421), such as `DEK-Info` of a key that OpenSSL's traditional form encrypts.
    pub headers: Vec<(String, String)>,
    /// Decoded content. It may be secret.
    pub der: Vec<u8>,
}

/// Kind of a block, by its label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `CERTIFICATE`, or its old name `X509 CERTIFICATE`.
    Certificate,
    /// `TRUSTED CERTIFICATE`: OpenSSL's own format, a certificate followed by trust settings.
    TrustedCertificate,
    /// `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`, not encrypted.
    PrivateKey,
    /// `ENCRYPTED PRIVATE KEY`: PKCS#8.
    EncryptedPrivateKey,
    /// A private key that is encrypted by its headers (`Proc-Type: 4,ENCRYPTED`).
    TraditionallyEncryptedKey,
    /// `X509 CRL`.
    RevocationList,
    /// Any other label.
    Other,
}

/// Deviation from the usual form that does not prevent reading. Other programs may stop at it.
#[derive(Clone, Copy, Debug, Eq, Error, Ord, PartialEq, PartialOrd)]
pub enum Deviation {
    /// UTF-8 with a byte order mark.
    #[error("a byte order mark")]
    ByteOrderMark,
    /// UTF-16.
    #[error("UTF-16")]
    Utf16,
    /// Base64 on the line of BEGIN or END.
    #[error("no line breaks")]
    OneLine,
    /// Literal `\n` in place of line breaks.
    #[error("\\n in place of line breaks")]
    EscapedLineBreaks,
    /// Blanks before the text of a line.
    #[error("indented lines")]
    Indented,
    /// Quotation marks or `>` around lines.
    #[error("quoted lines")]
    Quoted,
    /// Other text on the line of a boundary.
    #[error("other text on the first or last line of a block")]
    TextOnBoundary,
    /// Characters outside ASCII inside a block.
    #[error("characters outside ASCII inside a block")]
    NotAscii,
    /// Lines of another length than 64 characters.
    #[error("lines that are not 64 characters long")]
    LineLength,
    /// Missing or superfluous `=` at the end.
    #[error("wrong padding")]
    Padding,
}

impl Deviation {
    /// Returns whether lenient readers accept it as well (RFC 7468 §3, `laxbase64text`).
    pub const fn is_common(self) -> bool {
        matches!(self, Self::LineLength)
    }
}

/// Cause for which a block cannot be read.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// A BEGIN line without its END line.
    #[error("line {0}: the block has no END line")]
    NoEnd(usize),
    /// An END line of another label, or without BEGIN.
    #[error("line {0}: an END line that does not fit its block")]
    End(usize),
    /// A boundary that is not of five hyphens, BEGIN or END, label, five hyphens.
    #[error("line {0}: the first line of the block is not five hyphens, its name and five hyphens")]
    Boundary(usize),
    /// Character that base64 does not have.
    #[error("line {0}: a character that does not belong in base64")]
    Character(usize),
    /// Base64 whose length is not a multiple of four characters.
    #[error("line {0}: the base64 is not complete")]
    Base64(usize),
    /// Empty block.
    #[error("line {0}: the block is empty")]
    Empty(usize),
    /// Headers without the empty line that ends them.
    #[error("line {0}: the headers do not end")]
    Headers(usize),
}

/// Cause for which a file has no usable certificates or no usable key. It contains nothing of the file.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PemError {
    /// A block that cannot be read.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// File without a certificate.
    #[error("no certificate in PEM")]
    NoCertificate,
    /// A certificate in OpenSSL's own form.
    #[error("TRUSTED CERTIFICATE is OpenSSL's own form; convert it with `openssl x509`")]
    TrustedCertificate,
    /// File without a private key.
    #[error("no private key in PEM (PKCS#8, PKCS#1 or SEC1)")]
    NoPrivateKey,
    /// A private key that is encrypted.
    #[error("the private key is encrypted; encrypted keys are not supported")]
    Encrypted,
    /// A key block whose content is neither PKCS#8, PKCS#1 nor SEC1.
    #[error("the private key is neither PKCS#8, PKCS#1 nor SEC1")]
    NotAKey,
    /// No revocation list.
    #[error("no revocation list (X509 CRL) in PEM")]
    NoRevocationList,
}

impl Pem {
    /// Reads the bytes of a file: ASCII, UTF-8 with or without a byte order mark, UTF-16, or any other encoding that
    /// agrees with ASCII. Text outside the blocks is ignored (RFC 7468 §2).
    pub fn read(bytes: &[u8]) -> Self {
        let mut pem = Self::default();
        let text = encoding::ascii(bytes, &mut pem.oddities);
        block::read_all(&text, &mut pem);
        pem.oddities.sort_unstable();
        pem.oddities.dedup();
        pem
    }

    /// Returns whether there is anything of PEM, readable or not.
    pub const fn is_pem(&self) -> bool {
        !self.blocks.is_empty() || !self.faults.is_empty()
    }

    /// Returns the DER of every certificate; at least one.
    ///
    /// # Errors
    ///
    /// Returns [`PemError`] if there is none, or if any block of the file cannot be read.
    pub fn certificates(&self) -> Result<Vec<&[u8]>, PemError> {
        self.without_faults()?;
        if self.has(Kind::TrustedCertificate) {
            return Err(PemError::TrustedCertificate);
        }
        let found: Vec<&[u8]> = self.of_kind(Kind::Certificate).collect();
        if found.is_empty() {
            return Err(PemError::NoCertificate);
        }
        Ok(found)
    }

    /// Returns the form and the DER of every private key that is not encrypted; at least one.
    ///
    /// # Errors
    ///
    /// Returns [`PemError`] if there is none, or if any block of the file cannot be read.
    pub fn private_keys(&self) -> Result<Vec<(KeyForm, &[u8])>, PemError> {
        self.without_faults()?;
        let found = self.of_kind(Kind::PrivateKey);
        let found = found.map(|der| KeyForm::detect(der).map(|form| (form, der)));
        let found: Option<Vec<_>> = found.collect();
        match found {
            None => Err(PemError::NotAKey),
            Some(found) if !found.is_empty() => Ok(found),
            Some(_)
                if self.has(Kind::EncryptedPrivateKey)
                    || self.has(Kind::TraditionallyEncryptedKey) =>
            {
                Err(PemError::Encrypted)
            }
            Some(_) => Err(PemError::NoPrivateKey),
        }
    }

    /// Returns the DER of every revocation list; at least one.
    ///
    /// # Errors
    ///
    /// Returns [`PemError`] if there is none, or if any block of the file cannot be read.
    pub fn revocation_lists(&self) -> Result<Vec<&[u8]>, PemError> {
        self.without_faults()?;
        let found: Vec<&[u8]> = self.of_kind(Kind::RevocationList).collect();
        if found.is_empty() {
            return Err(PemError::NoRevocationList);
        }
        Ok(found)
    }

    fn without_faults(&self) -> Result<(), PemError> {
        match self.faults.first() {
            Some(fault) => Err((*fault).into()),
            None => Ok(()),
        }
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &[u8]> {
        let blocks = self.blocks.iter().filter(move |block| block.kind == kind);
        blocks.map(|block| block.der.as_slice())
    }

    fn has(&self, kind: Kind) -> bool {
        self.blocks.iter().any(|block| block.kind == kind)
    }
}

impl Debug for Block {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Block({:?}, …)", self.kind)
    }
}

#[cfg(test)]
mod tests;
