//! Remainders of numbers that are not much longer than the modulus (Barrett).

use crate::words::{self, WORD, Words};

/// Modulus with its reciprocal, for repeated reduction.
pub(crate) struct Reducer {
    modulus: Words,
    bits: usize,
    /// `2^(bits + 62) / modulus`, rounded down: 63 bits.
    reciprocal: u64,
}

impl Reducer {
    /// Prepares an odd modulus whose highest word is not zero.
    pub(crate) fn new(modulus: &[u32]) -> Self {
        let bits = words::bit_length(modulus);
        // Long division of a power of two that is below the modulus.
        let mut power = words::zero(modulus.len());
        let highest = bits.saturating_sub(1);
        if let Some(word) = power.get_mut(highest / WORD) {
            *word = 1_u32.wrapping_shl(words::low((highest % WORD) as u64));
        }
        let mut scratch = words::zero(modulus.len());
        let reciprocal = (0..63).fold(0_u64, |reciprocal, _| {
            let quotient = words::double_modulo(&mut power, 0, modulus, &mut scratch);
            (reciprocal << 1) | u64::from(quotient)
        });
        Self {
            modulus: words::resized(modulus, modulus.len()),
            bits,
            reciprocal,
        }
    }

    pub(crate) fn modulus(&self) -> &[u32] {
        &self.modulus
    }

    /// Returns `number` modulo the modulus, for a number with at most 60 bits more than it.
    pub(crate) fn remainder(&self, number: &[u32]) -> Words {
        let length = self.modulus.len();
        let highest = self.highest_bits(number);
        // Too small by two at most: one for what each factor lost, and one for rounding down.
        let quotient = u128::from(highest).wrapping_mul(u128::from(self.reciprocal)) >> 63;
        let quotient = [words::low_word(quotient), words::low_word(quotient >> 32)];
        let multiple = words::product(&self.modulus, &quotient);
        let mut remainder = words::resized(number, length.saturating_add(2));
        words::subtract(&mut remainder, &multiple);
        let modulus = words::resized(&self.modulus, remainder.len());
        let remainder = words::reduce_once(&remainder, &modulus);
        let remainder = words::reduce_once(&remainder, &modulus);
        words::resized(&remainder, length)
    }

    /// Returns `number` without as many bits as the modulus has, less one.
    fn highest_bits(&self, number: &[u32]) -> u64 {
        let shift = self.bits.saturating_sub(1);
        let words = number.iter().skip(shift / WORD).take(3).rev();
        let highest = words.fold(0_u128, |highest, word| (highest << 32) | u128::from(*word));
        let highest = highest >> (shift % WORD);
        u64::from(words::low_word(highest)) | (u64::from(words::low_word(highest >> 32)) << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_long_division() {
        for highest in [1, 2, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            for low in [1, 0x8000_0001, u32::MAX] {
                let modulus = [low, 0, u32::MAX, 5, highest];
                let reducer = Reducer::new(&modulus);
                let bits = words::bit_length(&modulus);
                let mut number = words::zero(7);
                for word in number.iter_mut() {
                    *word = u32::MAX;
                }
                loop {
                    let length = words::bit_length(&number);
                    if length <= bits + 60 {
                        assert_eq!(
                            *reducer.remainder(&number),
                            *words::remainder(&number, &modulus),
                            "{number:?}"
                        );
                    }
                    if length == 0 {
                        break;
                    }
                    // Numbers that end in ones, and in the modulus.
                    let last = number.iter_mut().rfind(|word| **word != 0).unwrap();
                    *last >>= 3;
                }
                for multiple in [0, 1, 2, 3, u32::MAX] {
                    for more in [0, 1] {
                        let mut number = words::product(&modulus, &[multiple, 0]);
                        words::add(&mut number, &[more]);
                        assert_eq!(reducer.remainder(&number)[0], more);
                        words::subtract(&mut number, &[more]);
                        if multiple > 0 {
                            words::subtract(&mut number, &[1]);
                            assert_eq!(reducer.remainder(&number)[0], low - 1);
                        }
                    }
                }
            }
        }
    }
}
