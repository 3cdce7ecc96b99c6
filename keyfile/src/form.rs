//! Forms of a private key in DER.

/// Form of an unencrypted private key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyForm {
    /// `PrivateKeyInfo` (RFC 5208, RFC 5958).
    Pkcs8,
    /// `RSAPrivateKey` (RFC 8017, appendix A.1.2).
    Pkcs1,
    /// `ECPrivateKey` (RFC 5915).
    Sec1,
}

impl KeyForm {
    /// Returns the format according to the first two members of the sequence, whatever the label
    /// is; `None` for other content.
    pub fn detect(der: &[u8]) -> Option<Self> {
        let content = match der {
            [0x30, length, rest @ ..] if *length < 0x80 => rest,
            [0x30, length, rest @ ..] => rest.get(usize::from(length & 0x7f)..)?,
            _ => return None,
        };
        // Version 0 or 1, then an algorithm, a modulus or a secret.
        match content {
            [0x02, 0x01, 0 | 1, 0x30, ..] => Some(Self::Pkcs8),
            [0x02, 0x01, 0 | 1, 0x02, ..] => Some(Self::Pkcs1),
            [0x02, 0x01, 1, 0x04, ..] => Some(Self::Sec1),
            _ => None,
        }
    }
}
