//! Token cache: lifetimes, renewal and eviction, by the same rules in every component.

use std::cell::RefCell;
use std::time::Duration;

use time::OffsetDateTime;

use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::platform::Platform;
use innsyn_core::secret::Secret;

/// Maximum head-room before expiry: a token is not stale earlier than this.
const LONGEST_HEAD_ROOM: time::Duration = time::Duration::seconds(30);

/// Maximum time-to-live of a cached token that rests on a party's consent or system user, so that a
/// withdrawal takes effect.
const PERMISSION: Duration = Duration::from_mins(2);

/// Minimum remaining lifetime: a token with less may expire in transit.
const JOURNEY: time::Duration = time::Duration::seconds(2);

/// Maximum number of tokens that one instance caches.
const MOST: usize = 256;

/// Source of a returned token: the `outcome` of the log's event `token`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// Cache of the instance, or another request of the instance that was already fetching it.
    Memory,
    /// Store: another instance had obtained it.
    Store,
    /// Maskinporten, just now.
    Issued,
}

impl Source {
    /// Logs one line for each returned token, so that mints and cache hits can be counted.
    pub(super) fn tell<P: Platform>(self, context: &Context<'_, P>) {
        let outcome = match self {
            Self::Memory => "memory",
            Self::Store => "store",
            Self::Issued => "minted",
        };
        context.log(&Event::new(Level::Info, "token", outcome));
    }
}

/// Access token with the time for which the app uses it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    pub(super) value: Secret<String>,
    pub(super) scope: String,
    pub(super) obtained: OffsetDateTime,
    pub(super) expires: OffsetDateTime,
}

impl Token {
    /// Creates a token that was obtained at `now` and expires after `lifetime`, or sooner for the
    /// cache if it rests on a party's permission.
    pub(super) fn new(
        value: Secret<String>,
        scope: String,
        now: OffsetDateTime,
        lifetime: Duration,
        permission: bool,
    ) -> Self {
        let lifetime = if permission {
            lifetime.min(PERMISSION)
        } else {
            lifetime
        };
        // No issuer grants tokens for a year; a longer lifetime is invalid and must not overflow.
        let lifetime = lifetime.min(Duration::from_hours(365 * 24));
        Self {
            value,
            scope,
            obtained: now,
            expires: now.saturating_add(time::Duration::seconds(
                i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX),
            )),
        }
    }

    /// Returns the value for `Authorization: Bearer …`.
    pub const fn value(&self) -> &Secret<String> {
        &self.value
    }

    /// Returns whether the token can be used without requesting a new one.
    ///
    /// The head-room is a quarter of the lifetime and at most 30 s: some scopes have tokens that
    /// live no longer than that.
    pub(super) fn is_fresh(&self, now: OffsetDateTime) -> bool {
        let quarter = self.lifetime().checked_div(4).unwrap_or_default();
        let head_room = LONGEST_HEAD_ROOM.min(quarter);
        now < self.expires.saturating_sub(head_room) && self.is_alive(now)
    }

    /// Returns whether the token is due for renewal ahead of time: from half of its lifetime on,
    /// later by up to an eighth of it in proportion to `jitter`, the instance's jitter.
    pub(super) fn is_refresh_due(&self, now: OffsetDateTime, jitter: u8) -> bool {
        // `jitter` is the fraction of an eighth, in parts of 255.
        let part = self.lifetime().saturating_mul(jitter.into());
        let later = part.checked_div(8 * 255).unwrap_or_default();
        let half = self.lifetime().checked_div(2).unwrap_or_default();
        now >= self.obtained.saturating_add(half).saturating_add(later)
    }

    /// Returns whether the token is still valid on arrival.
    pub(super) fn is_alive(&self, now: OffsetDateTime) -> bool {
        // A clock that was set back must not make an old token young.
        now.saturating_add(JOURNEY) < self.expires
            && now.saturating_add(LONGEST_HEAD_ROOM) > self.obtained
    }

    /// Returns the remaining lifetime, in seconds.
    pub(super) fn left(&self, now: OffsetDateTime) -> u64 {
        let seconds = between(now, self.expires).whole_seconds();
        u64::try_from(seconds).unwrap_or_default()
    }

    fn lifetime(&self) -> time::Duration {
        between(self.obtained, self.expires)
    }
}

