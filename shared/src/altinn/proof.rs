//! The proof of a consent that a source is shown beside its token, and why one is not taken.

use http::{HeaderName, HeaderValue};
use thiserror::Error;

use super::{Mismatch, Refusal};
use crate::problem::{Kind, Problem};

/// A proof that was verified, as the source wants it. Good for one call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// What the source calls the header.
    pub name: HeaderName,
    /// The proof, as it came.
    pub value: HeaderValue,
}

/// What is wrong with a proof. Nothing of it is repeated: it holds the party's number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// Not a signed token, or without one of its claims.
    #[error("it is no consent token")]
    Malformed,
    /// Not RS256.
    #[error("its algorithm is not RS256")]
    Algorithm,
    /// Neither the primary nor the secondary key has its `kid` or `x5t`.
    #[error("Altinn publishes no key of its kid")]
    UnknownKey,
    /// Signed with another key, or changed since.
    #[error("its signature does not hold")]
    Signature,
    /// Another issuer than Altinn.
    #[error("its issuer is not Altinn")]
    Issuer,
    /// Its half minute is over, or the app's clock is fast.
    #[error("it has expired, or the app's clock is fast")]
    Expired,
    /// Its time has not come, or the app's clock is slow.
    #[error("it is not valid yet, or the app's clock is slow")]
    NotYet,
    /// It is the proof of another consent.
    #[error("it is the proof of another consent: {0}")]
    Mismatch(#[from] Mismatch),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::new(Kind::ProofRefused)
            .advice(format!("The consent token is not taken: {fault}"))
            .cause(fault)
    }
}

/// Why there is no proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unproven {
    /// There is one, and it is not taken.
    Fault(Fault),
    /// It, or the keys to it, could not be had.
    Problem(Box<Problem>),
}

impl From<Fault> for Unproven {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Problem> for Unproven {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Refusal> for Unproven {
    fn from(refusal: Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

impl From<Unproven> for Problem {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Fault(fault) => fault.into(),
            Unproven::Problem(problem) => *problem,
        }
    }
}
