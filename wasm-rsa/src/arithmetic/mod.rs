//! Arithmetic on single limbs: the part in which kernels differ.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod exact;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod fused;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod scalar;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use exact::Exact;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub(crate) use fused::Fused;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) use scalar::Scalar;

/// Arithmetic on limbs of two numbers at once, one in each lane.
///
/// No operation branches on a value, and none takes an index from one.
pub(crate) trait Arithmetic: Sized {
    /// Limbs at one position, one of each lane.
    type Limb: Copy;
    /// Sum of a column of products, before its carry is taken out.
    type Sum: Copy;
    /// High parts of a column's products, which belong to the next column.
    type High: Copy;
    /// Mask of ones in the lanes that a table's entry is taken for.
    type Mask: Copy;

    /// True if limbs are between -2^(w-1) and 2^(w-1), in place of 0 and 2^w.
    const BALANCED: bool;
    /// Zero in each lane.
    const ZERO: Self::Limb;
    /// Empty sum.
    const NO_SUM: Self::Sum;
    /// High parts of an empty column.
    const NO_HIGH: Self::High;

    /// Returns the arithmetic for moduli of `bits` bits, and for numbers of `bits + headroom` bits.
    fn for_size(bits: usize, headroom: usize) -> Self;

    /// Returns the number of bits of a limb.
    fn width(&self) -> u32;

    /// Packs one number for each lane into a limb.
    fn pack(&self, lanes: [i64; 2]) -> Self::Limb;
    /// Returns the numbers of the lanes.
    fn unpack(&self, limb: Self::Limb) -> [i64; 2];

    /// Returns the starting value of a column that gets the low parts of `low` products and the
    /// high parts of `high` products.
    fn start(&self, low: u64, high: u64) -> Self::Sum;
    /// Adds the product of two limbs.
    fn multiply_add(
        &self,
        sum: &mut Self::Sum,
        high: &mut Self::High,
        left: Self::Limb,
        right: Self::Limb,
    );
    /// Adds the high parts of the column before.
    fn add_high(&self, sum: Self::Sum, high: Self::High) -> Self::Sum;
    /// Adds two sums.
    fn add(&self, left: Self::Sum, right: Self::Sum) -> Self::Sum;
    /// Divides a finished column into its limb and the carry.
    fn split(&self, sum: Self::Sum) -> (Self::Limb, Self::Sum);
    /// Returns a limb as a sum.
    fn widen(&self, limb: Self::Limb) -> Self::Sum;
    /// Returns twice the limb. At most one factor of a product may be doubled.
    fn double(&self, limb: Self::Limb) -> Self::Limb;

    /// Returns a mask of the lanes in which `wanted` equals `index`.
    fn mask(&self, index: u32, wanted: [u32; 2]) -> Self::Mask;
    /// Returns `other` in the lanes of `mask`, where `limb` must be zero, and `limb` in the rest.
    fn merge(&self, mask: Self::Mask, limb: Self::Limb, other: Self::Limb) -> Self::Limb;
}
