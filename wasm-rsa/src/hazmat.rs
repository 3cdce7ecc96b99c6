//! Raw RSA operations without padding, for tests only.

use alloc::vec::Vec;

use signature::rand_core::TryCryptoRng;

use crate::error::SignError;
use crate::private_key::PrivateKey;
use crate::public_key::PublicKey;
use crate::words;

/// Returns `number^d mod n`, or nothing if the number is not below the modulus. Numbers are big-endian.
///
/// # Errors
///
/// Returns the errors of [`PrivateKey::sign`].
pub fn private_operation<R: TryCryptoRng + ?Sized>(
    key: &PrivateKey,
    rng: &mut R,
    number: &[u8],
) -> Result<Option<Vec<u8>>, SignError> {
    let number = words::from_bytes(number);
    let public = key.public_key();
    if !words::is_below(&number, public.modulus_words()) {
        return Ok(None);
    }
    let result = key.apply(rng, &number)?;
    Ok(Some(words::to_bytes(&result, public.signature_length())))
}

/// Returns `number^e mod n`; `None` if the number has another length than the modulus, or is not
/// below it.
pub fn public_operation(key: &PublicKey, number: &[u8]) -> Option<Vec<u8>> {
    let result = key.open(number).ok()?;
    Some(words::to_bytes(&result, key.signature_length()))
}
