//! Credentials between programs ([`credential`]), with the clock and randomness of the platform.

use crate::identifier::uuid;
use crate::platform::Platform;
use crate::secret::Secret;

pub use ::credential::{
    BodyDigest, BoundRequest, Credential, CredentialError, EGRESS, EGRESS_HEADER, Signer,
    SigningKey, Verifier, VerifyingKey, claimed_subject,
};

/// Signs `request` and returns the credential.
///
/// # Errors
/// [`CredentialError::Signing`].
pub fn sign(
    platform: &impl Platform,
    signer: &Signer,
    request: &BoundRequest<'_>,
) -> Result<Secret<String>, CredentialError> {
    let credential = signer.sign(platform.now(), || uuid(platform), request);
    credential.map(Secret::new)
}
