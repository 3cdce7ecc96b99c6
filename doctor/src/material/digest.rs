//! Hash functions by object identifier, and the derivation of keys from passwords.

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Md5;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1_11::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use super::ber::Value;
use super::decryption_error::DecryptionError;

/// A hash function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

/// Object identifiers of each function and of HMAC with it.
const BY_OID: [(&str, &str, Hash); 12] = [
    ("1.2.840.113549.2.5", "1.2.840.113549.2.6", Hash::Md5),
    ("1.3.14.3.2.26", "1.2.840.113549.2.7", Hash::Sha1),
    ("2.16.840.1.101.3.4.2.4", "1.2.840.113549.2.8", Hash::Sha224),
    ("2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9", Hash::Sha256),
    (
        "2.16.840.1.101.3.4.2.2",
        "1.2.840.113549.2.10",
        Hash::Sha384,
    ),
    (
        "2.16.840.1.101.3.4.2.3",
        "1.2.840.113549.2.11",
        Hash::Sha512,
    ),
    (
        "2.16.840.1.101.3.4.2.5",
        "1.2.840.113549.2.12",
        Hash::Sha512_224,
    ),
    (
        "2.16.840.1.101.3.4.2.6",
        "1.2.840.113549.2.13",
        Hash::Sha512_256,
    ),
    (
        "2.16.840.1.101.3.4.2.7",
        "2.16.840.1.101.3.4.2.13",
        Hash::Sha3_224,
    ),
    (
        "2.16.840.1.101.3.4.2.8",
        "2.16.840.1.101.3.4.2.14",
        Hash::Sha3_256,
    ),
    (
        "2.16.840.1.101.3.4.2.9",
        "2.16.840.1.101.3.4.2.15",
        Hash::Sha3_384,
    ),
    (
        "2.16.840.1.101.3.4.2.10",
        "2.16.840.1.101.3.4.2.16",
        Hash::Sha3_512,
    ),
];

/// Calls a generic function for the hash function that a value names.
macro_rules! with {
    ($hash:expr, $function:ident($($argument:expr),*)) => {
        match $hash {
            Hash::Md5 => $function::<Md5>($($argument),*),
            Hash::Sha1 => $function::<Sha1>($($argument),*),
            Hash::Sha224 => $function::<Sha224>($($argument),*),
            Hash::Sha256 => $function::<Sha256>($($argument),*),
            Hash::Sha384 => $function::<Sha384>($($argument),*),
            Hash::Sha512 => $function::<Sha512>($($argument),*),
            Hash::Sha512_224 => $function::<Sha512_224>($($argument),*),
            Hash::Sha512_256 => $function::<Sha512_256>($($argument),*),
            Hash::Sha3_224 => $function::<Sha3_224>($($argument),*),
            Hash::Sha3_256 => $function::<Sha3_256>($($argument),*),
            Hash::Sha3_384 => $function::<Sha3_384>($($argument),*),
            Hash::Sha3_512 => $function::<Sha3_512>($($argument),*),
        }
    };
}

impl Hash {
    /// Returns the function of an `AlgorithmIdentifier`.
    pub(crate) fn from_identifier(identifier: &Value) -> Result<Self, DecryptionError> {
        let (oid, _) = identifier
            .algorithm()
            .ok_or_else(|| DecryptionError::unknown("?"))?;
        let found = BY_OID.iter().find(|(own, _, _)| *own == oid);
        found
            .map(|(_, _, hash)| *hash)
            .ok_or(DecryptionError::UnknownAlgorithm(oid))
    }

    /// Returns the function of an HMAC's `AlgorithmIdentifier`.
    pub(crate) fn from_hmac_identifier(identifier: &Value) -> Result<Self, DecryptionError> {
        let (oid, _) = identifier
            .algorithm()
            .ok_or_else(|| DecryptionError::unknown("?"))?;
        let found = BY_OID.iter().find(|(_, own, _)| *own == oid);
        found
            .map(|(_, _, hash)| *hash)
            .ok_or(DecryptionError::UnknownAlgorithm(oid))
    }

    /// Returns the length of the output in bytes.
    pub(crate) fn length(self) -> usize {
        with!(self, output_length())
    }

    /// Returns whether `code` is the HMAC of `message`. The comparison takes constant time.
    pub(crate) fn verifies(self, key: &[u8], message: &[u8], code: &[u8]) -> bool {
        with!(self, verify(key, message, code))
    }

    /// Derives a key as in PKCS#12 (RFC 7292, appendix B). The password is a `BMPString` with its terminator.
    pub(crate) fn pkcs12_key(
        self,
        password: &[u8],
        salt: &[u8],
        purpose: Pkcs12KeyType,
        iterations: u32,
        length: usize,
    ) -> Vec<u8> {
        let iterations = i32::try_from(iterations).unwrap_or(i32::MAX);
        with!(
            self,
            derive_key(password, salt, purpose, iterations, length)
        )
    }

    /// Derives a key by PBKDF2.
    pub(crate) fn pbkdf2(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Vec<u8> {
        let mut key = vec![0; length];
        with!(self, pbkdf2(password, salt, iterations, &mut key));
        key
    }

    /// Derives bytes by PBKDF1 (RFC 8018 §5.1).
    pub(crate) fn pbkdf1(self, password: &[u8], salt: &[u8], iterations: u32) -> Vec<u8> {
        let mut bytes = with!(self, hash(&[password, salt]));
        for _ in 1..iterations {
            bytes = with!(self, hash(&[&bytes]));
        }
        bytes
    }
}

/// Hashes the concatenation of `pieces`.
pub(crate) fn hash<D: digest::Digest>(pieces: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    for piece in pieces {
        digest.update(piece);
    }
    digest.finalize().to_vec()
}

fn output_length<D: digest::Digest>() -> usize {
    <D as digest::Digest>::output_size()
}

fn verify<D: EagerHash>(key: &[u8], message: &[u8], code: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<D>::new_from_slice(key) else {
        return false;
    };
    mac.update(message);
    mac.verify_slice(code).is_ok()
}

fn pbkdf2<D: EagerHash>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, key);
}
