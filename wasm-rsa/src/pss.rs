//! Verification of the encoding EMSA-PSS (RFC 8017 §9.1.2), with MGF1 and a salt as long as the hash.

use alloc::vec::Vec;

use crate::hash::Hash;

/// Returns whether `encoded` is an EMSA-PSS encoding of `message` for a modulus of `bits` bits.
pub(crate) fn verify(hash: Hash, message: &[u8], encoded: &[u8], bits: usize) -> bool {
    check(hash, message, encoded, bits).unwrap_or(false)
}

fn check(hash: Hash, message: &[u8], encoded: &[u8], bits: usize) -> Option<bool> {
    // The encoding has one bit less than the modulus, so it may have one byte less than the signature.
    let bits = bits.checked_sub(1)?;
    let (excess, encoded) =
        encoded.split_at_checked(encoded.len().checked_sub(bits.div_ceil(8))?)?;
    let length = hash.length();
    let (masked, rest) =
        encoded.split_at_checked(encoded.len().checked_sub(length.checked_add(1)?)?)?;
    let (digest, trailer) = rest.split_at_checked(length)?;
    let unused = u32::try_from(bits.div_ceil(8).checked_mul(8)?.checked_sub(bits)?).ok()?;
    let unused_bits = !0xff_u8.checked_shr(unused)?;

    let mask = generate_mask(hash, digest, masked.len());
    let mut block: Vec<u8> = masked
        .iter()
        .zip(mask)
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    let highest = block.first_mut()?;
    let unused_are_zero = masked.first()? & unused_bits == 0;
    *highest &= !unused_bits;
    let (padding, salt) = block.split_at_checked(block.len().checked_sub(length)?)?;
    let (one, zeros) = padding.split_last()?;

    let message = hash.digest(&[message]);
    let expected = hash.digest(&[&[0; 8], &message, salt]);
    Some(
        excess.iter().all(|byte| *byte == 0)
            && trailer == [0xbc]
            && unused_are_zero
            && zeros.iter().all(|byte| *byte == 0)
            && *one == 1
            && expected == digest,
    )
}

/// Generates a mask with MGF1 (RFC 8017 §B.2.1).
fn generate_mask(hash: Hash, seed: &[u8], length: usize) -> impl Iterator<Item = u8> {
    let blocks = (0_u32..).flat_map(move |counter| hash.digest(&[seed, &counter.to_be_bytes()]));
    blocks.take(length)
}
