//! The private operation: `message^d mod n`, by the Chinese remainder theorem, both primes at once.

use alloc::vec::Vec;

use crate::arithmetic::Arithmetic;
use crate::montgomery::{Element, Montgomery};
use crate::words::{self, WORD, Words};

/// Bits of an exponent that one multiplication takes.
const WINDOW: usize = 5;

/// The parts of a private key, as PKCS #1 has them (RFC 8017 §3.2), already checked to fit together.
pub(crate) struct Parts {
    pub(crate) public_exponent: u32,
    /// Two primes of equally many bits.
    pub(crate) primes: [Words; 2],
    /// `d` modulo each prime less one.
    pub(crate) exponents: [Words; 2],
    /// The inverse of the second prime modulo the first.
    pub(crate) coefficient: Words,
}

/// A private key prepared for one kind of arithmetic.
pub(crate) struct Private<A: Arithmetic> {
    montgomery: Montgomery<A>,
    public_exponent: u32,
    primes: [Words; 2],
    /// Exponents of the primes, less one: the blinding supplies the missing factor.
    exponents: [Words; 2],
    one: Element<A>,
    /// R^2, which brings the lower half of a message into Montgomery form.
    lower: Element<A>,
    /// R^2 times 2 to the bits of that half, for the upper half.
    upper: Element<A>,
    coefficient: Element<A>,
}

impl<A: Arithmetic> Private<A> {
    pub(crate) fn new(parts: &Parts) -> Self {
        let [first, second] = &parts.primes;
        let length = first.len();
        let montgomery = Montgomery::<A>::new([first, second]);
        let mut scratch = montgomery.scratch();
        let lower = montgomery.power_of_two(montgomery.radix_bits());
        let mut upper = montgomery.power_of_two(length.saturating_mul(WORD));
        montgomery.multiply(&mut upper, &lower, &mut scratch);
        let mut coefficient = montgomery.load([&parts.coefficient, &[]]);
        montgomery.multiply(&mut coefficient, &lower, &mut scratch);
        let less_one = |exponent: &Words| {
            let mut exponent = words::resized(exponent, length);
            words::subtract(&mut exponent, &[1]);
            exponent
        };
        Self {
            public_exponent: parts.public_exponent,
            primes: parts.primes.clone(),
            exponents: parts.exponents.each_ref().map(less_one),
            one: montgomery.one(),
            lower,
            upper,
            coefficient,
            montgomery,
        }
    }

    /// Words of each of the two random numbers that an operation takes.
    pub(crate) fn random_words(&self) -> usize {
        self.primes
            .iter()
            .map(|prime| prime.len())
            .max()
            .unwrap_or_default()
    }

    /// Returns `message^d mod n`, or nothing if the result does not stand the check.
    ///
    /// `message` is below `n`. `random` are numbers that nobody can guess, new for each operation.
    pub(crate) fn apply(&self, message: &[u32], random: [&[u32]; 2]) -> Option<Words> {
        let [first, second] = &self.primes;
        let montgomery = &self.montgomery;
        let mut scratch = montgomery.scratch();
        let message = self.enter(message);

        // With r^e as the blinding factor: (m * r^e)^(d - 1) * m * r^(e - 1) = m^d. So no inverse of r is needed.
        let random = montgomery.load(random);
        let factor = self.power_of_public(&random, self.public_exponent.wrapping_sub(1));
        let mut blinded = random;
        montgomery.multiply(&mut blinded, &factor, &mut scratch);
        montgomery.multiply(&mut blinded, &message, &mut scratch);
        let mut power = self.power(&blinded);
        montgomery.multiply(&mut power, &message, &mut scratch);
        montgomery.multiply(&mut power, &factor, &mut scratch);
        let [modulo_first, modulo_second] = self.leave(power);

        // s = s2 + q * ((s1 - s2) * q^-1 mod p). The primes have equally many bits, so s2 is below 2p.
        let reduced = words::reduce_once(&modulo_second, first);
        let difference = words::subtract_modulo(&modulo_first, &reduced, first);
        let mut quotient = montgomery.load([&difference, &[]]);
        montgomery.multiply(&mut quotient, &self.coefficient, &mut scratch);
        let [quotient, _] = montgomery.store(&quotient);
        let mut result = words::product(&quotient, second);
        words::add(&mut result, &modulo_second);

        // A result that is wrong modulo one prime alone would tell the other one.
        let raised = self.power_of_public(&self.enter(&result), self.public_exponent);
        let raised = self.leave(raised);
        let expected = self.leave(message);
        let mut pairs = raised.iter().zip(&expected);
        let holds = pairs.all(|(raised, expected)| words::is_equal(raised, expected));
        holds.then_some(result)
    }

