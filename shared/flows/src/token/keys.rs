//! Selection of a client's signing key: the first one, or the other while Maskinporten rejects the
//! first.
//!
//! A change at Digdir takes up to a quarter of an hour to take effect everywhere. With both keys
//! configured, no call fails meanwhile, whichever of them Maskinporten knows.

use std::cell::RefCell;
use std::time::Duration;

use innsyn_core::platform::Platform;
use innsyn_protocols::maskinporten::{Client, Key, KeyIdentifier};

/// Time for which the other key is tried first, before the first one is tried again.
const FALLBACK: Duration = Duration::from_mins(5);

/// Fallback keys of the clients whose first key is rejected.
#[derive(Debug, Default)]
pub(super) struct KeyChoice(RefCell<Vec<FallbackKey>>);

#[derive(Debug)]
struct FallbackKey {
    client_id: String,
    key: KeyIdentifier,
    until: Duration,
}

impl KeyChoice {
    /// Returns the keys of `client`, the most promising first.
    pub(super) fn in_order<'a>(
        &self,
        platform: &impl Platform,
        client: &'a Client,
    ) -> Vec<&'a Key> {
        let now = platform.uptime();
        let mut fallbacks = self.0.borrow_mut();
        fallbacks.retain(|fallback| now < fallback.until);
        let fallback = fallbacks
            .iter()
            .find(|fallback| fallback.client_id == client.client_id);
        let mut keys: Vec<&Key> = client.keys.iter().collect();
        if let Some(fallback) = fallback {
            // Stable sort: the other keys keep their order.
            keys.sort_by_key(|key| key.identifier != fallback.key);
        }
        keys
    }

    /// Records a key that worked in place of the first one.
    pub(super) fn worked(&self, platform: &impl Platform, client: &Client, key: &Key) {
        let mut fallbacks = self.0.borrow_mut();
        let is_first = client
            .keys
            .first()
            .is_some_and(|first| first.identifier == key.identifier);
        let known = fallbacks.iter().any(|fallback| {
            fallback.client_id == client.client_id && fallback.key == key.identifier
        });
        if known && !is_first {
            return;
        }
        fallbacks.retain(|fallback| fallback.client_id != client.client_id);
        if !is_first {
            fallbacks.push(FallbackKey {
                client_id: client.client_id.clone(),
                key: key.identifier.clone(),
                until: platform.uptime().saturating_add(FALLBACK),
            });
        }
    }
}
