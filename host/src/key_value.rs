//! Key-value stores: `spin:key-value` over `SQLite` files, Redis and memory.

mod interface;
mod keys;
mod redis;
mod store;

#[expect(
    unreachable_pub,
    reason = "the generated bindings re-export it, and this module is private"
)]
pub use interface::OpenStore;
pub(crate) use interface::{KeyValue, KeyValueView, Stores};
pub(crate) use redis::RedisServer;
pub(crate) use store::Backend;
pub use store::StoreError;
