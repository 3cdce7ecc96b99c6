//! Private keys.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use pkcs8::der::Decode as _;
use signature::rand_core::TryCryptoRng;

use crate::encoding;
use crate::error::{KeyError, SignError};
use crate::hash::Hash;
use crate::kernel::{Kernel, PrivateKernel};
use crate::private::Parts;
use crate::public_key::PublicKey;
use crate::words::{self, Words};

/// The numbers of a private key with two primes, big-endian, as PKCS #1 names them (RFC 8017 §3.2).
///
/// The private exponent itself is not needed.
#[derive(Clone, Copy)]
pub struct PrivateKeyComponents<'a> {
    /// `n`.
    pub modulus: &'a [u8],
    /// `e`.
    pub public_exponent: &'a [u8],
    /// `p`.
    pub prime1: &'a [u8],
    /// `q`.
    pub prime2: &'a [u8],
    /// `d mod (p - 1)`.
    pub exponent1: &'a [u8],
    /// `d mod (q - 1)`.
    pub exponent2: &'a [u8],
    /// `q^-1 mod p`.
    pub coefficient: &'a [u8],
}

/// A private key of 2048 to 4096 bits with two primes, prepared for signing. It cannot be printed.
///
/// Preparing costs less than a signature, so a key that is used again is best kept. Clones share it; the last of them wipes it.
#[derive(Clone)]
pub struct PrivateKey(Arc<Inner>);

struct Inner {
    public: PublicKey,
    kernel: PrivateKernel,
}

impl PrivateKey {
    /// Returns the key, after checking that its numbers fit together. Whether the primes are prime is not checked.
    ///
    /// # Errors
    ///
    /// Returns a [`KeyError`] that says which numbers do not make a key.
    pub fn from_components(components: &PrivateKeyComponents<'_>) -> Result<Self, KeyError> {
        Self::with_kernel(Kernel::fastest(), components)
    }

    /// Returns the key, for use with one kernel.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Kernel`] if the kernel does not run here, and the errors of [`PrivateKey::from_components`].
    pub fn with_kernel(
        kernel: Kernel,
        components: &PrivateKeyComponents<'_>,
    ) -> Result<Self, KeyError> {
        let public =
            PublicKey::with_kernel(kernel, components.modulus, components.public_exponent)?;
        let parts = Parts {
            public_exponent: public.exponent(),
            primes: [components.prime1, components.prime2].map(words::from_bytes),
            exponents: [components.exponent1, components.exponent2].map(words::from_bytes),
            coefficient: words::from_bytes(components.coefficient),
        };
        check(&parts, public.modulus_words())?;
        let kernel = PrivateKernel::new(kernel, &parts)?;
        Ok(Self(Arc::new(Inner { public, kernel })))
    }

    /// Returns the key of a PKCS #8 `PrivateKeyInfo` in DER.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Encoding`] if it is not one of RSA, and the errors of [`PrivateKey::from_components`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = pkcs8::PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Encoding)?;
        if info.algorithm.oid != pkcs1::ALGORITHM_OID {
            return Err(KeyError::Encoding);
        }
        Self::from_pkcs1_der(info.private_key.as_bytes())
    }

    /// Returns the key of a PKCS #1 `RSAPrivateKey` in DER.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError::Encoding`] if it is not one, and the errors of [`PrivateKey::from_components`].
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        // Keys with more than two primes are not read.
        let key = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|_| KeyError::Encoding)?;
        Self::from_components(&PrivateKeyComponents {
            modulus: key.modulus.as_bytes(),
            public_exponent: key.public_exponent.as_bytes(),
            prime1: key.prime1.as_bytes(),
            prime2: key.prime2.as_bytes(),
            exponent1: key.exponent1.as_bytes(),
            exponent2: key.exponent2.as_bytes(),
            coefficient: key.coefficient.as_bytes(),
        })
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public
    }

    /// Returns the signature of a message with PKCS #1 v1.5 (RFC 8017 §8.2.1; in JWS: RS256, RS384, RS512), as long as the
    /// modulus. It is blinded with numbers of the system's random number generator.
    ///
    /// # Errors
    ///
    /// Returns [`SignError::Randomness`] if the generator fails, and [`SignError::Fault`] if the result is not a signature.
    #[cfg(feature = "getrandom")]
    pub fn sign(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_with_rng(&mut getrandom::SysRng, hash, message)
    }

    /// Returns the signature of a message with PKCS #1 v1.5, blinded with numbers of `rng`. The signature does not depend
    /// on those numbers.
    ///
    /// # Errors
    ///
    /// Returns [`SignError::Randomness`] if the generator fails, and [`SignError::Fault`] if the result is not a signature.
    pub fn sign_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        hash: Hash,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        let length = self.0.public.signature_length();
        let encoded = encoding::encode(hash, message, length);
        let signature = self.apply(rng, &words::from_bytes(&encoded))?;
        Ok(words::to_bytes(&signature, length))
    }

    /// Returns `number^d mod n` for a number below the modulus.
    pub(crate) fn apply<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        number: &[u32],
    ) -> Result<Words, SignError> {
        let random = [
            random_words(rng, self.0.kernel.random_words())?,
            random_words(rng, self.0.kernel.random_words())?,
        ];
        let number = words::resized(number, self.0.kernel.random_words().saturating_mul(2));
        let [first, second] = &random;
        self.0
            .kernel
            .apply(&number, [first, second])
            .ok_or(SignError::Fault)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// Checks that the numbers are of one key with two primes.
fn check(parts: &Parts, modulus: &[u32]) -> Result<(), KeyError> {
    let [first, second] = &parts.primes;
    let is_odd = |prime: &Words| prime.first().is_some_and(|word| word & 1 == 1);
    if words::bit_length(first) != words::bit_length(second) {
        return Err(KeyError::Primes);
    }
    let product = words::product(first, second);
    if !is_odd(first) || !is_odd(second) || *words::resized(&product, modulus.len()) != *modulus {
        return Err(KeyError::Inconsistent);
    }
    let mut holds = words::bit_length(&product) == words::bit_length(modulus);
    for (prime, exponent) in parts.primes.iter().zip(&parts.exponents) {
        let order = less_one(prime);
        let unit = words::product(exponent, &[parts.public_exponent]);
        holds &= words::is_below(exponent, &order) && is_one(&words::remainder(&unit, &order));
    }
    let unit = words::product(&parts.coefficient, second);
    holds &= words::is_below(&parts.coefficient, first) && is_one(&words::remainder(&unit, first));
    holds.then_some(()).ok_or(KeyError::Inconsistent)
}

/// Returns an odd number less one.
fn less_one(number: &[u32]) -> Words {
    let mut less = words::resized(number, number.len());
    words::subtract(&mut less, &[1]);
    less
}

fn is_one(number: &[u32]) -> bool {
    words::is_equal(number, &words::resized(&[1], number.len()))
}

fn random_words<R: TryCryptoRng + ?Sized>(rng: &mut R, count: usize) -> Result<Words, SignError> {
    let mut bytes = zeroize::Zeroizing::new(alloc::vec![0_u8; count.saturating_mul(4)]);
    rng.try_fill_bytes(&mut bytes)
        .map_err(|_| SignError::Randomness)?;
    let words = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|chunk| u32::from_le_bytes(*chunk));
    Ok(words.collect::<Vec<u32>>().into())
}