    /// Returns a number of twice the primes' words in Montgomery form.
    fn enter(&self, number: &[u32]) -> Element<A> {
        let montgomery = &self.montgomery;
        let mut scratch = montgomery.scratch();
        let middle = number.len().min(self.random_words());
        let (low, high) = number.split_at(middle);
        let mut sum = montgomery.load([low, low]);
        montgomery.multiply(&mut sum, &self.lower, &mut scratch);
        let mut high = montgomery.load([high, high]);
        montgomery.multiply(&mut high, &self.upper, &mut scratch);
        montgomery.add(&mut sum, &high);
        // Back below 2m.
        montgomery.multiply(&mut sum, &self.one, &mut scratch);
        sum
    }

    /// Returns the numbers that are `element` in Montgomery form, below each prime.
    fn leave(&self, mut element: Element<A>) -> [Words; 2] {
        let unit = self.montgomery.load([&[1], &[1]]);
        self.montgomery
            .multiply(&mut element, &unit, &mut self.montgomery.scratch());
        self.montgomery.store(&element)
    }

    /// Raises `base` to the secret exponents. All windows of an exponent take the same time,
    /// whatever their value.
    fn power(&self, base: &Element<A>) -> Element<A> {
        let montgomery = &self.montgomery;
        let mut scratch = montgomery.scratch();
        let mut table: Vec<Element<A>> = Vec::with_capacity(1 << WINDOW);
        table.extend([self.one.clone(), base.clone()]);
        while let (true, Some(half)) = (table.len() < 1 << WINDOW, table.get(table.len() / 2)) {
            let mut even = half.clone();
            montgomery.square(&mut even, &mut scratch);
            let mut odd = even.clone();
            montgomery.multiply(&mut odd, base, &mut scratch);
            table.extend([even, odd]);
        }
        let mut windows = (0..self.random_words().saturating_mul(WORD).div_ceil(WINDOW)).rev();
        let wanted = |index| {
            self.exponents
                .each_ref()
                .map(|exponent| window(exponent, index))
        };
        let mut power = self.one.clone();
        montgomery.select(&table, windows.next().map_or([0, 0], wanted), &mut power);
        let mut entry = power.clone();
        for index in windows {
            for _ in 0..WINDOW {
                montgomery.square(&mut power, &mut scratch);
            }
            montgomery.select(&table, wanted(index), &mut entry);
            montgomery.multiply(&mut power, &entry, &mut scratch);
        }
        power
    }

    /// Returns `base` to an exponent that is no secret, at least 1.
    fn power_of_public(&self, base: &Element<A>, exponent: u32) -> Element<A> {
        let mut scratch = self.montgomery.scratch();
        let mut power = base.clone();
        for shift in (0..exponent.ilog2()).rev() {
            self.montgomery.square(&mut power, &mut scratch);
            if (exponent >> shift) & 1 == 1 {
                self.montgomery.multiply(&mut power, base, &mut scratch);
            }
        }
        power
    }
}

/// Returns window `index` of an exponent, counted from the lowest.
fn window(exponent: &[u32], index: usize) -> u32 {
    let bit = index.saturating_mul(WINDOW);
    let mut words = exponent.iter().skip(bit / WORD);
    let mut word = || u64::from(words.next().copied().unwrap_or(0));
    let both = word() | (word() << 32);
    words::low(both >> (bit % WORD)) & ((1 << WINDOW) - 1)
}
