//! A key registered on a client.

use jsonwebtoken::jwk::Jwk;
use time::{Duration, OffsetDateTime};

/// Longest use of a registered key after it was posted (Digdir, "Klientregistrering").
const KEY_LIFE: Duration = Duration::days(365);

/// Number of keys that a client may have.
pub(in crate::maskinporten) const MAX_KEYS: usize = 5;

/// Public key registered on a client.
#[derive(Clone, Debug)]
pub struct RegisteredKey {
    /// Key identifier.
    pub kid: String,
    /// The public key. Its algorithm is that of the registration; assumption: a grant may be signed
    /// with another of the three.
    pub key: Jwk,
    /// Time when it was posted, or posted again.
    pub posted: OffsetDateTime,
    /// Expiry, if its owner requests one before the key is a year old.
    pub expires: Option<OffsetDateTime>,
}

impl RegisteredKey {
    /// Returns when it can no longer be used.
    pub(in crate::maskinporten) fn end(&self) -> OffsetDateTime {
        let year = self.posted.saturating_add(KEY_LIFE);
        self.expires.map_or(year, |expires| expires.min(year))
    }

    /// Returns whether it is too old to be used at `now`.
    pub(in crate::maskinporten) fn is_expired(&self, now: OffsetDateTime) -> bool {
        now > self.end()
    }
}
