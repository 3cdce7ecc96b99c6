//! Definitions of stores.

use std::path::PathBuf;

use super::redis::RedisServer;

/// Location of a store's records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StoreDefinition {
    Memory,
    Sqlite(PathBuf),
    Redis(RedisServer),
}
