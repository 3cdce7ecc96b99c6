//! Conversion between words and limbs of a kernel's own width, and the modulus that a kernel works with.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::words::{self, Words, low};

/// Limbs, the lowest first. They may be negative.
pub(crate) type Limbs = Zeroizing<Vec<i64>>;

/// Returns `count` unsigned limbs of `width` bits, at most 52.
pub(crate) fn split(words: &[u32], width: u32, count: usize) -> Limbs {
    let mut words = words.iter();
    let mut waiting = 0_u128;
    let mut bits = 0_u32;
    let limb = |_| {
        while bits < width {
            waiting |= u128::from(words.next().copied().unwrap_or(0)).wrapping_shl(bits);
            bits = bits.wrapping_add(32);
        }
        let limb = low_bits(waiting, width);
        waiting = waiting.wrapping_shr(width);
        bits = bits.wrapping_sub(width);
        limb
    };
    Zeroizing::new((0..count).map(limb).collect())
}

/// Returns the same number in limbs between -2^(width-1) and 2^(width-1), except the highest, which takes the rest.
pub(crate) fn balanced(limbs: &[i64], width: u32) -> Limbs {
    let mut carry = 0_i64;
    let last = limbs.len().saturating_sub(1);
    let half = 1_i64.wrapping_shl(width.wrapping_sub(1));
    let limb = |(index, limb): (usize, &i64)| {
        let sum = limb.wrapping_add(carry);
        if index == last {
            return sum;
        }
        carry = sum.wrapping_add(half).wrapping_shr(width);
        sum.wrapping_sub(carry.wrapping_shl(width))
    };
    Zeroizing::new(limbs.iter().enumerate().map(limb).collect())
}

/// Returns `count` words of the number that `limbs` of `width` bits make. It must not be negative.
pub(crate) fn join(limbs: impl Iterator<Item = i64>, width: u32, count: usize) -> Words {
    let mut out = words::zero(count);
    let mut places = out.iter_mut();
    let mut waiting = 0_i128;
    let mut bits = 0_u32;
    for limb in limbs {
        waiting = waiting.wrapping_add(i128::from(limb).wrapping_shl(bits));
        bits = bits.wrapping_add(width);
        while bits >= 32 {
            if let Some(place) = places.next() {
                *place = lowest_word(waiting);
            }
            waiting = waiting.wrapping_shr(32);
            bits = bits.wrapping_sub(32);
        }
    }
    for place in places {
        *place = lowest_word(waiting);
        waiting = waiting.wrapping_shr(32);
    }
    out
}

/// Returns `(m + 1) / 2^width` in `count` unsigned limbs, where `m` is the multiple of the odd `modulus` for which
/// `m + 1` is divisible by `2^width`.
///
/// Montgomery reduction by `m` needs no multiplication to find a digit: the digit is the lowest limb itself.
pub(crate) fn friendly(modulus: &[u32], width: u32, count: usize) -> Limbs {
    let lowest = split(modulus, 32, 2);
    let lowest = lowest
        .iter()
        .rev()
        .fold(0_u64, |value, word| (value << 32) | word.cast_unsigned());
    let factor = low_bits(u128::from(inverse(lowest).wrapping_neg()), width).cast_unsigned();
    let mut multiple = words::product(modulus, &[low(factor), low(factor >> 32)]);
    words::add(&mut multiple, &[1]);
    let limbs = split(&multiple, width, count.saturating_add(1));
    Zeroizing::new(limbs.iter().skip(1).copied().collect())
}

/// Returns the inverse of the odd `value` modulo 2^64: each step doubles the number of right bits.
fn inverse(value: u64) -> u64 {
    (0..6).fold(1_u64, |inverse, _| {
        inverse.wrapping_mul(2_u64.wrapping_sub(value.wrapping_mul(inverse)))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the purpose of the function"
)]
const fn low_bits(value: u128, width: u32) -> i64 {
    (value as u64 & 1_u64.wrapping_shl(width).wrapping_sub(1)).cast_signed()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the purpose of the function"
)]
const fn lowest_word(value: i128) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: [u32; 5] = [0xffff_ffff, 0x0123_4567, 0, 0x8000_0001, 0x7fff_ffff];

    #[test]
    fn limbs_join_to_the_number_they_were_split_from() {
        for width in 16..=51 {
            let count = 160_u32.div_ceil(width) as usize;
            let limbs = split(&NUMBER, width, count);
            assert!(
                limbs.iter().all(|limb| (0..1 << width).contains(limb)),
                "{width}"
            );
            assert_eq!(*join(limbs.iter().copied(), width, 5), NUMBER, "{width}");

            let limbs = balanced(&split(&NUMBER, width, count + 1), width);
            let half = 1_i64 << (width - 1);
            assert!(
                limbs.iter().all(|limb| (-half..=half).contains(limb)),
                "{width}"
            );
            assert_eq!(*join(limbs.iter().copied(), width, 5), NUMBER, "{width}");
        }
    }

    #[test]
    fn a_friendly_modulus_is_a_multiple_that_ends_in_ones() {
        for width in [16_u32, 23, 24, 28, 51] {
            let count = (160 + width).div_ceil(width) as usize;
            let divided = friendly(&NUMBER, width, count);
            // m = divided * 2^width - 1
            let shifted = core::iter::once(0).chain(divided.iter().copied());
            let mut multiple = join(shifted, width, 8);
            words::subtract(&mut multiple, &[1]);
            assert_eq!(
                words::bit_length(&words::remainder(&multiple, &NUMBER)),
                0,
                "{width}"
            );
            assert!(
                words::bit_length(&multiple) <= 160 + width as usize,
                "{width}"
            );
        }
    }
}