/// Returns the time between two moments, however far apart a row says they are.
fn between(from: OffsetDateTime, to: OffsetDateTime) -> time::Duration {
    let nanoseconds = to
        .unix_timestamp_nanos()
        .saturating_sub(from.unix_timestamp_nanos());
    let nearest = nanoseconds.clamp(i64::MIN.into(), i64::MAX.into());
    time::Duration::nanoseconds(i64::try_from(nearest).unwrap_or_default())
}

/// Token cache of one instance, keyed by the whole identity.
#[derive(Debug)]
pub(super) struct TokenCache<K>(RefCell<Vec<(K, Token)>>);

impl<K: Clone + Eq> TokenCache<K> {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    pub(super) fn get(&self, identity: &K) -> Option<Token> {
        self.find(|key| key == identity)
    }

    /// Returns the token whose identity is the one that `is_it` recognises.
    pub(super) fn find(&self, is_it: impl Fn(&K) -> bool) -> Option<Token> {
        let cache = self.0.borrow();
        cache
            .iter()
            .find(|(key, _)| is_it(key))
            .map(|(_, token)| token.clone())
    }

    /// Stores a token in place of its predecessor. Eviction removes expired tokens first, then the
    /// one that expires first.
    pub(super) fn put(&self, identity: &K, token: Token, now: OffsetDateTime) {
        let mut cache = self.0.borrow_mut();
        cache.retain(|(key, token)| key != identity && token.is_alive(now));
        if cache.len() >= MOST {
            let first = cache
                .iter()
                .enumerate()
                .min_by_key(|(_, (_, token))| token.expires);
            if let Some(index) = first.map(|(index, _)| index) {
                cache.swap_remove(index);
            }
        }
        cache.push((identity.clone(), token));
    }

    /// Removes a token, unless another one has replaced it.
    pub(super) fn drop(&self, identity: &K, token: &Token) {
        self.0
            .borrow_mut()
            .retain(|(key, cache)| key != identity || cache.value != token.value);
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn token(seconds: u64, consent: bool) -> Token {
        let value = Secret::new("secret".to_owned());
        Token::new(
            value,
            "a".to_owned(),
            NOW,
            Duration::from_secs(seconds),
            consent,
        )
    }

    #[test]
    fn head_room_scales_with_lifetime() {
        for (lifetime, fresh, stale) in [
            (30, 22, 23),
            (120, 89, 90),
            (3600, 3569, 3570),
            (4, 1, 2),
            (1, 0, 0),
        ] {
            let token = token(lifetime, false);
            let after = |seconds: i64| NOW + time::Duration::seconds(seconds);
            assert_eq!(token.is_fresh(after(fresh)), lifetime > 1, "{lifetime}");
            assert!(!token.is_fresh(after(stale)), "{lifetime}");
        }
    }

    #[test]
    fn a_consent_token_is_kept_for_two_minutes_at_most() {
        assert_eq!(token(3600, true).left(NOW), 120);
        assert_eq!(token(60, true).left(NOW), 60);
        assert_eq!(token(u64::MAX, false).left(NOW), 365 * 24 * 3600);
    }

    #[test]
    fn a_token_from_the_future_is_not_trusted() {
        assert!(!token(3600, false).is_fresh(NOW - time::Duration::minutes(10)));
    }

    #[test]
    fn memory_is_bounded() {
        let cache = TokenCache::new();
        for index in 0..=MOST {
            cache.put(&index, token(100 + index as u64, false), NOW);
        }
        assert!(cache.get(&0).is_none());
        assert!(cache.get(&1).is_some());
        assert!(cache.get(&MOST).is_some());
    }

    #[test]
    fn only_the_refused_token_is_dropped() {
        let cache = TokenCache::new();
        let (old, mut new) = (token(100, false), token(100, false));
        new.value = Secret::new("another".to_owned());
        cache.put(&"a", new.clone(), NOW);
        cache.drop(&"a", &old);
        assert_eq!(cache.get(&"a"), Some(new.clone()));
        cache.drop(&"a", &new);
        assert_eq!(cache.get(&"a"), None);
    }

    #[test]
    fn a_token_is_never_printed() {
        assert!(!format!("{:?}", token(100, false)).contains("secret"));
    }
}
