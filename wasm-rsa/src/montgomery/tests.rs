use alloc::vec;
use alloc::vec::Vec;

use super::Montgomery;
use crate::arithmetic::{Arithmetic, Scalar};
use crate::words::{self, Words};

/// Words that look random (Marsaglia's xorshift).
fn numbers(length: usize, state: &mut u64) -> Words {
    let mut word = || {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        words::low(*state)
    };
    (0..length).map(|_| word()).collect::<Vec<_>>().into()
}

fn odd(length: usize, highest: u32, state: &mut u64) -> Words {
    let mut modulus = numbers(length, state);
    modulus[0] |= 1;
    modulus[length - 1] = highest;
    modulus
}

/// Compares products and squares with schoolbook multiplication and division.
fn check<A: Arithmetic>(moduli: [&[u32]; 2], state: &mut u64) {
    let montgomery = Montgomery::<A>::new(moduli);
    let mut scratch = montgomery.scratch();
    let square_of_radix = montgomery.power_of_two(montgomery.radix_bits());
    let lengths = moduli[0].len();
    let [left, right] = [numbers(lengths, state), numbers(lengths, state)];
    let expected = |left: &[u32], right: &[u32], modulus: &[u32]| {
        words::remainder(&words::product(left, right), modulus)
    };

    let mut product = montgomery.load([&left, &right]);
    montgomery.multiply(&mut product, &square_of_radix, &mut scratch);
    montgomery.multiply(
        &mut product,
        &montgomery.load([&right, &right]),
        &mut scratch,
    );
    let [first, second] = montgomery.store(&product);
    assert_eq!(first, expected(&left, &right, moduli[0]));
    assert_eq!(second, expected(&right, &right, moduli[1]));

    let mut square = montgomery.load([&left, &right]);
    montgomery.multiply(&mut square, &square_of_radix, &mut scratch);
    montgomery.square(&mut square, &mut scratch);
    montgomery.multiply(&mut square, &montgomery.load([&[1], &[1]]), &mut scratch);
    let [first, second] = montgomery.store(&square);
    assert_eq!(first, expected(&left, &left, moduli[0]));
    assert_eq!(second, expected(&right, &right, moduli[1]));
}

#[test]
fn products_and_squares_are_right_for_every_size() {
    let mut state = 0x1234_5678_9abc_def1;
    // Lengths with each remainder of limbs, and moduli whose highest word has one bit or all.
    for length in (32..=64).step_by(3).chain([64, 96, 127, 128]) {
        for highest in [1, 0x8000_0000, 0xffff_ffff] {
            let [first, second] = [
                odd(length, highest, &mut state),
                odd(length, highest, &mut state),
            ];
            check::<Scalar<2>>([&first, &second], &mut state);
        }
    }
}

#[test]
fn moduli_of_ones_are_no_exception() {
    let ones = vec![u32::MAX; 32];
    let mut least = vec![0; 32];
    least[0] = 1;
    least[31] = 0x8000_0000;
    check::<Scalar<2>>([&ones, &least], &mut 1);
}

#[test]
fn one_is_the_radix_and_powers_of_two_are_doubled_from_it() {
    let mut state = 7;
    let modulus = odd(33, 3, &mut state);
    let montgomery = Montgomery::<Scalar<2>>::new([&modulus, &modulus]);
    for exponent in [0, 1, 31, 32, 1000, 1055] {
        let mut power = montgomery.power_of_two(exponent);
        montgomery.multiply(
            &mut power,
            &montgomery.load([&[1], &[1]]),
            &mut montgomery.scratch(),
        );
        let mut expected = words::zero(exponent / 32 + 1);
        expected[exponent / 32] = 1 << (exponent % 32);
        assert_eq!(
            montgomery.store(&power)[0],
            words::remainder(&expected, &modulus),
            "{exponent}"
        );
    }
}

#[test]
fn a_selection_takes_each_lane_from_its_own_entry() {
    let modulus = vec![u32::MAX; 32];
    let montgomery = Montgomery::<Scalar<2>>::new([&modulus, &modulus]);
    let table: Vec<_> = (0..8_u32)
        .map(|entry| montgomery.load([&[entry], &[100 + entry]]))
        .collect();
    let mut entry = montgomery.load([&[999], &[999]]);
    montgomery.select(&table, [5, 2], &mut entry);
    let [first, second] = montgomery.store(&entry);
    assert_eq!((first[0], second[0]), (5, 102));
}
