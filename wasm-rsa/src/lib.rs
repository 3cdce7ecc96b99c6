#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

extern crate alloc;

mod arithmetic;
mod encoding;
mod error;
mod hash;
#[cfg(feature = "hazmat")]
pub mod hazmat;
mod kernel;
mod limbs;
mod montgomery;
mod private;
mod private_key;
mod pss;
mod public;
mod public_key;
mod reducer;
mod traits;
mod words;

pub use error::{KeyError, SignError, VerifyError};
pub use hash::Hash;
pub use kernel::Kernel;
pub use private_key::{PrivateKey, PrivateKeyComponents};
pub use public_key::PublicKey;
pub use signature;
pub use traits::{HashFunction, Signature, SigningKey, VerifyingKey};
