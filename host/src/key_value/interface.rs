//! The interface `spin:key-value/key-value@3.0.0` for one component.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{Accessor, FutureReader, HasData, Resource, ResourceTable, StreamReader};

use super::error::StoreError;
use super::keys::Keys;
use super::open_store::OpenStore;
use super::store::Backend;
use crate::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use crate::log::Log;

/// Stores that one component may open, by name.
pub(crate) struct Stores {
    pub(crate) component: String,
    pub(crate) backends: BTreeMap<String, Backend>,
    pub(crate) log: Log,
}

/// Access to the interface's data within an instance.
pub(crate) struct KeyValue;

/// Data of an instance that the interface uses.
pub(crate) struct KeyValueView<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) stores: &'a Arc<Stores>,
}

impl HasData for KeyValue {
    type Data<'a> = KeyValueView<'a>;
}

impl Stores {
    /// Logs the cause, and returns an error without it for the guest.
    fn failed(&self, error: &StoreError) -> Error {
        self.log
            .failure(&self.component, "key-value", &error.to_string());
        Error::Other("the store failed".to_owned())
    }
}

impl Host for KeyValueView<'_> {}

impl HostStore for KeyValueView<'_> {
    fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

type Answer<T> = Result<T, Error>;

impl<T: Send + 'static> HostStoreWithStore<T> for KeyValue {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Answer<Resource<OpenStore>> {
        accessor.with(|mut access| {
            let view = access.get();
            let backend = view
                .stores
                .backends
                .get(&label)
                .ok_or(Error::AccessDenied)?;
            view.table
                .push(OpenStore(backend.clone()))
                .map_err(|_| Error::StoreTableFull)
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> Answer<Option<Vec<u8>>> {
        let (stores, backend) = opened(accessor, &store)?;
        backend
            .get(key)
            .await
            .map_err(|error| stores.failed(&error))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        let (stores, backend) = opened(accessor, &store)?;
        backend
            .set(key, value)
            .await
            .map_err(|error| stores.failed(&error))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> Answer<()> {
        let (stores, backend) = opened(accessor, &store)?;
        backend
            .delete(key)
            .await
            .map_err(|error| stores.failed(&error))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> Answer<bool> {
        let (stores, backend) = opened(accessor, &store)?;
        backend
            .exists(key)
            .await
            .map_err(|error| stores.failed(&error))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Answer<()>>)> {
        let opened = opened(accessor, &store);
        accessor.with(|mut access| match opened {
            Ok((stores, backend)) => {
                let (keys, end) = Keys::stream(backend);
                let outcome = async move {
                    let end = end.await.unwrap_or(Ok(()));
                    wasmtime::error::Ok(end.map_err(|error| stores.failed(&error)))
                };
                Ok((
                    StreamReader::new(&mut access, keys)?,
                    FutureReader::new(&mut access, outcome)?,
                ))
            }
            Err(error) => Ok((
                StreamReader::new(&mut access, Vec::new())?,
                FutureReader::new(&mut access, async move { wasmtime::error::Ok(Err(error)) })?,
            )),
        })
    }
}

fn opened<T: Send + 'static>(
    accessor: &Accessor<T, KeyValue>,
    store: &Resource<OpenStore>,
) -> Answer<(Arc<Stores>, Backend)> {
    accessor.with(|mut access| {
        let view = access.get();
        let open = view.table.get(store).map_err(|_| Error::NoSuchStore)?;
        Ok((view.stores.clone(), open.0.clone()))
    })
}
