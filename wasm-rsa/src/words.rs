//! Unsigned integers as little-endian slices of 32-bit words.
//!
//! Used for key set-up and for the two ends of an operation. Running time depends on lengths alone,
//! except in [`bit_length`] and [`is_below`], which are for public values.

use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;
use core::iter::{once, repeat};

use zeroize::Zeroizing;

/// An integer that is wiped from memory when dropped.
pub(crate) type Words = Zeroizing<Vec<u32>>;

/// Number of bits of a word.
pub(crate) const WORD: usize = 32;

/// Returns zero with room for `length` words.
pub(crate) fn zero(length: usize) -> Words {
    Zeroizing::new(vec![0; length])
}

/// Returns the integer of the big-endian `bytes`, without leading zero words.
///
/// The result has at least one word. Leading zeros are public: they are the length of a number.
pub(crate) fn from_bytes(bytes: &[u8]) -> Words {
    let significant = bytes.iter().skip_while(|byte| **byte == 0).count();
    let skipped = bytes.len().saturating_sub(significant);
    let bytes = bytes.get(skipped..).unwrap_or_default();
    let word = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0, |word, byte| (word << 8) | u32::from(*byte))
    };
    let mut words = zero(bytes.len().div_ceil(4).max(1));
    for (word_out, chunk) in words.iter_mut().zip(bytes.rchunks(4)) {
        *word_out = word(chunk);
    }
    words
}

/// Returns the last `length` bytes of `words`, big-endian.
pub(crate) fn to_bytes(words: &[u32], length: usize) -> Vec<u8> {
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    let mut bytes: Vec<u8> = bytes.chain(repeat(0)).take(length).collect();
    bytes.reverse();
    bytes
}

/// Returns `words` with exactly `length` words, padded with zeros or cut.
pub(crate) fn resized(words: &[u32], length: usize) -> Words {
    let mut out = zero(length);
    for (out, word) in out.iter_mut().zip(words) {
        *out = *word;
    }
    out
}

/// Returns the number of bits without leading zeros.
pub(crate) fn bit_length(words: &[u32]) -> usize {
    let leading = words.iter().rev().take_while(|word| **word == 0).count();
    let significant = words.len().saturating_sub(leading);
    let highest = significant
        .checked_sub(1)
        .and_then(|index| words.get(index));
    let unused = highest.map_or(0, |word| word.leading_zeros() as usize);
    significant.saturating_mul(WORD).saturating_sub(unused)
}

/// Returns whether `left < right`.
pub(crate) fn is_below(left: &[u32], right: &[u32]) -> bool {
    let mut difference = resized(left, left.len().max(right.len()));
    subtract(&mut difference, right) == 1
}

/// Returns whether both are the same integer of the same length, without stopping at a difference.
pub(crate) fn is_equal(left: &[u32], right: &[u32]) -> bool {
    let difference = left
        .iter()
        .zip(right)
        .fold(0, |bits, (left, right)| bits | (left ^ right));
    left.len() == right.len() && black_box(difference) == 0
}

/// Returns all ones where `bit` is 1, and zero where it is 0, in a way that compilers cannot turn into a branch.
pub(crate) fn mask(bit: u32) -> u32 {
    black_box(0_u32.wrapping_sub(bit))
}

/// Adds `other`, which is no longer, and returns the carry.
pub(crate) fn add(words: &mut [u32], other: &[u32]) -> u32 {
    let mut carry = 0_u64;
    for (word, other) in words.iter_mut().zip(other.iter().chain(repeat(&0))) {
        let sum = u64::from(*word)
            .wrapping_add(u64::from(*other))
            .wrapping_add(carry);
        *word = low(sum);
        carry = sum >> 32;
    }
    low(carry)
}

/// Subtracts `other`, which is no longer, and returns the borrow.
pub(crate) fn subtract(words: &mut [u32], other: &[u32]) -> u32 {
    let mut borrow = 0_u64;
    for (word, other) in words.iter_mut().zip(other.iter().chain(repeat(&0))) {
        let difference = u64::from(*word)
            .wrapping_sub(u64::from(*other))
            .wrapping_sub(borrow);
        *word = low(difference);
        borrow = difference >> 63;
    }
    low(borrow)
}

/// Replaces `words` by `other` where `mask` is all ones.
pub(crate) fn replace_if(mask: u32, words: &mut [u32], other: &[u32]) {
    for (word, other) in words.iter_mut().zip(other) {
        *word = (*other & mask) | (*word & !mask);
    }
}

/// Returns `left - right` modulo `modulus`. Both must be below the modulus and have its length.
pub(crate) fn subtract_modulo(left: &[u32], right: &[u32], modulus: &[u32]) -> Words {
    let mut difference = resized(left, modulus.len());
    let negative = mask(subtract(&mut difference, right));
    let correction: Words = Zeroizing::new(modulus.iter().map(|word| word & negative).collect());
    add(&mut difference, &correction);
    difference
}

/// Returns `words` modulo `modulus`, for `words` below twice `modulus` and of its length.
pub(crate) fn reduce_once(words: &[u32], modulus: &[u32]) -> Words {
    let mut reduced = resized(words, modulus.len());
    let below = mask(subtract(&mut reduced, modulus));
    replace_if(below, &mut reduced, words);
    reduced
}

