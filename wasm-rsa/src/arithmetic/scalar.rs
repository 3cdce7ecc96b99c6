//! Limbs of 28 bits (or fewer, for large moduli) in 64-bit integers: portable, and without SIMD.

#![expect(clippy::inline_always, reason = "parts of the inner loops")]

use core::array;

use super::Arithmetic;
use crate::words::mask;

/// The arithmetic of small integer limbs, in one lane or two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar<const LANES: usize> {
    width: u32,
}

impl<const LANES: usize> Arithmetic for Scalar<LANES> {
    type Limb = [u32; LANES];
    type Sum = [u64; LANES];
    type High = ();
    type Mask = [u32; LANES];

    const BALANCED: bool = false;
    const ZERO: Self::Limb = [0; LANES];
    const NO_SUM: Self::Sum = [0; LANES];
    const NO_HIGH: Self::High = ();

    fn for_size(bits: usize, headroom: usize) -> Self {
        // A column has fewer than 2n products below 2^2w, which must stay below 2^64 together with a carry.
        let fits = |width: &u32| {
            let width = *width as usize;
            let limbs = bits
                .saturating_add(headroom)
                .saturating_add(width)
                .div_ceil(width);
            let products = limbs.saturating_add(2).saturating_mul(2);
            products
                .checked_ilog2()
                .is_some_and(|log| (log as usize).saturating_add(width.saturating_mul(2)) < 64)
        };
        let width = (16..=28).rev().find(fits).unwrap_or(16);
        Self { width }
    }

    #[inline(always)]
    fn width(&self) -> u32 {
        self.width
    }

    fn pack(&self, lanes: [i64; 2]) -> [u32; LANES] {
        let mut lanes = lanes.iter();
        let mut lane = || lanes.next().and_then(|lane| u32::try_from(*lane).ok());
        array::from_fn(|_| lane().unwrap_or_default())
    }

    fn unpack(&self, limb: [u32; LANES]) -> [i64; 2] {
        let mut lanes = limb.iter();
        array::from_fn(|_| lanes.next().map_or(0, |lane| i64::from(*lane)))
    }

    #[inline(always)]
    fn start(&self, _: u64, _: u64) -> [u64; LANES] {
        Self::NO_SUM
    }

    #[inline(always)]
    fn multiply_add(
        &self,
        sum: &mut [u64; LANES],
        (): &mut (),
        left: [u32; LANES],
        right: [u32; LANES],
    ) {
        for ((sum, left), right) in sum.iter_mut().zip(left).zip(right) {
            *sum = sum.wrapping_add(u64::from(left).wrapping_mul(u64::from(right)));
        }
    }

    #[inline(always)]
    fn add_high(&self, sum: [u64; LANES], (): ()) -> [u64; LANES] {
        sum
    }

    #[inline(always)]
    fn add(&self, mut left: [u64; LANES], right: [u64; LANES]) -> [u64; LANES] {
        for (left, right) in left.iter_mut().zip(right) {
            *left = left.wrapping_add(right);
        }
        left
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a limb is below 2^28")]
    fn split(&self, sum: [u64; LANES]) -> ([u32; LANES], [u64; LANES]) {
        let limb = 1_u64.wrapping_shl(self.width).wrapping_sub(1);
        (
            sum.map(|sum| (sum & limb) as u32),
            sum.map(|sum| sum.wrapping_shr(self.width)),
        )
    }

    #[inline(always)]
    fn widen(&self, limb: [u32; LANES]) -> [u64; LANES] {
        limb.map(u64::from)
    }

    #[inline(always)]
    fn double(&self, limb: [u32; LANES]) -> [u32; LANES] {
        limb.map(|limb| limb << 1)
    }

    #[inline(always)]
    fn mask(&self, index: u32, wanted: [u32; 2]) -> [u32; LANES] {
        let mut wanted = wanted.iter();
        array::from_fn(|_| {
            let difference = u64::from(wanted.next().map_or(0, |wanted| *wanted ^ index));
            // The borrow of 0 - difference, inverted.
            mask(crate::words::low(0_u64.wrapping_sub(difference) >> 63) ^ 1)
        })
    }

    #[inline(always)]
    fn merge(
        &self,
        mask: [u32; LANES],
        mut limb: [u32; LANES],
        other: [u32; LANES],
    ) -> [u32; LANES] {
        for ((limb, other), mask) in limb.iter_mut().zip(other).zip(mask) {
            *limb |= other & mask;
        }
        limb
    }
}
