//! Ed25519 keys of callers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{Ed25519KeyPair, Ed25519PublicKey};

/// Private key of a caller.
#[derive(Clone)]
pub struct SigningKey(pub(crate) Ed25519KeyPair);

impl SigningKey {
    /// Makes a key from the 32 bytes of an Ed25519 seed (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        // PKCS#8 (RFC 8410 §7) is a fixed prefix and the seed.
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ];
        der.extend_from_slice(seed);
        Ed25519KeyPair::from_der(&der).ok().map(Self)
    }

    /// Returns the key that receivers verify with.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.public_key())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Public key of a caller.
#[derive(Clone, Debug)]
pub struct VerifyingKey(pub(crate) Ed25519PublicKey);

impl VerifyingKey {
    /// Parses base64url of the 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        Ed25519PublicKey::from_bytes(&bytes).ok().map(Self)
    }

    /// Encodes the key in base64url, for configuration.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_bytes())
    }
}
