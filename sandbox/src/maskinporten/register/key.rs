//! A key registered on a client.

use jsonwebtoken::jwk::Jwk;
use time::{Duration, OffsetDateTime};

/// How long a registered key may be used after it was posted (Digdir, "Klientregistrering").
const KEY_LIFE: Duration = Duration::days(365);

/// How many keys a client may have.
pub(in crate::maskinporten) const MAX_KEYS: usize = 5;

/// A key registered on a client.
#[derive(Clone, Debug)]
pub struct RegisteredKey {
    /// Its identifier.
    pub kid: String,
    /// The public key. Its algorithm is that of the registration; assumption: a grant may be signed
    /// with another of the three.
    pub key: Jwk,
    /// When it was posted, or posted again.
    pub posted: OffsetDateTime,
    /// When it expires, if its owner wants that to be before it is a year old.
    pub expires: Option<OffsetDateTime>,
}

impl RegisteredKey {
    /// When it can no longer be used.
    pub(in crate::maskinporten) fn end(&self) -> OffsetDateTime {
        let year = self.posted.saturating_add(KEY_LIFE);
        self.expires.map_or(year, |expires| expires.min(year))
    }

    /// Whether it is too old to be used at `now`.
    pub(in crate::maskinporten) fn is_expired(&self, now: OffsetDateTime) -> bool {
        now > self.end()
    }
}
