//! How long a token is kept, and where: the rules are the same for everyone who keeps one.

use std::cell::RefCell;
use std::time::Duration;

use time::OffsetDateTime;

use crate::context::Context;
use crate::log::{Event, Level};
use crate::platform::Platform;
use crate::secret::Secret;

/// No token is renewed earlier than this before its end.
const LONGEST_HEAD_ROOM: time::Duration = time::Duration::seconds(30);

/// A token that was had with a party's consent or system user is not kept longer than this, so that a withdrawal shows.
const PERMISSION: Duration = Duration::from_mins(2);

/// A token with less time than this may run out on its way.
const JOURNEY: time::Duration = time::Duration::seconds(2);

/// The most tokens that one instance keeps.
const MOST: usize = 256;

/// Where a token that is given came from: the `outcome` of the log's event `token`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// The instance had it, or another request of the instance was at it already.
    Memory,
    /// Another instance had it.
    Store,
    /// Maskinporten gave it just now.
    Minted,
}

impl Source {
    /// One line for each token that is given, so that mints and cache hits can be counted.
    pub(super) fn tell<P: Platform>(self, context: &Context<'_, P>) {
        let outcome = match self {
            Self::Memory => "memory",
            Self::Store => "store",
            Self::Minted => "minted",
        };
        context.log(&Event::new(Level::Info, "token", outcome));
    }
}

/// An access token and how long it is good for us.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    pub(super) value: Secret<String>,
    pub(super) scope: String,
    pub(super) obtained: OffsetDateTime,
    pub(super) expires: OffsetDateTime,
}

impl Token {
    /// A token that was obtained at `now` and ends after `lifetime`; sooner for us if it rests on a party's
    /// permission.
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
        // Nobody issues tokens for a year; a longer lifetime is nonsense that must not overflow.
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

    /// What to send as `Authorization: Bearer …`.
    pub const fn value(&self) -> &Secret<String> {
        &self.value
    }

    /// Whether it can be handed out without asking for a new one.
    ///
    /// The head-room is a quarter of the lifetime and 30 seconds at most: some scopes have tokens that
    /// live no longer than that.
    pub(super) fn is_fresh(&self, now: OffsetDateTime) -> bool {
        let quarter = self.lifetime().checked_div(4).unwrap_or_default();
        let head_room = LONGEST_HEAD_ROOM.min(quarter);
        now < self.expires.saturating_sub(head_room) && self.is_alive(now)
    }

    /// Whether the next one may be fetched, before anyone has to wait for it: from half of the lifetime on,
    /// later by up to an eighth of it for an instance with a greater `chance`.
    pub(super) fn is_ripe(&self, now: OffsetDateTime, chance: u8) -> bool {
        // Of an eighth, so many parts of 255.
        let part = self.lifetime().saturating_mul(chance.into());
        let later = part.checked_div(8 * 255).unwrap_or_default();
        let half = self.lifetime().checked_div(2).unwrap_or_default();
        now >= self.obtained.saturating_add(half).saturating_add(later)
    }

    /// Whether it still holds when it arrives.
    pub(super) fn is_alive(&self, now: OffsetDateTime) -> bool {
        // A clock that was set back must not make an old token young.
        now.saturating_add(JOURNEY) < self.expires
            && now.saturating_add(LONGEST_HEAD_ROOM) > self.obtained
    }

    /// Seconds left.
    pub(super) fn left(&self, now: OffsetDateTime) -> u64 {
        let seconds = between(now, self.expires).whole_seconds();
        u64::try_from(seconds).unwrap_or_default()
    }

    fn lifetime(&self) -> time::Duration {
        between(self.obtained, self.expires)
    }
}

/// The time from one moment to another, however far apart a row says they are.
fn between(from: OffsetDateTime, to: OffsetDateTime) -> time::Duration {
    let nanoseconds = to
        .unix_timestamp_nanos()
        .saturating_sub(from.unix_timestamp_nanos());
    let nearest = nanoseconds.clamp(i64::MIN.into(), i64::MAX.into());
    time::Duration::nanoseconds(i64::try_from(nearest).unwrap_or_default())
}

/// The tokens of one instance, compared by their whole identity.
#[derive(Debug)]
pub(super) struct Kept<K>(RefCell<Vec<(K, Token)>>);

impl<K: Clone + Eq> Kept<K> {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    pub(super) fn get(&self, identity: &K) -> Option<Token> {
        let kept = self.0.borrow();
        kept.iter()
            .find(|(key, _)| key == identity)
            .map(|(_, token)| token.clone())
    }

    /// Keeps a token in place of the one before it. Those that have ended make room first, then the one that ends first.
    pub(super) fn put(&self, identity: &K, token: Token, now: OffsetDateTime) {
        let mut kept = self.0.borrow_mut();
        kept.retain(|(key, token)| key != identity && token.is_alive(now));
        if kept.len() >= MOST {
            let first = kept
                .iter()
                .enumerate()
                .min_by_key(|(_, (_, token))| token.expires);
            if let Some(index) = first.map(|(index, _)| index) {
                kept.swap_remove(index);
            }
        }
        kept.push((identity.clone(), token));
    }

    /// Drops a token, unless another one has come in its place.
    pub(super) fn drop(&self, identity: &K, token: &Token) {
        self.0
            .borrow_mut()
            .retain(|(key, kept)| key != identity || kept.value != token.value);
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
        let kept = Kept::new();
        for index in 0..=MOST {
            kept.put(&index, token(100 + index as u64, false), NOW);
        }
        assert!(kept.get(&0).is_none());
        assert!(kept.get(&1).is_some());
        assert!(kept.get(&MOST).is_some());
    }

    #[test]
    fn only_the_refused_token_is_dropped() {
        let kept = Kept::new();
        let (old, mut new) = (token(100, false), token(100, false));
        new.value = Secret::new("another".to_owned());
        kept.put(&"a", new.clone(), NOW);
        kept.drop(&"a", &old);
        assert_eq!(kept.get(&"a"), Some(new.clone()));
        kept.drop(&"a", &new);
        assert_eq!(kept.get(&"a"), None);
    }

    #[test]
    fn a_token_is_never_printed() {
        assert!(!format!("{:?}", token(100, false)).contains("secret"));
    }
}
