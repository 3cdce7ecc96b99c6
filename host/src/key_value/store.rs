//! Where records are kept.

use std::{
    collections::BTreeMap,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::redis::Records;
use crate::{lock::locked, private, runtime_config::StoreDefinition};

/// A store that cannot be opened, or a read or write that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder for a store's file cannot be made.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// `SQLite` refuses.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Redis refuses, or is not there.
    #[error("Redis: {server}: {source}{advice}")]
    Redis {
        /// The server's address, without user name and password.
        server: Arc<str>,
        /// The failure in the client's words.
        source: redis::RedisError,
        /// Advice on what to do, where the client's words do not say it.
        advice: &'static str,
    },
    /// A store's file is open to others and cannot be closed to them.
    #[error("{}: others can read it, and that cannot be changed: {source}", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Cause of the failure.
        source: std::io::Error,
    },
    /// The runtime that the work was handed to is stopping.
    #[error("the host is stopping")]
    Stopping,
}

/// At most so many keys are read at a time.
pub(super) const PAGE: usize = 1000;

/// A place among the keys of a store.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Beginning,
    /// In a store whose keys are in order.
    After(String),
    /// In Redis.
    Cursor(u64),
}

/// Some of a store's keys.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    /// Place of the next keys; `None` after the last.
    pub(crate) next: Option<Place>,
}

/// One store by its name. Several stores may share a file.
#[derive(Clone)]
pub(crate) enum Backend {
    Here(Arc<Kind>),
    Redis(Records),
}

/// A store of this process.
pub(crate) enum Kind {
    Memory(Mutex<BTreeMap<String, Vec<u8>>>),
    Sqlite {
        name: String,
        connection: Mutex<Connection>,
    },
}

impl Backend {
    /// Opens the store. `redis_roots` are the trust anchors for TLS to Redis in PEM, in place of the roots of the web.
    pub(crate) fn open(
        name: &str,
        definition: &StoreDefinition,
        redis_roots: Option<&[u8]>,
    ) -> Result<Self, StoreError> {
        Ok(match definition {
            StoreDefinition::Memory => Self::Here(Arc::new(Kind::Memory(Mutex::default()))),
            StoreDefinition::Sqlite(path) => Self::Here(Arc::new(Kind::Sqlite {
                name: name.to_owned(),
                connection: Mutex::new(open_file(path)?),
            })),
            StoreDefinition::Redis(server) => Self::Redis(server.records(redis_roots)?),
        })
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        let kind = match self {
            Self::Here(kind) => kind,
            Self::Redis(records) => return records.get(key).await,
        };
        run(kind, move |kind| match kind {
            Kind::Memory(records) => Ok(locked(records).get(&key).cloned()),
            Kind::Sqlite { name, connection } => Ok(locked(connection)
                .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .query_row(params![name, key], |row| row.get(0))
                .optional()?),
        })
        .await
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), StoreError> {
        let kind = match self {
            Self::Here(kind) => kind,
            Self::Redis(records) => return records.set(key, value).await,
        };
        run(kind, move |kind| match kind {
            Kind::Memory(records) => {
                locked(records).insert(key, value);
                Ok(())
            }
            Kind::Sqlite { name, connection } => {
                locked(connection)
                    .prepare_cached(
                        "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
                    )?
                    .execute(params![name, key, value])?;
                Ok(())
            }
        })
        .await
    }

    pub(crate) async fn delete(&self, key: String) -> Result<(), StoreError> {
        let kind = match self {
            Self::Here(kind) => kind,
            Self::Redis(records) => return records.delete(key).await,
        };
        run(kind, move |kind| match kind {
            Kind::Memory(records) => {
                locked(records).remove(&key);
                Ok(())
            }
            Kind::Sqlite { name, connection } => {
                locked(connection)
                    .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                    .execute(params![name, key])?;
                Ok(())
            }
        })
        .await
    }

    pub(crate) async fn exists(&self, key: String) -> Result<bool, StoreError> {
        let kind = match self {
            Self::Here(kind) => kind,
            Self::Redis(records) => return records.exists(key).await,
        };
        run(kind, move |kind| match kind {
            Kind::Memory(records) => Ok(locked(records).contains_key(&key)),
            Kind::Sqlite { name, connection } => Ok(locked(connection)
                .prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .exists(params![name, key])?),
        })
        .await
    }

