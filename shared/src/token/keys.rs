//! Which of a client's keys signs: the first, or while Maskinporten does not take it, the other one.
//!
//! A change at Digdir takes up to a quarter of an hour to work everywhere. With both keys configured,
//! no call fails meanwhile, whichever of them Maskinporten knows.

use std::cell::RefCell;
use std::time::Duration;

use crate::maskinporten::{Client, Key, KeyIdentifier};
use crate::platform::Platform;

/// How long the other key goes first before the first one is tried again.
const STAND_IN: Duration = Duration::from_mins(5);

/// The keys that stand in for the first ones of their clients.
#[derive(Debug, Default)]
pub(super) struct KeyChoice(RefCell<Vec<StandIn>>);

#[derive(Debug)]
struct StandIn {
    client_id: String,
    key: KeyIdentifier,
    until: Duration,
}

impl KeyChoice {
    /// The keys of `client`, the most promising first.
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
            // A stable sort: the rest stays in its order.
            keys.sort_by_key(|key| key.identifier != stand_in.key);
        }
        keys
    }

    /// Remembers a key that worked in place of the first one.
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
