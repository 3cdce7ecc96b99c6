//! Multiplication and squaring with Montgomery reduction, by columns, in tiles of four rows.
//!
//! A tile adds four rows of a product to the columns that they fall into, so that a column is read and written once for
//! four products. Digits of the reduction depend on each other and are slow for their latency, so the next rows of the
//! product, which do not depend on them, come between a tile's digits and the multiples of the modulus.
//!
//! Loops run over lengths, never over values: what is executed depends on the size of the modulus alone.

#![expect(
    clippy::inline_always,
    reason = "each is part of one loop; a call would cost more than what it does"
)]

use core::slice;

use crate::arithmetic::Arithmetic;

/// Number of rows that a pass adds at a time.
const ROWS: usize = 4;

/// Columns that a round of the inner loop adds to.
const BLOCK: usize = 4;

/// Adds the product of `left` and `right` and its reduction to `sums`, which hold the starting values.
///
/// Factors have an even number of limbs, `modulus` one less, and `sums` twice as many.
#[inline(always)]
pub(super) fn multiply<A: Arithmetic>(
    arithmetic: &A,
    sums: &mut [A::Sum],
    left: &[A::Limb],
    right: &[A::Limb],
    modulus: &[A::Limb],
) {
    let (tiles, rest) = left.as_chunks::<ROWS>();
    reduce(arithmetic, sums, modulus, left.len(), |sums, tile| {
        let sums = from(sums, tile.wrapping_mul(ROWS));
        if let Some(rows) = tiles.get(tile) {
            add_rows(arithmetic, sums, rows, right);
        } else if let Some(rows) = rest.first_chunk::<2>() {
            add_rows(arithmetic, sums, rows, right);
        }
    });
}

/// Adds the square of `factor` and its reduction to `sums`, which hold the starting values.
///
/// `doubled` are the limbs of `factor`, each doubled. Lengths are as for [`multiply`].
#[inline(always)]
pub(super) fn square<A: Arithmetic>(
    arithmetic: &A,
    sums: &mut [A::Sum],
    factor: &[A::Limb],
    doubled: &[A::Limb],
    modulus: &[A::Limb],
) {
    let (tiles, rest) = factor.as_chunks::<ROWS>();
    let (doubled_tiles, doubled_rest) = doubled.as_chunks::<ROWS>();
    reduce(arithmetic, sums, modulus, factor.len(), |sums, tile| {
        let first = tile.wrapping_mul(ROWS);
        let column = first.wrapping_mul(2);
        if let (Some(rows), Some(doubled_rows)) = (tiles.get(tile), doubled_tiles.get(tile)) {
            add_square_of_four(arithmetic, from(sums, column), *rows, *doubled_rows);
            let right = doubled.get(first.wrapping_add(ROWS)..).unwrap_or_default();
            let sums = from(sums, column.wrapping_add(ROWS));
            if right.len() >= ROWS {
                add_rows(arithmetic, sums, rows, right);
            } else if let Some(right) = right.first_chunk::<2>() {
                add_rows(arithmetic, sums, right, rows);
            }
        } else if let (Some(rows), Some(doubled_rows)) =
            (rest.first_chunk::<2>(), doubled_rest.first_chunk::<2>())
        {
            add_square_of_two(arithmetic, from(sums, column), *rows, *doubled_rows);
        }
    });
}

/// Takes the carries out of finished columns: what is left are limbs.
#[inline(always)]
pub(super) fn carry<'a, A: Arithmetic + 'a>(
    arithmetic: &A,
    sums: impl Iterator<Item = A::Sum>,
    limbs: impl Iterator<Item = &'a mut A::Limb>,
) where
    A::Limb: 'a,
{
    let mut carry = A::NO_SUM;
    for (limb, sum) in limbs.zip(sums) {
        (*limb, carry) = arithmetic.split(arithmetic.add(sum, carry));
    }
}

/// Returns the columns from `first` on.
#[inline(always)]
fn from<S>(sums: &mut [S], first: usize) -> &mut [S] {
    sums.get_mut(first..).unwrap_or_default()
}

