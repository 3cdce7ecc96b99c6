//! SHA-256 of a body, at once or piece by piece.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::Hash;

/// SHA-256 of a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// Returns the digest of a whole body.
    pub fn from_body(body: &[u8]) -> Self {
        Self(Hash::hash(body))
    }

    /// Parses base64url without padding.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Incremental SHA-256 of a body that arrives in pieces.
#[derive(Clone, Default)]
pub struct BodyHasher(Hash);

impl BodyHasher {
    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Returns the digest of all pieces.
    pub fn finish(self) -> BodyDigest {
        BodyDigest(self.0.finalize())
    }
}

/// Hashes several texts, each preceded by its length, so that no other division of the same bytes
/// has the same digest.
pub(crate) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = Hash::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()
}
