//! The traits of the crate `signature`, for one hash function each.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;

use sha2::{Sha256, Sha384, Sha512};
use signature::rand_core::TryCryptoRng;
use signature::{Error, Keypair, RandomizedSigner, SignatureEncoding, Verifier};

use crate::hash::Hash;
use crate::private_key::PrivateKey;
use crate::public_key::PublicKey;

/// A hash function of the crate `sha2`, as a type parameter of [`SigningKey`] and [`VerifyingKey`].
pub trait HashFunction: sealed::Sealed {
    /// Hash function as a value.
    const HASH: Hash;
}

impl HashFunction for Sha256 {
    const HASH: Hash = Hash::Sha256;
}
impl HashFunction for Sha384 {
    const HASH: Hash = Hash::Sha384;
}
impl HashFunction for Sha512 {
    const HASH: Hash = Hash::Sha512;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for sha2::Sha256 {}
    impl Sealed for sha2::Sha384 {}
    impl Sealed for sha2::Sha512 {}
}

/// A signature with PKCS #1 v1.5, as long as the modulus.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature(Box<[u8]>);

impl TryFrom<&[u8]> for Signature {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self(bytes.into()))
    }
}

impl From<Signature> for Box<[u8]> {
    fn from(signature: Signature) -> Self {
        signature.0
    }
}

impl From<Vec<u8>> for Signature {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl SignatureEncoding for Signature {
    type Repr = Box<[u8]>;
}

/// A private key that signs with PKCS #1 v1.5 and the hash function `H`.
#[derive(Debug)]
pub struct SigningKey<H> {
    key: PrivateKey,
    hash: PhantomData<fn() -> H>,
}

impl<H> From<PrivateKey> for SigningKey<H> {
    fn from(key: PrivateKey) -> Self {
        Self {
            key,
            hash: PhantomData,
        }
    }
}

impl<H> Clone for SigningKey<H> {
    fn clone(&self) -> Self {
        self.key.clone().into()
    }
}

#[cfg(feature = "getrandom")]
impl<H: HashFunction> signature::Signer<Signature> for SigningKey<H> {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, Error> {
        self.try_sign_with_rng(&mut getrandom::SysRng, message)
    }
}

impl<H: HashFunction> RandomizedSigner<Signature> for SigningKey<H> {
    fn try_sign_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        message: &[u8],
    ) -> Result<Signature, Error> {
        let signature = self.key.sign_with_rng(rng, H::HASH, message);
        signature.map(Signature::from).map_err(Error::from_source)
    }
}

impl<H: HashFunction> Keypair for SigningKey<H> {
    type VerifyingKey = VerifyingKey<H>;

    fn verifying_key(&self) -> VerifyingKey<H> {
        self.key.public_key().clone().into()
    }
}

/// A public key that verifies signatures with PKCS #1 v1.5 and the hash function `H`.
#[derive(Debug)]
pub struct VerifyingKey<H> {
    key: PublicKey,
    hash: PhantomData<fn() -> H>,
}

impl<H> From<PublicKey> for VerifyingKey<H> {
    fn from(key: PublicKey) -> Self {
        Self {
            key,
            hash: PhantomData,
        }
    }
}

impl<H> Clone for VerifyingKey<H> {
    fn clone(&self) -> Self {
        self.key.clone().into()
    }
}

impl<H: HashFunction> Verifier<Signature> for VerifyingKey<H> {
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        self.key
            .verify(H::HASH, message, &signature.0)
            .map_err(Error::from_source)
    }
}
