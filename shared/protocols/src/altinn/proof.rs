//! Proof of a consent, presented to a source beside the access token, and the reasons to reject it.

use http::{HeaderName, HeaderValue};
use thiserror::Error;

use super::consent::Mismatch;
use super::refusal::Refusal;
use innsyn_core::problem::{Kind, Problem};

/// Verified proof, ready to be sent to the source. Valid for one call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// Name of the header at the source.
    pub name: HeaderName,
    /// The proof, unchanged.
    pub value: HeaderValue,
}

/// Fault of a proof. No text repeats any of it, since a proof holds the party's national identity
/// number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// Malformed token, or a missing claim.
    #[error("it is no consent token")]
    Malformed,
    /// Algorithm other than RS256.
    #[error("its algorithm is not RS256")]
    Algorithm,
    /// Neither the primary nor the secondary RS256 key has the token's `kid` or `x5t`.
    #[error("Altinn publishes no RS256 key of its kid or x5t")]
    UnknownKey,
    /// Signed with another key, or modified afterwards.
    #[error("its signature does not hold")]
    Signature,
    /// Issuer other than Altinn.
    #[error("its issuer is not Altinn")]
    Issuer,
    /// Older than its lifetime of half a minute, or this app's clock is fast.
    #[error("it has expired, or the app's clock is fast")]
    Expired,
    /// Start of validity in the future, or this app's clock is slow.
    #[error("it is not valid yet, or the app's clock is slow")]
    NotYet,
    /// Proof of another consent.
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

/// Reason why no proof is available.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProofError {
    /// The proof was rejected.
    Fault(Fault),
    /// The proof, or the keys to verify it, could not be fetched.
    Problem(Box<Problem>),
}

impl From<Fault> for ProofError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Problem> for ProofError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Refusal> for ProofError {
    fn from(refusal: Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

impl From<ProofError> for Problem {
    fn from(proof_error: ProofError) -> Self {
        match proof_error {
            ProofError::Fault(fault) => fault.into(),
            ProofError::Problem(problem) => *problem,
        }
    }
}
