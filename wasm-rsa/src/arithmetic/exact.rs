//! Signed limbs of 23 or 24 bits as doubles, for engines without a fused multiply-add.
//!
//! Products and sums of columns are integers below 2^53, so no operation rounds.

#![expect(clippy::inline_always, reason = "parts of the inner loops")]

use core::arch::wasm32::{
    f64x2, f64x2_add, f64x2_extract_lane, f64x2_mul, f64x2_splat, f64x2_sub, i64x2_eq, u64x2,
    u64x2_splat, v128, v128_and, v128_or,
};

use super::Arithmetic;

/// Arithmetic of 23- or 24-bit signed limbs, whose sums of products are exact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exact {
    width: u32,
    /// 3 * 2^(51 + width): beside it, a double's last bit is 2^width.
    rounder: v128,
    /// 2^-width, which scales a sum to its carry.
    scale: v128,
}

impl Arithmetic for Exact {
    type Limb = v128;
    type Sum = v128;
    type High = ();
    type Mask = v128;

    const BALANCED: bool = true;
    const ZERO: Self::Limb = u64x2(0, 0);
    const NO_SUM: Self::Sum = u64x2(0, 0);
    const NO_HIGH: Self::High = ();

    fn for_size(bits: usize, headroom: usize) -> Self {
        // A column has fewer than 2n products of at most 2^(2w-2), which must stay below 2^53. The rest of the column is
        // the carry, below 2^53-w, for which one product less is left room.
        let limbs = bits
            .saturating_add(headroom)
            .saturating_add(24)
            .div_ceil(24);
        let width = if limbs < 63 { 24 } else { 23 };
        let power = |exponent: u64| f64::from_bits(exponent.wrapping_add(1023) << 52);
        Self {
            width,
            rounder: f64x2_splat(3.0 * power(u64::from(width).wrapping_add(51))),
            scale: f64x2_splat(1.0 / power(width.into())),
        }
    }

    #[inline(always)]
    fn width(&self) -> u32 {
        self.width
    }

    #[expect(clippy::cast_precision_loss, reason = "limbs are below 2^53")]
    fn pack(&self, [first, second]: [i64; 2]) -> v128 {
        f64x2(first as f64, second as f64)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "limbs are integers below 2^53"
    )]
    fn unpack(&self, limb: v128) -> [i64; 2] {
        [
            f64x2_extract_lane::<0>(limb) as i64,
            f64x2_extract_lane::<1>(limb) as i64,
        ]
    }

    #[inline(always)]
    fn start(&self, _: u64, _: u64) -> v128 {
        Self::NO_SUM
    }

    #[inline(always)]
    fn multiply_add(&self, sum: &mut v128, (): &mut (), left: v128, right: v128) {
        *sum = f64x2_add(*sum, f64x2_mul(left, right));
    }

    #[inline(always)]
    fn add_high(&self, sum: v128, (): ()) -> v128 {
        sum
    }

    #[inline(always)]
    fn add(&self, left: v128, right: v128) -> v128 {
        f64x2_add(left, right)
    }

    #[inline(always)]
    fn split(&self, sum: v128) -> (v128, v128) {
        let rounded = f64x2_sub(f64x2_add(sum, self.rounder), self.rounder);
        (f64x2_sub(sum, rounded), f64x2_mul(rounded, self.scale))
    }

    #[inline(always)]
    fn widen(&self, limb: v128) -> v128 {
        limb
    }

    #[inline(always)]
    fn double(&self, limb: v128) -> v128 {
        f64x2_add(limb, limb)
    }

    #[inline(always)]
    fn mask(&self, index: u32, [first, second]: [u32; 2]) -> v128 {
        i64x2_eq(
            u64x2(first.into(), second.into()),
            u64x2_splat(index.into()),
        )
    }

    #[inline(always)]
    fn merge(&self, mask: v128, limb: v128, other: v128) -> v128 {
        v128_or(limb, v128_and(other, mask))
    }
}