    /// The next keys after `place`, none of them held back until the last is known.
    pub(crate) async fn keys(&self, place: Place) -> Result<Page, StoreError> {
        let kind = match (self, place) {
            (Self::Here(kind), place) => (kind, place),
            (Self::Redis(records), place) => {
                let cursor = match place {
                    Place::Cursor(cursor) => cursor,
                    Place::Beginning | Place::After(_) => 0,
                };
                let (cursor, keys) = records.keys(cursor).await?;
                let next = (cursor != 0).then_some(Place::Cursor(cursor));
                return Ok(Page { keys, next });
            }
        };
        let (kind, place) = kind;
        let last = match place {
            Place::After(key) => Some(key),
            Place::Beginning | Place::Cursor(_) => None,
        };
        let keys = run(kind, move |kind| match kind {
            Kind::Memory(records) => {
                let from = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
                let records = locked(records);
                let keys = records.range::<str, _>((from, Bound::Unbounded));
                Ok(keys.take(PAGE).map(|(key, _)| key.clone()).collect())
            }
            Kind::Sqlite { name, connection } => {
                let connection = locked(connection);
                // Spin's tables have this primary key too, so that each page is found at once.
                let mut statement = connection.prepare_cached(
                    "SELECT key FROM spin_key_value WHERE store = ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3",
                )?;
                let keys = statement.query_map(params![name, last, PAGE], |row| row.get(0))?;
                Ok(keys.collect::<Result<Vec<String>, _>>()?)
            }
        })
        .await?;
        let next = keys.last().filter(|_| keys.len() == PAGE).cloned();
        Ok(Page {
            keys,
            next: next.map(Place::After),
        })
    }
}

/// `SQLite` blocks its thread, so its work goes to threads that may be blocked.
async fn run<T: Send + 'static>(
    kind: &Arc<Kind>,
    work: impl FnOnce(&Kind) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if let Kind::Memory(_) = &**kind {
        return work(kind);
    }
    let kind = kind.clone();
    tokio::task::spawn_blocking(move || work(&kind))
        .await
        .unwrap_or(Err(StoreError::Stopping))
}

/// Opens a file for its owner alone. The table is Spin's, so that a file can be moved between the two.
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
    connection.busy_timeout(Duration::from_secs(5))?;
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

    fn open(name: &str, definition: &StoreDefinition) -> Backend {
        Backend::open(name, definition, None).unwrap()
    }

    async fn listed(store: &Backend) -> Vec<String> {
        let (mut keys, mut place) = (Vec::new(), Some(Place::Beginning));
        while let Some(from) = place {
            let page = store.keys(from).await.unwrap();
            assert!(page.keys.len() <= PAGE);
            keys.extend(page.keys);
            place = page.next;
        }
        keys
    }

    #[tokio::test]
    async fn keys_come_in_pages_and_each_comes_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = StoreDefinition::Sqlite(folder.path().join("store.db"));
        for definition in [StoreDefinition::Memory, file] {
            let store = open("one", &definition);
            assert!(listed(&store).await.is_empty());
            for count in [PAGE, PAGE + 1, 2 * PAGE] {
                for number in listed(&store).await.len()..count {
                    store.set(format!("{number:05}"), vec![1]).await.unwrap();
                }
                let expected: Vec<_> = (0..count).map(|number| format!("{number:05}")).collect();
                assert_eq!(listed(&store).await, expected);
            }
        }
    }

    async fn behaves(store: &Backend) {
        assert_eq!(store.get("a".to_owned()).await.unwrap(), None);
        store.set("b".to_owned(), vec![0, 255]).await.unwrap();
        store.set("a".to_owned(), vec![1]).await.unwrap();
        store.set("a".to_owned(), vec![2]).await.unwrap();
        assert_eq!(store.get("a".to_owned()).await.unwrap(), Some(vec![2]));
        assert_eq!(listed(store).await, ["a", "b"]);
        assert!(store.exists("b".to_owned()).await.unwrap());
        store.delete("b".to_owned()).await.unwrap();
        store.delete("b".to_owned()).await.unwrap();
        assert!(!store.exists("b".to_owned()).await.unwrap());
    }

    #[tokio::test]
    async fn memory_and_files_behave_alike() {
        let folder = tempfile::tempdir().unwrap();
        let file = StoreDefinition::Sqlite(folder.path().join("new/folder/store.db"));
        behaves(&open("one", &StoreDefinition::Memory)).await;
        behaves(&open("one", &file)).await;
        let again = open("one", &file);
        assert_eq!(again.get("a".to_owned()).await.unwrap(), Some(vec![2]));
    }

    #[tokio::test]
    async fn stores_in_one_file_do_not_see_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = StoreDefinition::Sqlite(folder.path().join("store.db"));
        let (one, two) = (open("one", &file), open("two", &file));
        one.set("a".to_owned(), vec![1]).await.unwrap();
        assert_eq!(two.get("a".to_owned()).await.unwrap(), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_open_to_their_owner_alone_old_ones_too() {
        use std::{fs, os::unix::fs::PermissionsExt as _};

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let data = folder.path().join("data");
        let file = StoreDefinition::Sqlite(data.join("store.db"));
        let files = ["store.db", "store.db-wal", "store.db-shm"].map(|name| data.join(name));
        {
            let store = open("one", &file);
            store.set("a".to_owned(), vec![1]).await.unwrap();
            assert_eq!(mode(&data), 0o700);
            assert_eq!(files.each_ref().map(|file| mode(file)), [0o600; 3]);
            // As an older release left them, and while another process has them open.
            for file in &files {
                fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
            }
            let again = open("one", &file);
            assert_eq!(again.get("a".to_owned()).await.unwrap(), Some(vec![1]));
            assert_eq!(files.each_ref().map(|file| mode(file)), [0o600; 3]);
        }
    }
}
