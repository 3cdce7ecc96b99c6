//! Store in a file of `SQLite`. The table is Spin's, so that a file can be moved between the two.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::error::StoreError;
use super::page::PAGE;
use crate::lock::locked;
use crate::private;

/// Time that another process may lock the file before an operation fails.
const BUSY: Duration = Duration::from_secs(5);

/// Store in a file, which may hold others. A separate connection reads single rows, so that no read
/// waits for a write to reach the disk.
pub(crate) struct Database {
    store: String,
    connection: Mutex<Connection>,
    reads: Mutex<Connection>,
}

impl Database {
    pub(super) fn open(path: &Path, store: &str) -> Result<Self, StoreError> {
        let connection = open_file(path)?;
        let reads = open_file(path)?;
        reads.busy_timeout(Duration::ZERO)?;
        Ok(Self {
            store: store.to_owned(),
            connection: Mutex::new(connection),
            reads: Mutex::new(reads),
        })
    }

    /// Returns the value of a row, unless a lock of this process or another prevents it.
    ///
    /// Reading on the caller's thread costs less than passing the read to another: the pages with
    /// the row are usually in memory.
    pub(super) fn get_now(&self, key: &str) -> Option<Result<Option<Vec<u8>>, StoreError>> {
        let reads = self.reads.try_lock().ok()?;
        match get(&reads, &self.store, key) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => None,
            found => Some(found.map_err(StoreError::from)),
        }
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(get(&locked(&self.connection), &self.store, key)?)
    }

    pub(super) fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        locked(&self.connection)
            .prepare_cached(
                "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![self.store, key, value])?;
        Ok(())
    }

    pub(super) fn delete(&self, key: &str) -> Result<(), StoreError> {
        locked(&self.connection)
            .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
            .execute(params![self.store, key])?;
        Ok(())
    }

    pub(super) fn exists(&self, key: &str) -> Result<bool, StoreError> {
        Ok(locked(&self.connection)
            .prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")?
            .exists(params![self.store, key])?)
    }

    /// Returns the first page of the keys after `last`.
    pub(super) fn keys(&self, last: Option<&str>) -> Result<Vec<String>, StoreError> {
        let connection = locked(&self.connection);
        // Spin's tables have this primary key too, so that each page is found by index.
        let mut statement = connection.prepare_cached(
            "SELECT key FROM spin_key_value WHERE store = ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3",
        )?;
        let keys = statement.query_map(params![self.store, last, PAGE], |row| row.get(0))?;
        Ok(keys.collect::<Result<Vec<String>, _>>()?)
    }
}

fn get(connection: &Connection, store: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
        .query_row(params![store, key], |row| row.get(0))
        .optional()
}

/// Opens a file with permissions for its owner alone.
fn open_file(path: &Path) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        private::folder(folder).map_err(|source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    // SQLite gives the files beside it, the log and its index, the mode of the database.
    for beside in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(beside);
        let file = PathBuf::from(file);
        let closed = if beside.is_empty() {
            private::create_or_close(&file)
        } else {
            private::close(&file)
        };
        closed.map_err(|source| StoreError::Mode { path: file, source })?;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the file is there, and open to its owner alone"
    )]
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute(
        "CREATE TABLE IF NOT EXISTS spin_key_value (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))",
        [],
    )?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_waits_for_no_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let database = Database::open(&path, "one").unwrap();
        let found = || database.get_now("a").map(Result::unwrap);
        assert_eq!(found(), Some(None));
        database.set("a", &[1]).unwrap();
        assert_eq!(found(), Some(Some(vec![1])));

        let other = open_file(&path).unwrap();
        other
            .execute_batch("BEGIN IMMEDIATE; UPDATE spin_key_value SET value = x'02'")
            .unwrap();
        let writing = locked(&database.connection);
        assert_eq!(found(), Some(Some(vec![1])), "not yet written");
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(found(), Some(Some(vec![2])));
        drop(writing);

        let reading = locked(&database.reads);
        assert_eq!(found(), None, "another read");
        drop(reading);
    }
}
