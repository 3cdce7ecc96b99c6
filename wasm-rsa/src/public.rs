//! The public operation: `signature^e mod n`.

use crate::arithmetic::Arithmetic;
use crate::montgomery::{Element, Montgomery};
use crate::words::Words;

/// A public key prepared for one kind of arithmetic.
pub(crate) struct Public<A: Arithmetic> {
    montgomery: Montgomery<A>,
    exponent: u32,
    /// R^2, which brings a number into Montgomery form.
    square_of_radix: Element<A>,
}

impl<A: Arithmetic> Public<A> {
    /// Prepares an odd modulus and an odd exponent of at least 3.
    pub(crate) fn new(modulus: &[u32], exponent: u32) -> Self {
        // Kernels have two lanes; the second does the work of the first again.
        let montgomery = Montgomery::new([modulus, modulus]);
        let square_of_radix = montgomery.power_of_two(montgomery.radix_bits());
        Self {
            montgomery,
            exponent,
            square_of_radix,
        }
    }

    /// Returns `number^e mod n` for a number below the modulus.
    pub(crate) fn apply(&self, number: &[u32]) -> Words {
        let montgomery = &self.montgomery;
        let mut scratch = montgomery.scratch();
        let number = montgomery.load([number, number]);
        let mut base = number.clone();
        montgomery.multiply(&mut base, &self.square_of_radix, &mut scratch);
        let mut power = base.clone();
        for shift in (1..self.exponent.ilog2()).rev() {
            montgomery.square(&mut power, &mut scratch);
            if (self.exponent >> shift) & 1 == 1 {
                montgomery.multiply(&mut power, &base, &mut scratch);
            }
        }
        montgomery.square(&mut power, &mut scratch);
        // The exponent is odd: the last factor, not in Montgomery form, takes the power out of it.
        montgomery.multiply(&mut power, &number, &mut scratch);
        let [result, _] = montgomery.store(&power);
        result
    }
}
