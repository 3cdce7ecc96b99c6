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
const STAND_IN: Duration = Duration::from_mins(5);

/// Keys that stand in for the first ones of their clients.
#[derive(Debug, Default)]
pub(super) struct KeyChoice(RefCell<Vec<StandIn>>);

#[derive(Debug)]
struct StandIn {
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
        let mut stand_ins = self.0.borrow_mut();
        stand_ins.retain(|stand_in| now < stand_in.until);
        let stand_in = stand_ins
            .iter()
            .find(|stand_in| stand_in.client_id == client.client_id);
        let mut keys: Vec<&Key> = client.keys.iter().collect();
        if let Some(stand_in) = stand_in {
            // Stable sort: the other keys keep their order.
            keys.sort_by_key(|key| key.identifier != stand_in.key);
        }
        keys
    }

    /// Records a key that worked in place of the first one.
    pub(super) fn worked(&self, platform: &impl Platform, client: &Client, key: &Key) {
        let mut stand_ins = self.0.borrow_mut();
        let is_first = client
            .keys
            .first()
            .is_some_and(|first| first.identifier == key.identifier);
        let known = stand_ins.iter().any(|stand_in| {
            stand_in.client_id == client.client_id && stand_in.key == key.identifier
        });
        if known && !is_first {
            return;
        }
        stand_ins.retain(|stand_in| stand_in.client_id != client.client_id);
        if !is_first {
            stand_ins.push(StandIn {
                client_id: client.client_id.clone(),
                key: key.identifier.clone(),
                until: platform.uptime().saturating_add(STAND_IN),
            });
        }
    }
}
