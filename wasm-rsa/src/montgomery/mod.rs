//! Arithmetic modulo two odd numbers at once, in Montgomery form.
//!
//! For a modulus `p`, values are kept modulo the multiple `m` of `p` for which `m + 1` is divisible by 2^w ([`limbs::friendly`]),
//! and below `2m`. The Montgomery factor `R` is 2^w to the number of limbs.

mod kernel;
#[cfg(test)]
mod tests;

use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;

use crate::arithmetic::Arithmetic;
use crate::limbs::{self, Limbs};
use crate::reducer::Reducer;
use crate::words::{self, WORD, Words};

/// Bits between `2m` and `R` at least, so that sums of two values are valid factors.
const SLACK: usize = 5;

/// Two moduli of one length, and what calculating modulo them needs.
pub(crate) struct Montgomery<A: Arithmetic> {
    arithmetic: A,
    moduli: [Reducer; 2],
    /// Bits of the moduli.
    bits: usize,
    /// Limbs of a value: an even number.
    length: usize,
    /// `(m + 1) / 2^w`, in one limb less.
    modulus: Element<A>,
    product_starts: Vec<A::Sum>,
    square_starts: Vec<A::Sum>,
}

/// A value modulo each modulus, in limbs. Wiped when dropped.
pub(crate) struct Element<A: Arithmetic>(Vec<A::Limb>);

/// Memory for a multiplication, and for the limbs of a square.
pub(crate) struct Scratch<A: Arithmetic> {
    sums: Vec<A::Sum>,
    doubled: Element<A>,
}

impl<A: Arithmetic> Montgomery<A> {
    /// Prepares calculations modulo two odd numbers with equally many bits.
    ///
    /// Factors that come from outside may have as many words as the moduli.
    pub(crate) fn new(moduli: [&[u32]; 2]) -> Self {
        let [first, second] = moduli;
        let bits = words::bit_length(first);
        let headroom = first
            .len()
            .saturating_mul(WORD)
            .saturating_sub(bits)
            .saturating_add(SLACK);
        let arithmetic = A::for_size(bits, headroom);
        let width = arithmetic.width();
        let needed = bits.saturating_add(headroom).saturating_add(width as usize);
        let length = needed.div_ceil(width as usize).next_multiple_of(2);
        let shorter = length.saturating_sub(1);
        let friendly = |modulus| limbs::friendly(modulus, width, shorter);
        let modulus = pack(&arithmetic, [friendly(first), friendly(second)]);
        let reduction = (0..length).map(|row| (row.saturating_add(1), shorter));
        let product = (0..length).map(|row| (row, length));
        // Products of different limbs once, the higher of each pair, and the square of each limb.
        let square = (0..length).map(|row| (row.saturating_mul(2), length.saturating_sub(row)));
        Self {
            product_starts: starts(&arithmetic, length, reduction.clone().chain(product)),
            square_starts: starts(&arithmetic, length, reduction.chain(square)),
            moduli: moduli.map(Reducer::new),
            arithmetic,
            bits,
            length,
            modulus,
        }
    }

    /// Bits of `R`.
    pub(crate) fn radix_bits(&self) -> usize {
        self.length.saturating_mul(self.arithmetic.width() as usize)
    }

    pub(crate) fn scratch(&self) -> Scratch<A> {
        Scratch {
            sums: vec![A::NO_SUM; self.length.saturating_mul(2)],
            doubled: self.zero(),
        }
    }

    /// Returns a value of the words of each lane, of no more words than the moduli, without conversion.
    pub(crate) fn load(&self, lanes: [&[u32]; 2]) -> Element<A> {
        let limbs = lanes.map(|lane| limbs::split(lane, self.arithmetic.width(), self.length));
        pack(&self.arithmetic, limbs)
    }