/// Replaces `words` by `2 * words + bit` modulo `modulus`, and returns the quotient, 0 or 1. `words` is below `modulus`;
/// `scratch` has its length.
pub(crate) fn double_modulo(
    words: &mut [u32],
    bit: u32,
    modulus: &[u32],
    scratch: &mut [u32],
) -> u32 {
    let mut carry = bit;
    let mut borrow = 0_u64;
    for ((word, reduced), modulus) in words.iter_mut().zip(scratch.iter_mut()).zip(modulus) {
        let doubled = (*word << 1) | carry;
        carry = *word >> 31;
        *word = doubled;
        let difference = u64::from(doubled)
            .wrapping_sub(u64::from(*modulus))
            .wrapping_sub(borrow);
        *reduced = low(difference);
        borrow = difference >> 63;
    }
    let quotient = carry | (low(borrow) ^ 1);
    replace_if(mask(quotient), words, scratch);
    quotient
}

/// Returns `words` modulo `modulus`, whose highest word is not zero.
pub(crate) fn remainder(words: &[u32], modulus: &[u32]) -> Words {
    // So many of the highest words are below the modulus for certain.
    let taken = modulus.len().saturating_sub(1).min(words.len());
    let (rest, highest) = words.split_at(words.len().saturating_sub(taken));
    let mut remainder = resized(highest, modulus.len());
    let mut scratch = zero(modulus.len());
    for word in rest.iter().rev() {
        for shift in (0..32).rev() {
            double_modulo(&mut remainder, (word >> shift) & 1, modulus, &mut scratch);
        }
    }
    remainder
}

/// Returns the product, as long as both factors together.
pub(crate) fn product(left: &[u32], right: &[u32]) -> Words {
    let mut product = zero(left.len().saturating_add(right.len()));
    for (shift, factor) in left.iter().enumerate() {
        let mut carry = 0_u64;
        let row = product.iter_mut().skip(shift);
        for (word, right) in row.zip(right.iter().chain(once(&0))) {
            let sum = u64::from(*factor).wrapping_mul(u64::from(*right));
            let sum = sum.wrapping_add(u64::from(*word)).wrapping_add(carry);
            *word = low(sum);
            carry = sum >> 32;
        }
    }
    product
}

/// Returns the lowest 32 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the purpose of the function"
)]
pub(crate) const fn low_word(value: u128) -> u32 {
    value as u32
}

/// Returns the lowest 32 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the purpose of the function"
)]
pub(crate) const fn low(value: u64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(value: u128) -> Vec<u32> {
        (0..4)
            .map(|index| low_word(value >> (32 * index)))
            .collect()
    }

    #[test]
    fn bytes_lose_leading_zeros_and_get_them_back() {
        let number = from_bytes(&[0, 0, 1, 2, 3, 4, 5]);
        assert_eq!(*number, [0x0203_0405, 1]);
        assert_eq!(to_bytes(&number, 7), [0, 0, 1, 2, 3, 4, 5]);
        assert_eq!(*from_bytes(&[]), [0]);
        assert_eq!(*from_bytes(&[0; 9]), [0]);
    }

    #[test]
    fn lengths_are_counted_from_the_highest_bit() {
        assert_eq!(bit_length(&[]), 0);
        assert_eq!(bit_length(&[0, 0]), 0);
        assert_eq!(bit_length(&[1, 0]), 1);
        assert_eq!(bit_length(&[0, 5, 0]), 35);
    }

    #[test]
    fn carries_and_borrows_go_through_every_word() {
        let mut number = [u32::MAX, u32::MAX];
        assert_eq!((add(&mut number, &[1]), number), (1, [0, 0]));
        assert_eq!(
            (subtract(&mut number, &[1]), number),
            (1, [u32::MAX, u32::MAX])
        );
        assert!(is_below(&[5], &[0, 1]) && !is_below(&[0, 1], &[5]) && !is_below(&[7, 0], &[7]));
    }

    #[test]
    fn products_and_remainders_are_those_of_128_bits() {
        let values = [
            1,
            3,
            0xffff_ffff,
            0x1_0000_0000,
            0xffff_ffff_ffff_ffff,
            0x1234_5678_9abc_def0,
        ];
        for left in values {
            for right in values {
                let expected = left * right;
                let product = product(&words(left)[..2], &words(right)[..2]);
                assert_eq!(*product, words(expected));
                let modulus = 0x8765_4321_u128;
                assert_eq!(
                    *remainder(&product, &words(modulus)[..1]),
                    words(expected % modulus)[..1]
                );
                let modulus = 0x3_8765_4321_u128;
                assert_eq!(
                    *remainder(&product, &words(modulus)[..2]),
                    words(expected % modulus)[..2]
                );
            }
        }
    }

    #[test]
    fn differences_are_modular() {
        assert_eq!(*subtract_modulo(&[3, 0], &[5, 0], &[7, 9]), [5, 9]);
        assert_eq!(*subtract_modulo(&[5, 0], &[3, 0], &[7, 9]), [2, 0]);
        assert_eq!(*reduce_once(&[8, 9], &[7, 9]), [1, 0]);
        assert_eq!(*reduce_once(&[6, 9], &[7, 9]), [6, 9]);
    }

    #[test]
    fn masks_choose_the_whole_word() {
        let mut number = [1, 2];
        replace_if(mask(0), &mut number, &[8, 9]);
        assert_eq!(number, [1, 2]);
        replace_if(mask(1), &mut number, &[8, 9]);
        assert_eq!(number, [8, 9]);
    }
}
