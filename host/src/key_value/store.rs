//! Stores in memory, in `SQLite` files and in Redis.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use super::definition::StoreDefinition;
use super::error::StoreError;
use super::page::{KeyPosition, PAGE, Page};
use super::redis::Records;
use super::sqlite::Database;
use crate::lock::locked;

/// Store by its name. Several stores may share a file.
#[derive(Clone)]
pub(crate) enum Backend {
    Here(Arc<Kind>),
    Redis(Records),
}

/// Storage of the records: in memory, an SQLite file or Redis.
pub(crate) enum Kind {
    Memory(Mutex<BTreeMap<String, Vec<u8>>>),
    Sqlite(Box<Database>),
}

impl Backend {
    /// Opens the store. `redis_roots` are the trust anchors for TLS to Redis in PEM, in place of
    /// the roots of the web.
    pub(crate) fn open(
        name: &str,
        definition: &StoreDefinition,
        redis_roots: Option<&[u8]>,
    ) -> Result<Self, StoreError> {
        Ok(match definition {
            StoreDefinition::Memory => Self::Here(Arc::new(Kind::Memory(Mutex::default()))),
            StoreDefinition::Sqlite(path) => Self::Here(Arc::new(Kind::Sqlite(Box::new(
                Database::open(path, name)?,
            )))),
            StoreDefinition::Redis(server) => Self::Redis(server.records(redis_roots)?),
        })
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        let kind = match self {
            Self::Here(kind) => kind,
            Self::Redis(records) => return records.get(key).await,
        };
        if let Kind::Sqlite(database) = &**kind
            && let Some(found) = database.get_now(&key)
        {
            return found;
        }
        run(kind, move |kind| match kind {
            Kind::Memory(records) => Ok(locked(records).get(&key).cloned()),
            Kind::Sqlite(database) => database.get(&key),
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
            Kind::Sqlite(database) => database.set(&key, &value),
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
            Kind::Sqlite(database) => database.delete(&key),
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
            Kind::Sqlite(database) => database.exists(&key),
        })
        .await
    }

    /// Returns the next keys after `place`, without waiting for the last.
    pub(crate) async fn keys(&self, place: KeyPosition) -> Result<Page, StoreError> {
        let kind = match (self, place) {
            (Self::Here(kind), place) => (kind, place),
            (Self::Redis(records), place) => {
                let cursor = match place {
                    KeyPosition::Cursor(cursor) => cursor,
                    KeyPosition::Beginning | KeyPosition::After(_) => 0,
                };
                let (cursor, keys) = records.keys(cursor).await?;
                let next = (cursor != 0).then_some(KeyPosition::Cursor(cursor));
                return Ok(Page { keys, next });
            }
        };
        let (kind, place) = kind;
        let last = match place {
            KeyPosition::After(key) => Some(key),
            KeyPosition::Beginning | KeyPosition::Cursor(_) => None,
        };
        let keys = run(kind, move |kind| match kind {
            Kind::Memory(records) => {
                let from = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
                let records = locked(records);
                let keys = records.range::<str, _>((from, Bound::Unbounded));
                Ok(keys.take(PAGE).map(|(key, _)| key.clone()).collect())
            }
            Kind::Sqlite(database) => database.keys(last.as_deref()),
        })
        .await?;
        let next = keys.last().filter(|_| keys.len() == PAGE).cloned();
        Ok(Page {
            keys,
            next: next.map(KeyPosition::After),
        })
    }
}

/// Runs a `SQLite` operation on a blocking thread.
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn open(name: &str, definition: &StoreDefinition) -> Backend {
        Backend::open(name, definition, None).unwrap()
    }

    async fn listed(store: &Backend) -> Vec<String> {
        let (mut keys, mut place) = (Vec::new(), Some(KeyPosition::Beginning));
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
        use std::fs;
        use std::os::unix::fs::PermissionsExt as _;

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
