//! Pool of idle connections, never shared between TLS identities.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::connection::Sender;
use super::identities::Entry;
use crate::allowed_hosts::Origin;
use crate::lock::locked;

/// Longest idle time of a connection: servers close theirs about then.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Limit of the requests that wait for one origin and identity.
const MOST_WAITING: usize = 32;

/// Key of a connection pool: two requests with equal keys may use the same connection.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Pin or `client_tls` entry that the TLS identity comes from.
    pub(crate) entry: Entry,
    pub(crate) origin: Origin,
}

#[derive(Default)]
pub(crate) struct Pool(Mutex<HashMap<Key, Vec<IdleConnection>>>);

struct IdleConnection {
    sender: Sender,
    since: Instant,
}

impl Pool {
    /// Takes the connection with the shortest idle time that is still open.
    pub(crate) fn take(&self, key: &Key) -> Option<Sender> {
        let mut pool = locked(&self.0);
        let waiting = pool.get_mut(key)?;
        while let Some(last) = waiting.pop() {
            if !last.is_usable() {
                continue;
            }
            if let Some(shared) = last.sender.shared() {
                waiting.push(IdleConnection {
                    sender: shared,
                    since: Instant::now(),
                });
            }
            return Some(last.sender);
        }
        pool.remove(key);
        None
    }

    /// Returns a connection to the pool, as soon as its present response is read.
    pub(crate) fn keep(self: &Arc<Self>, key: Key, sender: Sender) {
        if let Some(sender) = sender.shared() {
            self.put(key, sender);
            return;
        }
        let pool = Arc::downgrade(self);
        let mut sender = sender;
        tokio::spawn(async move {
            if sender.ready().await
                && let Some(pool) = pool.upgrade()
            {
                pool.put(key, sender);
            }
        });
    }

    fn put(&self, key: Key, sender: Sender) {
        let mut pool = locked(&self.0);
        pool.retain(|_, waiting| {
            waiting.retain(IdleConnection::is_usable);
            !waiting.is_empty()
        });
        let waiting = pool.entry(key).or_default();
        let known = matches!(sender, Sender::Http2(..)) && !waiting.is_empty();
        if waiting.len() < MOST_WAITING && !known {
            waiting.push(IdleConnection {
                sender,
                since: Instant::now(),
            });
        }
    }
}

impl IdleConnection {
    fn is_usable(&self) -> bool {
        self.sender.is_ready() && self.since.elapsed() < LONGEST_WAIT
    }
}
