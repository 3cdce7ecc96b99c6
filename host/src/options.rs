//! What a caller decides about an application, its limits and its timers.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use crate::log::Log;

/// Where an application is, and how it is to be run.
pub struct Options {
    /// The application's `spin.toml`.
    pub manifest: PathBuf,
    /// A runtime configuration in Spin's format. Relative paths in it start at its own folder.
    pub runtime_config: Option<PathBuf>,
    /// Counterparties that are known by attributes of their certificate instead of a host name. Beyond Spin's format, so they
    /// stand in a file of their own. Relative paths in it start at its own folder.
    pub pins: Option<PathBuf>,
    /// Values of application variables by their names in the manifest (lower case). They come before those of any provider.
    pub variables: BTreeMap<String, String>,
    /// Authorities, in PEM, that vouch for vaults with variables, besides the roots of the web.
    pub vault_roots: Option<PathBuf>,
    /// Authorities, in PEM, that vouch for servers of Redis reached over TLS, in place of the roots of the web.
    pub redis_roots: Option<PathBuf>,
    /// The folder of the default key-value store. It is created if it does not exist.
    pub state_dir: PathBuf,
    /// The folder where compiled code is kept between starts; without one it is compiled at each start.
    pub cache_dir: Option<PathBuf>,
    /// Limits on the work of an instance, and on the number of instances.
    pub limits: Limits,
    /// Limits on the connections of clients.
    pub connections: ConnectionLimits,
    /// Time for which an answer of a vault with variables is used again. Zero asks at each reading, as Spin does.
    pub vault_cache: Duration,
    /// Routes that the host itself calls at intervals.
    pub timers: Vec<Timer>,
    /// Seconds added to the wall clock that guests read. It may be moved while the application runs.
    pub clock_offset: Arc<AtomicI64>,
    /// Where the guests' output and the host's own lines go.
    pub log: Log,
}

impl Options {
    /// An application with default limits: state and compiled code beside the manifest in `.innsyn`, lines to standard error.
    /// Vaults are trusted as `VAULT_CACERT` of the environment says and Redis as `SSL_CERT_FILE` says: that is how the
    /// clients in Spin read them.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        let manifest = manifest.into();
        let own = manifest.parent().unwrap_or(Path::new(".")).join(".innsyn");
        Self {
            runtime_config: None,
            pins: None,
            variables: BTreeMap::new(),
            vault_roots: env::var_os("VAULT_CACERT").map(PathBuf::from),
            redis_roots: env::var_os("SSL_CERT_FILE").map(PathBuf::from),
            state_dir: own.clone(),
            cache_dir: Some(own.join("compiled")),
            limits: Limits::default(),
            connections: ConnectionLimits::default(),
            vault_cache: VAULT_CACHE,
            timers: Vec::new(),
            clock_offset: Arc::default(),
            log: Log::stderr(),
            manifest,
        }
    }
}

/// Time for which an answer of a vault is used again. A change is seen by every instance within this time and the half
/// minute for which an instance keeps its settings.
const VAULT_CACHE: Duration = Duration::from_secs(5);

/// Limits on the work of an instance, and on the number of instances. The defaults for one instance are Spin's for
/// WASI 0.3 components, with a request time-out added.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests that an instance serves before it is replaced.
    pub requests_per_instance: usize,
    /// Requests that an instance serves at the same time.
    pub concurrent_requests_per_instance: usize,
    /// How long an instance without requests is kept.
    pub idle_instance_timeout: Duration,
    /// How long a request may take until its response begins, waiting or computing. It is answered 504 then.
    pub request_timeout: Duration,
    /// Bytes that each linear memory of an instance may grow to.
    pub max_memory: usize,
    /// Instances of the application. A component without any instance may always start one, so that components that call
    /// each other never wait for each other's places: the bound is this number and one for each further component.
    pub instances: usize,
    /// Instances of one component.
    pub instances_per_component: usize,
    /// Time that a request waits for an instance where all are full. It is answered 503 with `Retry-After` then.
    pub instance_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_instance: 128,
            concurrent_requests_per_instance: 16,
            idle_instance_timeout: Duration::from_secs(1),
            // Longer than any component of ours takes by its own deadline.
            request_timeout: Duration::from_secs(75),
            max_memory: 256 * 1024 * 1024,
            instances: 32,
            instances_per_component: 16,
            instance_wait: Duration::from_secs(20),
        }
    }
}

/// Limits on the connections of clients. A connection is silent until its first request is admitted, and established
/// from then on.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Established connections in all. An idle one gives way to a new one; where none is idle, the request is answered
    /// 503 with `Retry-After`.
    pub total: usize,
    /// Established connections of one address, or of one IPv6 network of 64 bits. A gateway in front is one address.
    pub per_address: usize,
    /// Silent connections in all, which take no place of established ones. The oldest one of the address that has most
    /// gives way to a new one.
    pub silent: usize,
    /// Silent connections of one address. Beyond them, those that are older than two seconds give way to a new one.
    pub silent_per_address: usize,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Time for a request head: from its first byte, or for the first one from the start of the connection.
    pub head: Duration,
    /// Time that a connection without a request is kept.
    pub idle: Duration,
    /// Time for each 64 KiB of a request body. Only time in which the body is read and does not come counts.
    pub body: Duration,
    /// Time for a whole request body, counted in the same way. Less than a request may take, so that a slow client is told
    /// so.
    pub whole_body: Duration,
    /// Chunks of a request body under 16 bytes.
    pub small_chunks: usize,
    /// Time in which nothing can be written because the client does not read.
    pub write: Duration,
}

impl Default for ConnectionLimits {
    /// The limits of an application. Its components refuse bodies that are slow (10 s) or in small chunks (100) by
    /// themselves and say why; the host ends what they have not.
    fn default() -> Self {
        Self {
            total: 2048,
            per_address: 1024,
            silent: 1024,
            silent_per_address: 128,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            body: Duration::from_secs(12),
            whole_body: Duration::from_mins(1),
            small_chunks: 128,
            write: Duration::from_secs(30),
        }
    }
}

impl ConnectionLimits {
    /// The limits of the proxy to pinned counterparties, which has no component behind it.
    pub fn of_egress() -> Self {
        Self {
            total: 256,
            per_address: 128,
            silent: 256,
            silent_per_address: 64,
            body: Duration::from_secs(10),
            small_chunks: 100,
            ..Self::default()
        }
    }
}

/// A public route that the host calls at an interval, the first time after one interval.
#[derive(Clone)]
pub struct Timer {
    /// From the end of one call to the start of the next.
    pub every: Duration,
    /// The HTTP method.
    pub method: String,
    /// The path, with a query if wanted.
    pub path: String,
    /// The value of the `Authorization` header.
    pub authorization: Option<String>,
}
