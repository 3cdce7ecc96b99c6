//! Signed tokens and public keys (JOSE: RFC 7515 to RFC 7519), sans-IO.
//!
//! [`UnverifiedToken`] is a token whose header has been parsed, [`Published`] the key set of a party.

mod algorithm;
mod claims;
mod jwk;
mod published;
mod rsa;
mod selector;
#[cfg(test)]
mod tests;
mod unverified;
mod verification;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use jwk::Jwk;
pub use published::{Published, without_byte_order_mark};
pub use selector::{KeyNotFound, Selector};
pub use unverified::{MalformedToken, UnverifiedToken};
pub use verification::{Refused, VerificationError};