/// Reduces `sums` by `limbs` limbs. `add_product(sums, i)` adds tile `i` of the product; the last may have two rows.
#[inline(always)]
fn reduce<A: Arithmetic>(
    arithmetic: &A,
    sums: &mut [A::Sum],
    modulus: &[A::Limb],
    limbs: usize,
    add_product: impl Fn(&mut [A::Sum], usize),
) {
    let tiles = limbs / ROWS;
    add_product(sums, 0);
    for tile in 0..tiles {
        let column = tile.wrapping_mul(ROWS);
        let digits = digits::<A, ROWS>(arithmetic, from(sums, column), modulus);
        add_product(sums, tile.wrapping_add(1));
        digits.add_multiples(arithmetic, from(sums, column.wrapping_add(ROWS)), modulus);
    }
    if !limbs.is_multiple_of(ROWS) {
        let column = tiles.wrapping_mul(ROWS);
        let digits = digits::<A, 2>(arithmetic, from(sums, column), modulus);
        digits.add_multiples(arithmetic, from(sums, column.wrapping_add(2)), modulus);
    }
}

/// Digits of the reduction for `N` columns.
struct Digits<A: Arithmetic, const N: usize> {
    limbs: [A::Limb; N],
    /// The carry of the last of those columns.
    carry: A::Sum,
    /// High parts left for the next column.
    high: A::High,
}

/// Returns the digits that make the first `N` columns of `sums` zero: each is the lowest limb of its column.
#[inline(always)]
fn digits<A: Arithmetic, const N: usize>(
    arithmetic: &A,
    sums: &[A::Sum],
    modulus: &[A::Limb],
) -> Digits<A, N> {
    let mut found = Digits {
        limbs: [A::ZERO; N],
        carry: A::NO_SUM,
        high: A::NO_HIGH,
    };
    if let (Some(sums), Some(modulus)) = (sums.first_chunk::<N>(), modulus.first_chunk::<N>()) {
        found.add::<0>(arithmetic, sums, modulus);
        found.add::<1>(arithmetic, sums, modulus);
        found.add::<2>(arithmetic, sums, modulus);
        found.add::<3>(arithmetic, sums, modulus);
    }
    found
}

impl<A: Arithmetic, const N: usize> Digits<A, N> {
    /// Finds a digit, when `KNOWN` are known.
    #[inline(always)]
    fn add<const KNOWN: usize>(
        &mut self,
        arithmetic: &A,
        sums: &[A::Sum; N],
        modulus: &[A::Limb; N],
    ) {
        let (Some(sum), Some(digits), Some(modulus)) = (
            sums.get(KNOWN),
            self.limbs.first_chunk::<KNOWN>(),
            modulus.first_chunk::<KNOWN>(),
        ) else {
            return;
        };
        let mut sum = arithmetic.add(*sum, self.carry);
        add_column(arithmetic, &mut sum, &mut self.high, digits, modulus);
        if let Some(digit) = self.limbs.get_mut(KNOWN) {
            (*digit, self.carry) = arithmetic.split(sum);
        }
    }

    /// Adds the multiples of the modulus to the columns after those that the digits are for.
    #[inline(always)]
    fn add_multiples(self, arithmetic: &A, sums: &mut [A::Sum], modulus: &[A::Limb]) {
        if let Some(sum) = sums.first_mut() {
            *sum = arithmetic.add(*sum, self.carry);
        }
        add_full_columns(arithmetic, sums.iter_mut(), &self.limbs, modulus, self.high);
    }
}

/// Adds `rows` times `right`, which is no shorter.
#[inline(always)]
fn add_rows<A: Arithmetic, const N: usize>(
    arithmetic: &A,
    sums: &mut [A::Sum],
    rows: &[A::Limb; N],
    right: &[A::Limb],
) {
    let mut sums = sums.iter_mut();
    let mut high = A::NO_HIGH;
    if N > 1 {
        add_first::<A, 1>(arithmetic, &mut sums, rows, right, &mut high);
    }
    if N > 2 {
        add_first::<A, 2>(arithmetic, &mut sums, rows, right, &mut high);
    }
    if N > 3 {
        add_first::<A, 3>(arithmetic, &mut sums, rows, right, &mut high);
    }
    add_full_columns(arithmetic, sums, rows, right, high);
}

