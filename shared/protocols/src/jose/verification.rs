//! Verification of a token with the keys of a set.

use std::fmt;

use jwt_simple::JWTError;
use jwt_simple::prelude::VerificationOptions;

use super::claims::Claims;
use super::jwk::Jwk;
use super::published::Published;
use super::selector::KeyNotFound;
use super::unverified::UnverifiedToken;
use innsyn_core::problem::Problem;

/// Reason why a token is not verified.
#[derive(Debug)]
pub enum VerificationError {
    /// The keys could not be fetched.
    Unavailable(Problem),
    /// Token that no key can verify.
    KeyNotFound(KeyNotFound),
    /// Invalid signature or claim.
    Refused(Refused),
}

/// Fault of a token whose key is known. No text repeats any of the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// Signed with another key, or modified afterwards.
    Signature,
    /// Unexpected `iss`.
    Issuer,
    /// Unexpected `aud`.
    Audience,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` is in the future.
    NotYet,
    /// `typ` of another kind of token than a JWT.
    Type,
    /// Claim whose form violates RFC 7519 §4.1.
    Claims,
    /// Not base64url.
    Encoding,
}

impl Published {
    /// Verifies a token with the keys of this set.
    ///
    /// # Errors
    /// [`VerificationError::KeyNotFound`] or [`VerificationError::Refused`].
    pub fn verify(
        &self,
        token: &UnverifiedToken<'_>,
        options: &VerificationOptions,
    ) -> Result<Claims, VerificationError> {
        let keys = token.selector.select(&self.keys);
        let keys = keys.map_err(VerificationError::KeyNotFound)?;
        token.verify(&keys, options)
    }
}

impl UnverifiedToken<'_> {
    /// Verifies the token with the given keys, in order.
    ///
    /// # Errors
    /// [`VerificationError`] with the result of the first key whose signature matches, or the error that
    /// none does.
    pub fn verify(
        &self,
        keys: &[&Jwk],
        options: &VerificationOptions,
    ) -> Result<Claims, VerificationError> {
        let options = VerificationOptions {
            // The total length was checked when the header was parsed.
            max_header_length: Some(self.token.len()),
            max_token_length: Some(self.token.len()),
            ..options.clone()
        };
        let mut ends = keys
            .iter()
            .filter_map(|key| self.selector.algorithm.verify(key, self.token, &options))
            .map(|end| end.map_err(|error| Refused::from(&error)))
            .peekable();
        if ends.peek().is_none() {
            return Err(VerificationError::KeyNotFound(
                self.selector.key_not_found(0),
            ));
        }
        let other_key = |end: &Result<Claims, Refused>| matches!(end, Err(Refused::Signature));
        let end = ends.find(|end| !other_key(end));
        end.unwrap_or(Err(Refused::Signature))
            .map_err(VerificationError::Refused)
    }
}

impl From<&jwt_simple::Error> for Refused {
    fn from(error: &jwt_simple::Error) -> Self {
        match error.downcast_ref() {
            Some(JWTError::InvalidSignature) => Self::Signature,
            Some(JWTError::RequiredIssuerMismatch | JWTError::RequiredIssuerMissing) => {
                Self::Issuer
            }
            Some(JWTError::RequiredAudienceMismatch | JWTError::RequiredAudienceMissing) => {
                Self::Audience
            }
            Some(JWTError::TokenHasExpired) => Self::Expired,
            Some(JWTError::TokenNotValidYet | JWTError::ClockDrift) => Self::NotYet,
            Some(JWTError::NotJWT) => Self::Type,
            // The text of another library's error may quote the token.
            None if error.is::<serde_json::Error>() => Self::Claims,
            Some(_) | None => Self::Encoding,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Signature => "the token's signature does not hold",
            Self::Issuer => "the token's issuer is another",
            Self::Audience => "the token is for another audience",
            Self::Expired => "the token has expired",
            Self::NotYet => "the token is not valid yet",
            Self::Type => "the token's typ is not that of a JWT",
            Self::Claims => "the token's claims are not what RFC 7519 has",
            Self::Encoding => "the token is not base64url",
        })
    }
}
