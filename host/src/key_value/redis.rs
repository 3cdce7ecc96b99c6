//! Records in Redis or Valkey, as Spin stores them: a key is a key of the database, without the
//! store's name. So each store has a database of its own, or key names that do not collide with
//! another's.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, RedisError, TlsCertificates};
use rustls::CertificateError;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use super::error::StoreError;
use super::page::PAGE;

/// Timeout of a connection and of a response, both of which a request waits for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Number of further attempts to connect before a read or write fails. The next read or write
/// starts again.
const TRIES: usize = 2;

/// Address of a server. It may contain a password, and has no `Debug`.
#[derive(Clone)]
pub(crate) struct RedisServer(Arc<Client>);

impl RedisServer {
    /// Parses an address such as `rediss://user:password@host:6379/0`, where `rediss` is TLS. The
    /// error does not repeat the address.
    pub(crate) fn parse(address: &str) -> Result<Self, &'static str> {
        let client =
            Client::open(address).map_err(|_| "`url` is not the address of a Redis server")?;
        let address = client.get_connection_info().addr();
        if matches!(address, ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(
                "`url` ends in #insecure, which this host does not support: name the server's authority in SSL_CERT_FILE",
            );
        }
        Ok(Self(Arc::new(client)))
    }

    /// Returns whether the server is reached over TLS.
    pub(crate) fn uses_tls(&self) -> bool {
        let address = self.0.get_connection_info().addr();
        matches!(address, ConnectionAddr::TcpTls { .. })
    }

    /// Returns the records of the server. The first read or write opens the connection, and reopens
    /// a broken one.
    ///
    /// `roots` are the trust anchors for TLS in PEM, in place of the roots of the web.
    pub(super) fn records(&self, roots: Option<&[u8]>) -> Result<Records, StoreError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(TRIES);
        let server = Server {
            address: self.0.get_connection_info().addr().to_string().into(),
            over_tls: self.uses_tls(),
        };
        let client = self.trusting(roots);
        let manager =
            client.and_then(|client| ConnectionManager::new_lazy_with_config(client, config));
        match manager {
            Ok(manager) => Ok(Records { manager, server }),
            Err(source) => Err(server.failure(source)),
        }
    }

    /// Returns the client, with its trust anchors if the connection uses TLS.
    fn trusting(&self, roots: Option<&[u8]>) -> Result<Client, RedisError> {
        if !self.uses_tls() {
            return Ok(Client::clone(&self.0));
        }
        // The Redis client uses the process's provider, and panics if features enable two and none
        // is chosen.
        if CryptoProvider::get_default().is_none() {
            let _chosen_meanwhile = aws_lc_rs::default_provider().install_default();
        }
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: roots.map(<[u8]>::to_vec),
        };
        Client::build_with_tls(self.0.get_connection_info().clone(), certificates)
    }
}

/// Address of a server for messages: without user name and password.
#[derive(Clone)]
struct Server {
    address: Arc<str>,
    over_tls: bool,
}

impl Server {
    /// Creates the error with the server, the cause and a remedy.
    fn failure(&self, source: RedisError) -> StoreError {
        StoreError::Redis {
            server: self.address.clone(),
            advice: advice(&source, self.over_tls),
            source,
        }
    }
}

/// Returns the TLS error, if it is the cause: the client wraps it in an I/O error behind a shared
/// pointer.
fn tls_error(error: &RedisError) -> Option<&rustls::Error> {
    let source = error
        .source()?
        .downcast_ref::<Arc<dyn Error + Send + Sync>>()?;
    let io = source.downcast_ref::<io::Error>()?;
    io.get_ref()?.downcast_ref()
}

/// Returns a hint for a failure whose own message lacks one.
fn advice(error: &RedisError, over_tls: bool) -> &'static str {
    if error.kind() == ErrorKind::AuthenticationFailed {
        return ": check the user name and the password in `url`";
    }
    if over_tls && error.is_timeout() {
        return ": a port without TLS is silent too; `rediss` needs the server's tls-port";
    }
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            ": name the authority of the server's certificate in SSL_CERT_FILE"
        }
        _ => "",
    }
}

impl PartialEq for RedisServer {
    fn eq(&self, other: &Self) -> bool {
        let address = |server: &Self| {
            let info = server.0.get_connection_info();
            (info.addr().to_string(), info.redis_settings().db())
        };
        self.uses_tls() == other.uses_tls() && address(self) == address(other)
    }
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisServer")
    }
}

/// Records of one database.
#[derive(Clone)]
pub(crate) struct Records {
    manager: ConnectionManager,
    server: Server,
}

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

    /// Runs a command, and repeats it once on a lost connection, as after a restart of the server.
    /// All these commands are idempotent.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut connection = self.manager.clone();
        let answer = match command.query_async(&mut connection).await {
            Err(error) if error.is_connection_dropped() => {
                command.query_async(&mut connection).await
            }
            answer => answer,
        };
        answer.map_err(|source| self.server.failure(source))
    }

    /// Returns some keys from `cursor` on, and the next cursor: zero at the beginning and after the
    /// end. A large database is not blocked. A key may occur twice if the database grows or shrinks
    /// meanwhile (Redis, `SCAN`).
    pub(super) async fn keys(&self, cursor: u64) -> Result<(u64, Vec<String>), StoreError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("COUNT").arg(PAGE);
        self.ask(&scan).await
    }
}