/// Adds `rows` times `right` from the first column with `N` products on.
#[inline(always)]
fn add_full_columns<A: Arithmetic, const N: usize>(
    arithmetic: &A,
    mut sums: slice::IterMut<'_, A::Sum>,
    rows: &[A::Limb; N],
    right: &[A::Limb],
    mut high: A::High,
) {
    let full = right.len().saturating_sub(N.wrapping_sub(1));
    let (columns, rest) = sums
        .into_slice()
        .split_at_mut_checked(full)
        .unwrap_or_default();
    // Engines keep no vector in a register from one round of a loop to the next, so a round has several columns.
    let mut windows = right.array_windows::<N>();
    let (blocks, columns) = columns.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for sum in block {
            if let Some(window) = windows.next() {
                add_column(arithmetic, sum, &mut high, rows, window);
            }
        }
    }
    for (sum, window) in columns.iter_mut().zip(windows) {
        add_column(arithmetic, sum, &mut high, rows, window);
    }
    sums = rest.iter_mut();
    if N > 3 {
        add_last::<A, 3>(arithmetic, &mut sums, rows, right, &mut high);
    }
    if N > 2 {
        add_last::<A, 2>(arithmetic, &mut sums, rows, right, &mut high);
    }
    if N > 1 {
        add_last::<A, 1>(arithmetic, &mut sums, rows, right, &mut high);
    }
    if let Some(sum) = sums.next() {
        *sum = arithmetic.add_high(*sum, high);
    }
}

/// Adds the first column with `K` products.
#[inline(always)]
fn add_first<A: Arithmetic, const K: usize>(
    arithmetic: &A,
    sums: &mut slice::IterMut<'_, A::Sum>,
    rows: &[A::Limb],
    right: &[A::Limb],
    high: &mut A::High,
) {
    if let (Some(sum), Some(rows), Some(right)) = (
        sums.next(),
        rows.first_chunk::<K>(),
        right.first_chunk::<K>(),
    ) {
        add_column(arithmetic, sum, high, rows, right);
    }
}

/// Adds the last column with `K` products.
#[inline(always)]
fn add_last<A: Arithmetic, const K: usize>(
    arithmetic: &A,
    sums: &mut slice::IterMut<'_, A::Sum>,
    rows: &[A::Limb],
    right: &[A::Limb],
    high: &mut A::High,
) {
    if let (Some(sum), Some(rows), Some(right)) =
        (sums.next(), rows.last_chunk::<K>(), right.last_chunk::<K>())
    {
        add_column(arithmetic, sum, high, rows, right);
    }
}

/// Adds the square of four limbs: each product of two different limbs once, with the other one doubled.
#[inline(always)]
fn add_square_of_four<A: Arithmetic>(
    arithmetic: &A,
    sums: &mut [A::Sum],
    [a, b, c, d]: [A::Limb; 4],
    [_, doubled_b, doubled_c, doubled_d]: [A::Limb; 4],
) {
    let Some([first, second, third, fourth, fifth, sixth, seventh, eighth]) =
        sums.first_chunk_mut::<8>()
    else {
        return;
    };
    let mut high = A::NO_HIGH;
    add_column(arithmetic, first, &mut high, &[a], &[a]);
    add_column(arithmetic, second, &mut high, &[a], &[doubled_b]);
    add_column(arithmetic, third, &mut high, &[a, b], &[b, doubled_c]);
    add_column(
        arithmetic,
        fourth,
        &mut high,
        &[a, b],
        &[doubled_c, doubled_d],
    );
    add_column(arithmetic, fifth, &mut high, &[b, c], &[c, doubled_d]);
    add_column(arithmetic, sixth, &mut high, &[c], &[doubled_d]);
    add_column(arithmetic, seventh, &mut high, &[d], &[d]);
    *eighth = arithmetic.add_high(*eighth, high);
}

/// Adds the square of two limbs.
#[inline(always)]
fn add_square_of_two<A: Arithmetic>(
    arithmetic: &A,
    sums: &mut [A::Sum],
    [a, b]: [A::Limb; 2],
    [_, doubled_b]: [A::Limb; 2],
) {
    let Some([first, second, third, fourth]) = sums.first_chunk_mut::<4>() else {
        return;
    };
    let mut high = A::NO_HIGH;
    add_column(arithmetic, first, &mut high, &[a], &[a]);
    add_column(arithmetic, second, &mut high, &[a], &[doubled_b]);
    add_column(arithmetic, third, &mut high, &[b], &[b]);
    *fourth = arithmetic.add_high(*fourth, high);
}

/// Adds `K` products to a column, the first limb of `left` with the last of `right`, and the high parts of the column before,
/// for which it leaves its own.
#[inline(always)]
fn add_column<A: Arithmetic, const K: usize>(
    arithmetic: &A,
    sum: &mut A::Sum,
    high: &mut A::High,
    left: &[A::Limb; K],
    right: &[A::Limb; K],
) {
    *sum = arithmetic.add_high(*sum, *high);
    *high = A::NO_HIGH;
    for (left, right) in left.iter().zip(right.iter().rev()) {
        arithmetic.multiply_add(sum, high, *left, *right);
    }
}
