//! Limbs of 51 bits as doubles, for engines whose `relaxed_madd` rounds once.
//!
//! For limbs `x` and `y` below 2^51 (one may be doubled), `h = fma(x, y, 2^103)` is `2^103` plus the product rounded to a
//! multiple of 2^51, and `fma(x, y, 2^103 + 3 * 2^51 - h)` is the exact rest, plus `3 * 2^51`. Both are in a range in
//! which the next double is the next integer, so their bits are added as integers. What the exponents add to those sums
//! is known beforehand from the number of products, and is subtracted in the column's starting value.
//!
//! The technique is N. Emmart's (Faster Modular Exponentiation Using Double Precision Floating Point Arithmetic on the
//! GPU, ARITH 2018), there with other rounding.

#![expect(clippy::inline_always, reason = "parts of the inner loops")]

use core::arch::wasm32::{
    f64x2, f64x2_add, f64x2_extract_lane, f64x2_relaxed_madd, f64x2_splat, f64x2_sub, i64x2_add,
    i64x2_eq, u64x2, u64x2_shr, u64x2_splat, v128, v128_and, v128_or,
};
use core::hint::black_box;

use super::Arithmetic;

const WIDTH: u32 = 51;
const LIMB: u64 = (1 << WIDTH) - 1;
/// 2^103. The last bit of a double of this size is 2^51.
const HIGH: f64 = f64::from_bits(HIGH_BITS);
/// 2^103 + 3 * 2^51: subtracting the high part from it leaves the low part, plus 3 * 2^51.
const HIGH_AND_LOW: f64 = f64::from_bits(HIGH_BITS + 3);
/// 2^52. The last bit of a double of this size is 1.
const LOW: f64 = f64::from_bits(LOW_BITS);
const HIGH_BITS: u64 = (1023 + 103) << 52;
const LOW_BITS: u64 = (1023 + 52) << 52;

/// Arithmetic of 51-bit limbs, with fused multiply-add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fused;

impl Fused {
    /// Returns whether multiply-add rounds once on this engine, in both lanes.
    pub(crate) fn is_available() -> bool {
        let above = f64x2_splat(black_box(1.0 + f64::EPSILON));
        let below = f64x2_splat(black_box(1.0 - f64::EPSILON));
        // Exactly -epsilon^2; zero if the product is rounded to 1 first.
        let rest = f64x2_relaxed_madd(above, below, f64x2_splat(black_box(-1.0)));
        let expected = -(f64::EPSILON * f64::EPSILON);
        let lanes = [f64x2_extract_lane::<0>(rest), f64x2_extract_lane::<1>(rest)];
        lanes
            .iter()
            .all(|lane| lane.to_bits() == expected.to_bits())
    }
}

impl Arithmetic for Fused {
    type Limb = v128;
    type Sum = v128;
    type High = v128;
    type Mask = v128;

    const BALANCED: bool = false;
    const ZERO: Self::Limb = u64x2(0, 0);
    const NO_SUM: Self::Sum = u64x2(0, 0);
    const NO_HIGH: Self::High = u64x2(0, 0);

    fn for_size(_: usize, _: usize) -> Self {
        Self
    }

    #[inline(always)]
    fn width(&self) -> u32 {
        WIDTH
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

    fn start(&self, low: u64, high: u64) -> v128 {
        // The bits of a low part are those of 2^52, plus 2^51, plus the part itself. 2^51 is 1 in the next column, so it is
        // subtracted there, together with what a high part brings.
        let low = LOW_BITS.wrapping_mul(low);
        let high = HIGH_BITS.wrapping_add(1).wrapping_mul(high);
        u64x2_splat(low.wrapping_add(high).wrapping_neg())
    }

    #[inline(always)]
    fn multiply_add(&self, sum: &mut v128, high: &mut v128, left: v128, right: v128) {
        let upper = f64x2_relaxed_madd(left, right, f64x2_splat(HIGH));
        let lower = f64x2_relaxed_madd(left, right, f64x2_sub(f64x2_splat(HIGH_AND_LOW), upper));
        *high = i64x2_add(*high, upper);
        *sum = i64x2_add(*sum, lower);
    }

    #[inline(always)]
    fn add_high(&self, sum: v128, high: v128) -> v128 {
        i64x2_add(sum, high)
    }

    #[inline(always)]
    fn add(&self, left: v128, right: v128) -> v128 {
        i64x2_add(left, right)
    }

    #[inline(always)]
    fn split(&self, sum: v128) -> (v128, v128) {
        let limb = v128_or(v128_and(sum, u64x2_splat(LIMB)), u64x2_splat(LOW_BITS));
        (f64x2_sub(limb, f64x2_splat(LOW)), u64x2_shr(sum, WIDTH))
    }

    #[inline(always)]
    fn widen(&self, limb: v128) -> v128 {
        v128_and(
            f64x2_add(limb, f64x2_splat(LOW)),
            u64x2_splat((1 << 52) - 1),
        )
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
