//! Does what it reads, a line for each operation, and writes a line for each result. Numbers are hexadecimal.
//!
//! For tests and measurements, native and as WebAssembly.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::time::Instant;

use wasm_rsa::{Hash, Kernel, PrivateKey, PrivateKeyComponents, PublicKey, hazmat};

type Failure = Box<dyn Error>;

#[derive(Default)]
struct Worker {
    private: Option<PrivateKey>,
    public: Option<PublicKey>,
}

impl Worker {
    fn answer(&mut self, line: &str) -> Result<String, Failure> {
        let words: Vec<&str> = line.split(' ').collect();
        let [operation, words @ ..] = words.as_slice() else {
            return Err("no operation".into());
        };
        match (*operation, words) {
            ("fastest", []) => Ok(format!("{:?}", Kernel::fastest())),
            ("private", [kernel, numbers @ ..]) => self.private(parse_kernel(kernel)?, numbers),
            ("public", [kernel, modulus, exponent]) => {
                let key = PublicKey::with_kernel(
                    parse_kernel(kernel)?,
                    &bytes(modulus)?,
                    &bytes(exponent)?,
                )?;
                self.public = Some(key);
                Ok("ready".to_owned())
            }
            ("sign", [hash, message]) => Ok(hex(&self
                .private_key()?
                .sign(parse_hash(hash)?, &bytes(message)?)?)),
            ("private-operation", [number]) => {
                let mut rng = getrandom::SysRng;
                let result =
                    hazmat::private_operation(self.private_key()?, &mut rng, &bytes(number)?)?;
                Ok(hex(&result.ok_or("not below the modulus")?))
            }
            ("public-operation", [number]) => {
                let result = hazmat::public_operation(self.public_key()?, &bytes(number)?);
                Ok(hex(&result.ok_or("not below the modulus")?))
            }
            ("verify", [hash, message, signature]) => {
                let (message, signature) = (bytes(message)?, bytes(signature)?);
                let result = self
                    .public_key()?
                    .verify(parse_hash(hash)?, &message, &signature);
                Ok(if result.is_ok() { "valid" } else { "invalid" }.to_owned())
            }
            ("verify-pss", [hash, message, signature]) => {
                let (message, signature) = (bytes(message)?, bytes(signature)?);
                let result = self
                    .public_key()?
                    .verify_pss(parse_hash(hash)?, &message, &signature);
                Ok(if result.is_ok() { "valid" } else { "invalid" }.to_owned())
            }
            // Nothing but signing: reading and writing numbers takes times that depend on them.
            ("sign-often", [count, hash, message]) => {
                let (key, hash, message) =
                    (self.private_key()?, parse_hash(hash)?, bytes(message)?);
                for _ in 0..count.parse()? {
                    key.sign(hash, &message)?;
                }
                Ok("done".to_owned())
            }
            ("repeat", [count, operation @ ..]) => self.repeat(count.parse()?, operation),
            _ => Err("unknown operation".into()),
        }
    }

    fn private(&mut self, kernel: Kernel, numbers: &[&str]) -> Result<String, Failure> {
        let numbers: Vec<Vec<u8>> = numbers
            .iter()
            .map(|number| bytes(number))
            .collect::<Result<_, _>>()?;
        let [
            modulus,
            public_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
        ] = numbers.as_slice()
        else {
            return Err("not seven numbers".into());
        };
        let components = PrivateKeyComponents {
            modulus,
            public_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
        };
        self.private = Some(PrivateKey::with_kernel(kernel, &components)?);
        Ok("ready".to_owned())
    }

    /// Returns the shortest time of an operation, in nanoseconds, without reading and writing its numbers.
    fn repeat(&self, count: u32, operation: &[&str]) -> Result<String, Failure> {
        match operation {
            ["sign", hash, message] => {
                let (hash, message) = (parse_hash(hash)?, bytes(message)?);
                let key = self.private_key()?;
                shortest(count, || Ok(key.sign(hash, &message)?))
            }
            ["verify", hash, message, signature] => {
                let (hash, message, signature) =
                    (parse_hash(hash)?, bytes(message)?, bytes(signature)?);
                let key = self.public_key()?;
                shortest(count, || Ok(key.verify(hash, &message, &signature)?))
            }
            ["public", kernel, modulus, exponent] => {
                let (kernel, modulus, exponent) =
                    (parse_kernel(kernel)?, bytes(modulus)?, bytes(exponent)?);
                shortest(count, || {
                    Ok(PublicKey::with_kernel(kernel, &modulus, &exponent)?)
                })
            }
            _ => Err("not an operation that is repeated".into()),
        }
    }

    fn private_key(&self) -> Result<&PrivateKey, Failure> {
        self.private.as_ref().ok_or_else(|| "no private key".into())
    }

    fn public_key(&self) -> Result<&PublicKey, Failure> {
        self.public.as_ref().ok_or_else(|| "no public key".into())
    }
}

fn shortest<T>(count: u32, operation: impl Fn() -> Result<T, Failure>) -> Result<String, Failure> {
    let mut shortest = u128::MAX;
    for _ in 0..count {
        let start = Instant::now();
        black_box(operation()?);
        shortest = shortest.min(start.elapsed().as_nanos());
    }
    Ok(shortest.to_string())
}

fn parse_kernel(name: &str) -> Result<Kernel, Failure> {
    match name {
        "fastest" => Ok(Kernel::fastest()),
        "fused" => Ok(Kernel::Fused),
        "exact" => Ok(Kernel::Exact),
        "scalar" => Ok(Kernel::Scalar),
        _ => Err("unknown kernel".into()),
    }
}

fn parse_hash(name: &str) -> Result<Hash, Failure> {
    match name {
        "sha256" => Ok(Hash::Sha256),
        "sha384" => Ok(Hash::Sha384),
        "sha512" => Ok(Hash::Sha512),
        _ => Err("unknown hash function".into()),
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, Failure> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.ok_or("not hexadecimal")?;
    Ok(digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
        .collect())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}

fn main() -> Result<(), Failure> {
    let mut worker = Worker::default();
    for line in stdin().lock().lines() {
        let answer = worker
            .answer(&line?)
            .unwrap_or_else(|error| format!("error: {error}"));
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}