    /// Returns the value below each modulus, without conversion.
    pub(crate) fn store(&self, element: &Element<A>) -> [Words; 2] {
        let width = self.arithmetic.width();
        let bits = self.bits.saturating_add(width as usize).saturating_add(2);
        let limbs: Vec<_> = element
            .0
            .iter()
            .map(|limb| self.arithmetic.unpack(*limb))
            .collect();
        let modulus: Vec<_> = self
            .modulus
            .0
            .iter()
            .map(|limb| self.arithmetic.unpack(*limb))
            .collect();
        let lane = |lane: fn(&[i64; 2]) -> i64, own: &Reducer| {
            let limbs = limbs.iter().map(lane);
            let words = if A::BALANCED {
                // Plus `m`, which is (modulus << width) - 1: a balanced value may be negative.
                let modulus = core::iter::once(-1).chain(modulus.iter().map(lane));
                let sums = limbs
                    .zip(modulus)
                    .map(|(left, right)| left.wrapping_add(right));
                limbs::join(sums, width, bits.div_ceil(WORD))
            } else {
                limbs::join(limbs, width, bits.div_ceil(WORD))
            };
            own.remainder(&words)
        };
        let [first, second] = &self.moduli;
        [
            lane(|lanes| lanes[0], first),
            lane(|lanes| lanes[1], second),
        ]
    }

    /// Replaces `value` by `value * factor / R`.
    pub(crate) fn multiply(
        &self,
        value: &mut Element<A>,
        factor: &Element<A>,
        scratch: &mut Scratch<A>,
    ) {
        multiply(
            &self.arithmetic,
            &self.product_starts,
            &self.modulus.0,
            &mut value.0,
            &factor.0,
            &mut scratch.sums,
        );
    }

    /// Replaces `value` by `value * value / R`.
    pub(crate) fn square(&self, value: &mut Element<A>, scratch: &mut Scratch<A>) {
        square(
            &self.arithmetic,
            &self.square_starts,
            &self.modulus.0,
            &mut value.0,
            &mut scratch.doubled.0,
            &mut scratch.sums,
        );
    }

    /// Adds another value. The sum is below `4m`: it may be a factor, but no term of another sum.
    pub(crate) fn add(&self, value: &mut Element<A>, other: &Element<A>) {
        let arithmetic = &self.arithmetic;
        let mut carry = A::NO_SUM;
        for (value, other) in value.0.iter_mut().zip(&other.0) {
            let sum = arithmetic.add(arithmetic.widen(*value), arithmetic.widen(*other));
            (*value, carry) = arithmetic.split(arithmetic.add(sum, carry));
        }
    }

    /// Sets `entry` to entry `wanted` of each lane, after reading the whole `table`.
    pub(crate) fn select(&self, table: &[Element<A>], wanted: [u32; 2], entry: &mut Element<A>) {
        // Some limbs of all entries at a time, so that the selected ones stay in registers.
        let (blocks, rest) = entry.0.as_chunks_mut::<8>();
        let done = blocks.len().saturating_mul(8);
        select(&self.arithmetic, blocks, 0, table, wanted);
        select(
            &self.arithmetic,
            rest.as_chunks_mut::<2>().0,
            done,
            table,
            wanted,
        );
    }

    /// Returns `R`: 1 in Montgomery form.
    pub(crate) fn one(&self) -> Element<A> {
        self.power_of_two(0)
    }

    /// Returns `2^exponent` in Montgomery form.
    pub(crate) fn power_of_two(&self, exponent: usize) -> Element<A> {
        // Doublings of words are cheaper for small exponents, squarings in Montgomery form for large ones.
        const SQUARINGS: u32 = 5;
        let lanes = [0, 1].map(|lane: usize| self.doubled_one(lane, exponent >> SQUARINGS));
        let mut power = self.load(lanes.each_ref().map(|lane| lane.as_slice()));
        let mut scratch = self.scratch();
        for bit in (0..SQUARINGS).rev() {
            self.square(&mut power, &mut scratch);
            if (exponent >> bit) & 1 == 1 {
                let same = power.clone();
                self.add(&mut power, &same);
            }
        }
        power
    }

    /// Returns `2^doublings * R` modulo the modulus of `lane`.
    fn doubled_one(&self, lane: usize, doublings: usize) -> Words {
        let [first, second] = &self.moduli;
        let modulus = if lane == 0 { first } else { second }.modulus();
        // 2^bits, which may be one bit too long, minus the modulus.
        let mut power = words::zero(modulus.len());
        if let Some(word) = power.get_mut(self.bits / WORD) {
            *word = 1_u32.wrapping_shl(words::low((self.bits % WORD) as u64));
        }
        words::subtract(&mut power, modulus);
        let mut scratch = words::zero(modulus.len());
        let further = self
            .radix_bits()
            .saturating_sub(self.bits)
            .saturating_add(doublings);
        for _ in 0..further {
            words::double_modulo(&mut power, 0, modulus, &mut scratch);
        }
        power
    }

