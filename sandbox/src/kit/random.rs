//! Random values: identifiers, states and secrets, new at each start.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 32 random bytes.
pub(crate) fn bytes() -> Result<[u8; 32], Unspecified> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes)?;
    Ok(bytes)
}

/// Returns 32 random bytes in base64url: 43 characters.
pub(crate) fn token() -> Result<String, Unspecified> {
    Ok(URL_SAFE_NO_PAD.encode(bytes()?))
}
