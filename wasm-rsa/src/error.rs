//! Errors. None of them holds a value of a key or a message.

use core::error::Error;
use core::fmt;

/// Error of reading a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyError {
    /// The encoding is not DER of the expected structure, names another algorithm, or has more than two primes.
    Encoding,
    /// The modulus is not of 2048 to 4096 bits.
    Size,
    /// The modulus is even, or the public exponent is even, below 3 or above 2^32.
    Public,
    /// The primes have different lengths.
    Primes,
    /// The numbers do not fit together: they belong to different keys, or one of them is damaged.
    Inconsistent,
    /// The kernel that was asked for does not run on this engine.
    Kernel,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "the key is not an RSA key in DER",
            Self::Size => "the modulus is not of 2048 to 4096 bits",
            Self::Public => "the modulus or the public exponent is not one of RSA",
            Self::Primes => "the primes of the key have different lengths",
            Self::Inconsistent => "the numbers of the key do not fit together",
            Self::Kernel => "the kernel does not run on this engine",
        })
    }
}

impl Error for KeyError {}

/// Error of signing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignError {
    /// The random number generator failed.
    Randomness,
    /// The result was not a signature of the message, and is withheld because it would reveal the key.
    Fault,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Randomness => "the random number generator failed",
            Self::Fault => "the signature was wrong and is withheld",
        })
    }
}

impl Error for SignError {}

/// The signature is not one of the message with this key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VerifyError;

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature is not valid")
    }
}

impl Error for VerifyError {}