    fn zero(&self) -> Element<A> {
        Element(vec![A::ZERO; self.length])
    }
}

// Not inlined: one copy of the machine code for each arithmetic.

#[inline(never)]
fn multiply<A: Arithmetic>(
    arithmetic: &A,
    starts: &[A::Sum],
    modulus: &[A::Limb],
    value: &mut [A::Limb],
    factor: &[A::Limb],
    sums: &mut [A::Sum],
) {
    sums.copy_from_slice(starts);
    kernel::multiply(arithmetic, sums, value, factor, modulus);
    kernel::carry(
        arithmetic,
        sums.iter().skip(value.len()).copied(),
        value.iter_mut(),
    );
}

#[inline(never)]
fn select<A: Arithmetic, const N: usize>(
    arithmetic: &A,
    selected: &mut [[A::Limb; N]],
    first: usize,
    table: &[Element<A>],
    wanted: [u32; 2],
) {
    for (block, selected) in selected.iter_mut().enumerate() {
        let mut limbs = [A::ZERO; N];
        let start = first.saturating_add(block.saturating_mul(N));
        for (index, candidate) in (0..).zip(table) {
            let mask = arithmetic.mask(index, wanted);
            let candidate = candidate
                .0
                .get(start..)
                .and_then(|limbs| limbs.first_chunk::<N>());
            for (limb, candidate) in limbs.iter_mut().zip(candidate.unwrap_or(&[A::ZERO; N])) {
                *limb = arithmetic.merge(mask, *limb, *candidate);
            }
        }
        *selected = limbs;
    }
}

#[inline(never)]
fn square<A: Arithmetic>(
    arithmetic: &A,
    starts: &[A::Sum],
    modulus: &[A::Limb],
    value: &mut [A::Limb],
    doubled: &mut [A::Limb],
    sums: &mut [A::Sum],
) {
    sums.copy_from_slice(starts);
    for (doubled, limb) in doubled.iter_mut().zip(value.iter()) {
        *doubled = arithmetic.double(*limb);
    }
    kernel::square(arithmetic, sums, value, doubled, modulus);
    kernel::carry(
        arithmetic,
        sums.iter().skip(value.len()).copied(),
        value.iter_mut(),
    );
}

/// Returns the starting value of each column, for rows of products that begin in a column.
fn starts<A: Arithmetic>(
    arithmetic: &A,
    length: usize,
    rows: impl Iterator<Item = (usize, usize)>,
) -> Vec<A::Sum> {
    let mut counts = vec![0_u64; length.saturating_mul(2)];
    for (first, products) in rows {
        for count in counts.iter_mut().skip(first).take(products) {
            *count = count.saturating_add(1);
        }
    }
    let before = core::iter::once(&0).chain(&counts);
    counts
        .iter()
        .zip(before)
        .map(|(low, high)| arithmetic.start(*low, *high))
        .collect()
}

fn pack<A: Arithmetic>(arithmetic: &A, lanes: [Limbs; 2]) -> Element<A> {
    let lanes = if A::BALANCED {
        lanes.map(|lane| limbs::balanced(&lane, arithmetic.width()))
    } else {
        lanes
    };
    let [first, second] = lanes;
    Element(
        first
            .iter()
            .zip(second.iter())
            .map(|(first, second)| arithmetic.pack([*first, *second]))
            .collect(),
    )
}

impl<A: Arithmetic> Clone for Element<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Arithmetic> Drop for Element<A> {
    fn drop(&mut self) {
        self.0.fill(A::ZERO);
        // So that the compiler does not leave it out for memory that is freed.
        black_box(&mut self.0);
    }
}

impl<A: Arithmetic> Drop for Scratch<A> {
    fn drop(&mut self) {
        self.sums.fill(A::NO_SUM);
        black_box(&mut self.sums);
    }
}
