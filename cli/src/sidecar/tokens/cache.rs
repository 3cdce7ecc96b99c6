//! Tokens in the sidecar's memory, by a digest of the request that they answer.

use std::collections::HashMap;
use std::sync::Arc;

use time::OffsetDateTime;

use super::token::Token;
use crate::sidecar::token_request::Key;

/// Maximum number of cached tokens.
const MOST: usize = 4096;

/// Memory limit of the cached tokens, in bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Cached tokens, bounded by number and size.
#[derive(Default)]
pub(super) struct Cache {
    cached: HashMap<Key, CachedToken>,
    bytes: usize,
}

struct CachedToken {
    token: Arc<Token>,
    /// Moment from which the next renewal may begin.
    renewal: OffsetDateTime,
}

impl Cache {
    /// Returns the token of `key`, fresh or not.
    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Token>> {
        self.cached.get(key).map(|cached| &cached.token)
    }

    /// Returns whether the renewal of `key`'s token is due, and postpones the next one until
    /// `next`, so that one caller alone renews it.
    pub(super) fn take_renewal(
        &mut self,
        key: &Key,
        now: OffsetDateTime,
        next: OffsetDateTime,
    ) -> bool {
        let Some(cached) = self.cached.get_mut(key) else {
            return false;
        };
        let is_due = now >= cached.renewal;
        if is_due {
            cached.renewal = next;
        }
        is_due
    }

    /// Returns whether the renewal of `key`'s token is postponed.
    pub(super) fn is_paused(&self, key: &Key, now: OffsetDateTime) -> bool {
        self.cached
            .get(key)
            .is_some_and(|cached| now < cached.renewal)
    }

    /// Postpones the renewal of `key`'s token until `next`.
    pub(super) fn put_off_renewal(&mut self, key: &Key, next: OffsetDateTime) {
        if let Some(cached) = self.cached.get_mut(key) {
            cached.renewal = next;
        }
    }

    /// Stores a token in place of the one before it. If the cache is full, removes expired tokens,
    /// then those that expire first.
    pub(super) fn put(&mut self, key: Key, token: Arc<Token>, now: OffsetDateTime) {
        self.remove(&key);
        self.make_room(token.size(), now);
        self.bytes = self.bytes.saturating_add(token.size());
        let renewal = token.renewal();
        self.cached.insert(key, CachedToken { token, renewal });
    }

    /// Removes the token of `key`.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(cached) = self.cached.remove(key) {
            self.bytes = self.bytes.saturating_sub(cached.token.size());
        }
    }

    fn make_room(&mut self, size: usize, now: OffsetDateTime) {
        if self.has_room(size) {
            return;
        }
        self.cached.retain(|_, cached| cached.token.is_alive(now));
        self.bytes = self.cached.values().map(|cached| cached.token.size()).sum();
        while !self.has_room(size) {
            let ends = self
                .cached
                .iter()
                .min_by_key(|(_, cached)| cached.token.expires());
            let Some(key) = ends.map(|(key, _)| *key) else {
                return;
            };
            self.remove(&key);
        }
    }

    fn has_room(&self, size: usize) -> bool {
        self.cached.len() < MOST && self.bytes.saturating_add(size) <= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sidecar::tokens::token::TokenResponse;
    use crate::sidecar::tokens::token::tests::{NOW, at, response};

    fn key(number: usize) -> Key {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key
    }

    fn put(cache: &mut Cache, number: usize, response: TokenResponse, now: OffsetDateTime) {
        cache.put(key(number), Arc::new(Token::new(response, now, 0)), now);
    }

    #[test]
    fn the_number_is_bounded() {
        let mut cache = Cache::default();
        for number in 0..=MOST {
            let left = 100 + u64::try_from(number).expect("small");
            put(&mut cache, number, response("a", 9_999, left), NOW);
        }
        assert_eq!(cache.cached.len(), MOST);
        assert!(cache.get(&key(0)).is_none(), "it ended first");
        assert!(cache.get(&key(1)).is_some());
        assert!(cache.get(&key(MOST)).is_some());
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut cache = Cache::default();
        let large = "a".repeat(60 * 1024);
        let rounds = MOST_BYTES / large.len() + 10;
        for number in 0..rounds {
            put(&mut cache, number, response(&large, 120, 120), NOW);
        }
        assert!(cache.bytes <= MOST_BYTES, "{}", cache.bytes);
        assert!(cache.cached.len() < rounds);
        assert!(cache.get(&key(rounds - 1)).is_some());
    }

    #[test]
    fn tokens_that_have_ended_make_room() {
        let mut cache = Cache::default();
        for number in 0..MOST {
            let left = if number == 7 { 3_600 } else { 120 };
            put(&mut cache, number, response("a", left, left), NOW);
        }
        put(&mut cache, MOST, response("b", 120, 120), at(119));
        assert_eq!(cache.cached.len(), 2);
        assert!(cache.get(&key(7)).is_some());
        for number in [7, MOST, 0] {
            cache.remove(&key(number));
        }
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn one_caller_is_told_of_a_renewal() {
        let mut cache = Cache::default();
        put(&mut cache, 0, response("a", 120, 120), NOW);
        assert!(!cache.take_renewal(&key(0), at(44), at(49)));
        assert!(cache.take_renewal(&key(0), at(46), at(51)));
        assert!(!cache.take_renewal(&key(0), at(50), at(55)));
        assert!(cache.take_renewal(&key(0), at(51), at(56)));
        assert!(!cache.take_renewal(&key(1), at(51), at(56)));
    }
}
