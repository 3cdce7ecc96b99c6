//! Credentials with which programs call each other: a JWT (RFC 7519) under the caller's own Ed25519 key (RFC 8037), signed for
//! one request and good for 30 seconds.
//!
//! | Claim | |
//! |---|---|
//! | `iss`, `sub` | name of the caller, by which the receiver chooses the key |
//! | `aud` | receiver: `token`, or [`EGRESS`] |
//! | `method`, `path` | of the request; the path as the receiver gets it, with the query where there is one |
//! | `body_sha256` | SHA-256 of the body in base64url without padding; that of no bytes where there is no body |
//! | `iat`, `exp` | at most 30 seconds apart |
//! | `jti` | random |
//! | `consumer` | organisation that the call is for; not in a credential for [`EGRESS`] |
//!
//! A caller may show a credential again for an identical request ([`Signer`]), and a receiver may remember until its end that
//! its signature is good ([`Verifier`]). An attacker who captures one can repeat that very request, and no other, until then.
//!
//! # Examples
//!
//! ```
//! use credential::{BoundRequest, Signer, SigningKey, Verifier};
//! use time::OffsetDateTime;
//!
//! let key = SigningKey::from_seed(&[7; 32]).ok_or("not a seed")?;
//! let keys = [key.verifying_key()];
//! let now = OffsetDateTime::now_utc();
//! let request = BoundRequest::new("token", "POST", "/token", b"scope=a").for_consumer("310000205");
//! let credential = Signer::new("payroll", key).sign(now, || "a random id".to_owned(), &request)?;
//!
//! let verified = Verifier::new("token").verify(&credential, "payroll", &keys, "POST", "/token", now)?;
//! verified.check_body(b"scope=a")?;
//! assert_eq!(verified.consumer(), Some("310000205"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod key;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use digest::{BodyDigest, BodyHasher};
pub use key::{SigningKey, VerifyingKey};
pub use sign::{BoundRequest, Signer};
pub use verify::{Credential, Verifier, claimed_subject};

/// Audience of a credential for `innsyn egress`.
pub const EGRESS: &str = "egress";

/// Header with a component's credential for `innsyn egress`, as `Bearer` and the credential. A guest of WASI cannot set
/// `Proxy-Authorization`.
pub const EGRESS_HEADER: &str = "innsyn-proxy-authorization";

/// Longest time from `iat` to `exp`, in seconds.
const LIFETIME: u64 = 30;

/// Longest time that the caller's clock may be ahead of the receiver's, in seconds. None is added to `exp`.
const AHEAD: u64 = 5;

/// Maximum length of a credential, in bytes.
const LONGEST: usize = 4096;

/// Claims beside those that every JWT may have. Each is optional here, so that a missing one is named.
#[derive(Clone, Deserialize, Serialize)]
struct Claims {
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer: Option<String>,
    method: Option<String>,
    path: Option<String>,
    body_sha256: Option<String>,
}

/// Reason why a credential is not made or not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum CredentialError {
    /// Signing with the caller's key failed.
    #[error("the key does not sign")]
    Signing,
    /// Not a JWT under a key of this caller, for this receiver.
    #[error(
        "the credential is not signed with a key of this caller, or is for another receiver (aud)"
    )]
    Refused,
    /// A claim is missing, or cannot be read.
    #[error(
        "the credential names no {0}: it must name method, path, body_sha256, iat, exp and jti"
    )]
    Missing(&'static str),
    /// Lifetime of more than 30 seconds, or none.
    #[error("the credential's exp is not within 30 seconds after its iat")]
    Lifetime,
    /// `exp` is past.
    #[error("the credential has expired: it lives for 30 seconds at most")]
    Expired,
    /// `iat` or `nbf` is more than five seconds ahead.
    #[error(
        "the credential is from a later time than the receiver's: the clocks differ by more than five seconds"
    )]
    Early,
    /// Signed for another method or path.
    #[error("the credential is for another method or path")]
    OtherRequest,
    /// Signed for another body.
    #[error("the credential is for another body: body_sha256 is not the SHA-256 of this one")]
    OtherBody,
}

/// Whole seconds since 1970; zero before.
fn seconds(time: time::OffsetDateTime) -> u64 {
    u64::try_from(time.unix_timestamp()).unwrap_or_default()
}
