//! Public keys.

use alloc::sync::Arc;
use core::fmt;

use pkcs8::der::Decode as _;

use crate::error::{KeyError, VerifyError};
use crate::hash::Hash;
use crate::kernel::{Kernel, PublicKernel};
use crate::words::{self, Words};
use crate::{encoding, pss};

/// Sizes of a modulus, in bits.
pub(crate) const SIZES: core::ops::RangeInclusive<usize> = 2048..=4096;

/// A public key of 2048 to 4096 bits, prepared for verification.
///
/// Preparing costs about as much as a verification, so a key that is used again is best kept. Clones share it.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    modulus: Words,
    exponent: u32,
    bits: usize,
    kernel: PublicKernel,
}

impl PublicKey {
    /// Returns the key of a modulus and a public exponent, big-endian.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Size`] or [`KeyError::Public`] if they are not numbers of a key.
    ///
    /// # Examples
    ///
    /// ```
    /// use wasm_rsa::{Hash, PublicKey};
    ///
    /// let key = PublicKey::from_components(&[0xff; 256], &[1, 0, 1])?;
    /// assert_eq!((key.bits(), key.signature_length()), (2048, 256));
    /// assert!(key.verify(Hash::Sha256, b"message", &[1; 256]).is_err());
    /// # Ok::<(), wasm_rsa::KeyError>(())
    /// ```
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        Self::with_kernel(Kernel::fastest(), modulus, exponent)
    }

    /// Returns the key, for use with one kernel.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Kernel`] if the kernel does not run here, and the errors of [`PublicKey::from_components`].
    pub fn with_kernel(kernel: Kernel, modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let modulus = words::from_bytes(modulus);
        let bits = words::bit_length(&modulus);
        if !SIZES.contains(&bits) {
            return Err(KeyError::Size);
        }
        let exponent = match words::from_bytes(exponent).as_slice() {
            [exponent] if *exponent >= 3 => *exponent,
            _ => return Err(KeyError::Public),
        };
        let is_odd = |word: Option<&u32>| word.is_some_and(|word| word & 1 == 1);
        if !is_odd(modulus.first()) || !is_odd(Some(&exponent)) {
            return Err(KeyError::Public);
        }
        let kernel = PublicKernel::new(kernel, &modulus, exponent)?;
        Ok(Self(Arc::new(Inner {
            modulus,
            exponent,
            bits,
            kernel,
        })))
    }

    /// Returns the key of an X.509 `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Encoding`] if it is not one of RSA, and the errors of [`PublicKey::from_components`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = pkcs8::SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Encoding)?;
        if info.algorithm.oid != pkcs1::ALGORITHM_OID {
            return Err(KeyError::Encoding);
        }
        Self::from_pkcs1_der(
            info.subject_public_key
                .as_bytes()
                .ok_or(KeyError::Encoding)?,
        )
    }

    /// Returns the key of a PKCS #1 `RSAPublicKey` in DER.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Encoding`] if it is not one, and the errors of [`PublicKey::from_components`].
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| KeyError::Encoding)?;
        Self::from_components(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    /// Verifies a signature with PKCS #1 v1.5 (RFC 8017 §8.2.2; in JWS: RS256, RS384, RS512).
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError`] if it is not a signature of the message with this key.
    pub fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        let opened = self.open(signature)?;
        // Compared with what it should be, never parsed: that leaves no room for two encodings.
        let expected = encoding::encode(hash, message, self.signature_length());
        let is_valid = words::to_bytes(&opened, self.signature_length()) == expected;
        is_valid.then_some(()).ok_or(VerifyError)
    }

    /// Verifies a signature with PSS, MGF1 with the same hash, and a salt as long as the hash (RFC 8017 §8.1.2; in JWS:
    /// PS256, PS384, PS512).
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError`] if it is not a signature of the message with this key.
    pub fn verify_pss(
        &self,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let opened = self.open(signature)?;
        let encoded = words::to_bytes(&opened, self.signature_length());
        let is_valid = pss::verify(hash, message, &encoded, self.0.bits);
        is_valid.then_some(()).ok_or(VerifyError)
    }

    /// Bytes of a signature.
    pub fn signature_length(&self) -> usize {
        self.0.bits.div_ceil(8)
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        self.0.bits
    }

    /// Returns the modulus, big-endian, without leading zeros.
    pub fn modulus(&self) -> alloc::vec::Vec<u8> {
        words::to_bytes(&self.0.modulus, self.signature_length())
    }

    /// The public exponent.
    pub fn exponent(&self) -> u32 {
        self.0.exponent
    }

    /// Returns `signature^e mod n`, if the signature is as long as the modulus and below it (RFC 8017 §5.2.2).
    pub(crate) fn open(&self, signature: &[u8]) -> Result<Words, VerifyError> {
        let number = words::from_bytes(signature);
        if signature.len() != self.signature_length() || !words::is_below(&number, &self.0.modulus)
        {
            return Err(VerifyError);
        }
        Ok(self.0.kernel.apply(&number))
    }

    pub(crate) fn modulus_words(&self) -> &[u32] {
        &self.0.modulus
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.exponent == other.0.exponent && self.0.modulus == other.0.modulus
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("PublicKey");
        debug
            .field("bits", &self.0.bits)
            .field("exponent", &self.0.exponent)
            .finish_non_exhaustive()
    }
}
