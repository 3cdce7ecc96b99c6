//! Rows of the app's stores in SQLite, as an attacker with write access reads and changes them.

use rusqlite::Connection;

use crate::TestBed;

/// Rows of one store: the store's name, the key and the sealed value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRows(Vec<(String, String, Vec<u8>)>);

impl StoredRows {
    /// Returns the number of rows.
    pub const fn count(&self) -> usize {
        self.0.len()
    }
}

impl TestBed {
    /// Copies all rows of `store`.
    pub fn stored_rows(&self, store: &str) -> StoredRows {
        let rows = self
            .open_store(store)
            .prepare("SELECT store, key, value FROM spin_key_value ORDER BY key")
            .and_then(|mut query| {
                let rows =
                    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                rows.collect()
            });
        StoredRows(rows.expect("rows"))
    }

    /// Deletes all rows of `store` and restarts the app, so that no instance has any cached.
    pub async fn delete_rows(&mut self, store: &str) {
        self.delete_all(store);
        self.restart_app().await;
    }

    /// Restores an earlier copy of the rows of `store`, and restarts the app.
    pub async fn put_back(&mut self, store: &str, rows: &StoredRows) {
        assert_ne!(self.stored_rows(store), *rows, "nothing has changed since");
        self.delete_all(store);
        let connection = self.open_store(store);
        for (name, key, value) in &rows.0 {
            let insert = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)";
            let inserted = connection.execute(insert, (name, key, value));
            inserted.expect("an insertion");
        }
        drop(connection);
        self.restart_app().await;
    }

    fn delete_all(&self, store: &str) {
        let connection = self.open_store(store);
        let deleted = connection.execute("DELETE FROM spin_key_value", ());
        assert!(deleted.expect("a deletion") > 0, "{store} is empty");
    }

    fn open_store(&self, store: &str) -> Connection {
        Connection::open(self.store_file(store)).expect("the store")
    }
}
