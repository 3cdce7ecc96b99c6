//! Key-value stores: `spin:key-value` over `SQLite` files, Redis and memory.

mod definition;
mod error;
mod interface;
mod keys;
mod open_store;
mod page;
mod redis;
mod sqlite;
mod store;

pub(crate) use definition::StoreDefinition;
pub use error::StoreError;
pub(crate) use interface::{KeyValue, KeyValueView, Stores};
#[expect(
    unreachable_pub,
    reason = "the generated bindings re-export it, and this module is private"
)]
pub use open_store::OpenStore;
pub(crate) use redis::RedisServer;
pub(crate) use store::Backend;
