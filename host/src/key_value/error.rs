//! Errors of stores.

use std::path::PathBuf;
use std::sync::Arc;

/// A store that cannot be opened, or a read or write that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder of a store's file cannot be created.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Path of the folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// `SQLite` reports an error.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Redis reports an error, or cannot be reached.
    #[error("Redis: {server}: {source}{advice}")]
    Redis {
        /// Address of the server, without user name and password.
        server: Arc<str>,
        /// Error of the Redis client.
        source: redis::RedisError,
        /// Remedy, if the client's message has none.
        advice: &'static str,
    },
    /// A store's file is accessible to others, and its permissions cannot be changed.
    #[error("{}: others can read it, and that cannot be changed: {source}", path.display())]
    Mode {
        /// Path of the file.
        path: PathBuf,
        /// Cause of the failure.
        source: std::io::Error,
    },
    /// The runtime that the work was passed to is stopping.
    #[error("the host is stopping")]
    Stopping,
}
