//! Records in Redis or Valkey, as Spin keeps them: a key is a key of the database, without the store's name. So each
//! store has a database of its own, or names its keys so that they do not meet another's.

use std::{fmt, time::Duration};

use redis::{
    Client, Cmd, FromRedisValue,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::{StoreError, store::PAGE};

/// How long a connection, or an answer, may take. Whoever waits has a request to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a connection is tried again before a record's read or write fails. The next one tries anew.
const TRIES: usize = 2;

/// A server's address. It may hold a password, and is not printed.
#[derive(Clone)]
pub(crate) struct RedisServer(Client);

impl RedisServer {
    /// Of an address such as `redis://user:password@host:6379/0`; the error does not repeat it.
    pub(crate) fn parse(address: &str) -> Result<Self, &'static str> {
        if address.starts_with("rediss:") || address.starts_with("valkeys:") {
            return Err("`url` wants TLS to Redis, which this host does not offer");
        }
        let client = Client::open(address);
        client
            .map(Self)
            .map_err(|_| "`url` is not the address of a Redis server")
    }

    /// Records there. The connection is made by the first read or write, and again after it broke.
    pub(super) fn records(&self) -> Result<Records, StoreError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(TRIES);
        let manager = ConnectionManager::new_lazy_with_config(self.0.clone(), config)?;
        Ok(Records(manager))
    }
}

impl PartialEq for RedisServer {
    fn eq(&self, other: &Self) -> bool {
        let address = |server: &Self| {
            let info = server.0.get_connection_info();
            (info.addr().to_string(), info.redis_settings().db())
        };
        address(self) == address(other)
    }
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisServer")
    }
}

/// The records of one database.
#[derive(Clone)]
pub(crate) struct Records(ConnectionManager);

impl Records {
    pub(super) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(&Cmd::get(key)).await
    }

    pub(super) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), StoreError> {
        self.ask(&Cmd::set(key, value)).await
    }

    pub(super) async fn delete(&self, key: String) -> Result<(), StoreError> {
        self.ask(&Cmd::del(key)).await
    }

    pub(super) async fn exists(&self, key: String) -> Result<bool, StoreError> {
        self.ask(&Cmd::exists(key)).await
    }

    /// Asks once more where the connection turns out to be lost, as it is after the server was restarted. To do any of
    /// these twice is to do it once.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut connection = self.0.clone();
        match command.query_async(&mut connection).await {
            Err(error) if error.is_connection_dropped() => {
                Ok(command.query_async(&mut connection).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// Some keys from `cursor` on, and the next cursor: zero at the beginning and after the end. A large database is not
    /// held up. A key may come twice where the database grows or shrinks meanwhile (Redis, `SCAN`).
    pub(super) async fn keys(&self, cursor: u64) -> Result<(u64, Vec<String>), StoreError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("COUNT").arg(PAGE);
        self.ask(&scan).await
    }
}
