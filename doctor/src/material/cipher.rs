//! Ciphers of encrypted keys and PKCS#12.

use aes::{Aes128, Aes192, Aes256};
use aria::{Aria128, Aria192, Aria256};
use camellia::{Camellia128, Camellia192, Camellia256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit, StreamCipher,
};
use des::{Des, TdesEde2, TdesEde3};
use rc2::Rc2;
use rc4::Rc4;

use super::ber::Value;
use super::decryption_error::DecryptionError;

/// A cipher in CBC mode.
#[derive(Clone, Copy)]
pub(crate) enum Cipher {
    Aes(usize),
    Aria(usize),
    Camellia(usize),
    Des,
    DoubleDes,
    TripleDes,
    Rc2 { length: usize, bits: usize },
}

impl Cipher {
    /// Reads the encryption scheme of PBES2, and returns it with its initialisation vector.
    pub(crate) fn from_scheme(scheme: &Value) -> Result<(Self, Vec<u8>), DecryptionError> {
        let (oid, parameters) = scheme
            .algorithm()
            .ok_or_else(|| DecryptionError::unknown("?"))?;
        let unknown = || DecryptionError::UnknownAlgorithm(oid.clone());
        let parameters = parameters.ok_or_else(unknown)?;
        let cipher = match oid.as_str() {
            "2.16.840.1.101.3.4.1.2" => Self::Aes(16),
            "2.16.840.1.101.3.4.1.22" => Self::Aes(24),
            "2.16.840.1.101.3.4.1.42" => Self::Aes(32),
            "1.2.392.200011.61.1.1.1.2" => Self::Camellia(16),
            "1.2.392.200011.61.1.1.1.3" => Self::Camellia(24),
            "1.2.392.200011.61.1.1.1.4" => Self::Camellia(32),
            "1.2.410.200046.1.1.2" => Self::Aria(16),
            "1.2.410.200046.1.1.7" => Self::Aria(24),
            "1.2.410.200046.1.1.12" => Self::Aria(32),
            "1.2.840.113549.3.7" => Self::TripleDes,
            "1.3.14.3.2.7" => Self::Des,
            "1.2.840.113549.3.2" => return Self::rc2(&parameters).ok_or_else(unknown),
            _ => return Err(unknown()),
        };
        let iv = parameters.octet_string().ok_or_else(unknown)?;
        Ok((cipher, iv))
    }

    /// Reads the parameters of RC2 (RFC 8018, appendix B.2.3).
    fn rc2(parameters: &Value) -> Option<(Self, Vec<u8>)> {
        let parts = parameters.sequence()?;
        let (version, iv) = match parts.as_slice() {
            [iv] => (None, iv),
            [version, iv] => (Some(version.number()?), iv),
            _ => return None,
        };
        let bits: usize = match version {
            None => 32,
            Some(160) => 40,
            Some(120) => 64,
            Some(58) => 128,
            Some(bits) if bits >= 256 => bits.try_into().ok()?,
            Some(_) => return None,
        };
        let length = bits.div_ceil(8);
        Some((Self::Rc2 { length, bits }, iv.octet_string()?))
    }

    /// Returns the cipher that OpenSSL names `name`.
    pub(crate) fn traditional(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_uppercase().as_str() {
            "AES-128-CBC" => Self::Aes(16),
            "AES-192-CBC" => Self::Aes(24),
            "AES-256-CBC" => Self::Aes(32),
            "ARIA-128-CBC" => Self::Aria(16),
            "ARIA-192-CBC" => Self::Aria(24),
            "ARIA-256-CBC" => Self::Aria(32),
            "CAMELLIA-128-CBC" => Self::Camellia(16),
            "CAMELLIA-192-CBC" => Self::Camellia(24),
            "CAMELLIA-256-CBC" => Self::Camellia(32),
            "DES-CBC" => Self::Des,
            "DES-EDE-CBC" => Self::DoubleDes,
            "DES-EDE3-CBC" => Self::TripleDes,
            "RC2-CBC" => Self::Rc2 {
                length: 16,
                bits: 128,
            },
            _ => return None,
        })
    }

    /// Returns the length of the key in bytes.
    pub(crate) const fn key_length(self) -> usize {
        match self {
            Self::Aes(length)
            | Self::Aria(length)
            | Self::Camellia(length)
            | Self::Rc2 { length, .. } => length,
            Self::Des => 8,
            Self::DoubleDes => 16,
            Self::TripleDes => 24,
        }
    }

    /// Returns the name of the cipher if it is outdated and should no longer be used.
    pub(crate) const fn outdated(self) -> Option<&'static str> {
        match self {
            Self::Aes(_) | Self::Aria(_) | Self::Camellia(_) => None,
            Self::Des => Some("DES"),
            Self::DoubleDes => Some("2DES"),
            Self::TripleDes => Some("3DES"),
            Self::Rc2 { .. } => Some("RC2"),
        }
    }

    /// Decrypts `content` and removes the padding (PKCS#7).
    pub(crate) fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        content: &[u8],
    ) -> Result<Vec<u8>, DecryptionError> {
        match self {
            Self::Aes(16) => cbc::<Aes128>(key, iv, content),
            Self::Aes(24) => cbc::<Aes192>(key, iv, content),
            Self::Aes(_) => cbc::<Aes256>(key, iv, content),
            Self::Aria(16) => cbc::<Aria128>(key, iv, content),
            Self::Aria(24) => cbc::<Aria192>(key, iv, content),
            Self::Aria(_) => cbc::<Aria256>(key, iv, content),
            Self::Camellia(16) => cbc::<Camellia128>(key, iv, content),
            Self::Camellia(24) => cbc::<Camellia192>(key, iv, content),
            Self::Camellia(_) => cbc::<Camellia256>(key, iv, content),
            Self::Des => cbc::<Des>(key, iv, content),
            Self::DoubleDes => cbc::<TdesEde2>(key, iv, content),
            Self::TripleDes => cbc::<TdesEde3>(key, iv, content),
            Self::Rc2 { bits, .. } => {
                let cipher = Rc2::new_with_eff_key_len(key, bits);
                let decryptor = Decryptor::<Rc2>::inner_iv_slice_init(cipher, iv);
                let decryptor = decryptor.map_err(|_| DecryptionError::WrongPassword)?;
                let opened = decryptor.decrypt_padded_vec::<Pkcs7>(content);
                opened.map_err(|_| DecryptionError::WrongPassword)
            }
        }
    }
}

fn cbc<C>(key: &[u8], iv: &[u8], content: &[u8]) -> Result<Vec<u8>, DecryptionError>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let decryptor =
        Decryptor::<C>::new_from_slices(key, iv).map_err(|_| DecryptionError::WrongPassword)?;
    let opened = decryptor.decrypt_padded_vec::<Pkcs7>(content);
    opened.map_err(|_| DecryptionError::WrongPassword)
}

/// Decrypts `content` with RC4.
pub(crate) fn rc4(key: &[u8], content: &[u8]) -> Result<Vec<u8>, DecryptionError> {
    let mut cipher = Rc4::new_from_slice(key).map_err(|_| DecryptionError::WrongPassword)?;
    let mut opened = content.to_vec();
    cipher.apply_keystream(&mut opened);
    Ok(opened)
}
