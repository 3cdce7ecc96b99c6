//! Options of an application: its files, limits and timers.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use crate::log::Log;

/// Options of an application.
pub struct Options {
    /// `spin.toml` of the application.
    pub manifest: PathBuf,
    /// Runtime configuration in Spin's format. Relative paths in it start at its own folder.
    pub runtime_config: Option<PathBuf>,
    /// File of the counterparties that certificate attributes identify instead of a host name.
    /// Spin's format has no such pins, so they have a file of their own. Relative paths in it start
    /// at its own folder.
    pub pins: Option<PathBuf>,
    /// Values of application variables by their names in the manifest (lower case). They take
    /// precedence over any provider.
    pub variables: BTreeMap<String, String>,
    /// Trust anchors, in PEM, for vaults with variables, besides the roots of the web.
    pub vault_roots: Option<PathBuf>,
    /// Trust anchors, in PEM, for Redis servers over TLS, in place of the roots of the web.
    pub redis_roots: Option<PathBuf>,
    /// Folder of the default key-value store, created if it does not exist.
    pub state_dir: PathBuf,
    /// Folder that caches compiled code between starts; without one, each start compiles it.
    pub cache_dir: Option<PathBuf>,
    /// Limits on the work of an instance, and on the number of instances.
    pub limits: Limits,
    /// Limits on the connections of clients.
    pub connections: ConnectionLimits,
    /// Time-to-live of a vault's cached answer. Zero asks the vault at each reading, as Spin does.
    pub vault_cache: Duration,
    /// Routes that the host itself calls at intervals.
    pub timers: Vec<Timer>,
    /// Offset of the wall clock that guests read, in seconds. It may change while the application
    /// runs.
    pub clock_offset: Arc<AtomicI64>,
    /// Counting of the fuel that instances use: the operators of WebAssembly that they execute
    /// ([`crate::Server::fuel`]). Code that counts is slower.
    pub count_fuel: bool,
    /// Log of the guests' output and the host's own lines.
    pub log: Log,
}

impl Options {
    /// Creates options with default limits: state and compiled code beside the manifest in
    /// `.innsyn`, lines to standard error. The trust anchors for vaults are from `VAULT_CACERT` of
    /// the environment, and those for Redis from `SSL_CERT_FILE`: the clients in Spin read these.
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
            count_fuel: false,
            log: Log::stderr(),
            manifest,
        }
    }
}

/// Time-to-live of a vault's cached answer. A change reaches each instance within this time plus
/// the half minute for which an instance caches its settings.
const VAULT_CACHE: Duration = Duration::from_secs(5);

/// Limits on the work of an instance, and on the number of instances.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests of an instance before it is replaced.
    pub requests_per_instance: usize,
    /// Concurrent requests of an instance.
    pub concurrent_requests_per_instance: usize,
    /// Time after which an instance without requests is dropped; at most a second while requests
    /// wait for an instance.
    pub idle_instance_timeout: Duration,
    /// Age after which the next request of an instance is its last one.
    pub instance_lifetime: Duration,
    /// Size of a linear memory, in bytes, beyond which the next request of an instance is its last
    /// one: memory of WebAssembly never shrinks.
    pub memory_for_reuse: usize,
    /// Time limit of a request until its response begins, waiting or computing. It is then answered
    /// with 504.
    pub request_timeout: Duration,
    /// Largest size of each linear memory of an instance, in bytes.
    pub max_memory: usize,
    /// Instances of the application. A component without any instance may always start one, so that
    /// components that call each other cannot deadlock on places: the upper bound is this number
    /// plus one for each further component.
    pub instances: usize,
    /// Instances of one component.
    pub instances_per_component: usize,
    /// Time that a request waits for an instance if all are full. It is then answered with 503 and
    /// `Retry-After`.
    pub instance_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_instance: 10_000,
            concurrent_requests_per_instance: 16,
            idle_instance_timeout: Duration::from_secs(30),
            instance_lifetime: Duration::from_mins(10),
            memory_for_reuse: 32 * 1024 * 1024,
            // Longer than any component of ours takes by its own deadline.
            request_timeout: Duration::from_secs(75),
            max_memory: 256 * 1024 * 1024,
            instances: 32,
            instances_per_component: 16,
            instance_wait: Duration::from_secs(20),
        }
    }
}

/// Limits on the connections of clients. A connection is silent until its first request is
/// admitted, and established from then on.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Established connections in all. An idle one gives way to a new one; without an idle one, the
    /// request is answered with 503 and `Retry-After`.
    pub total: usize,
    /// Established connections of one address, or of one IPv6 network of 64 bits. A gateway in
    /// front is one address.
    pub per_address: usize,
    /// Silent connections in all, which do not count as established. A new one replaces the oldest
    /// of the address with most of them.
    pub silent: usize,
    /// Silent connections of one address. Beyond them, a new one replaces one that is older than
    /// two seconds.
    pub silent_per_address: usize,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Time for a request head: from its first byte, or for the first one from the start of the
    /// connection.
    pub head: Duration,
    /// Time after which an idle connection is closed.
    pub idle: Duration,
    /// Time for each 64 KiB of a request body. Only time in which the reader waits for data counts.
    pub body: Duration,
    /// Time for a whole request body, counted in the same way. It is shorter than the time for a
    /// request, so that a slow client gets an error.
    pub whole_body: Duration,
    /// Limit of chunks under 16 bytes in a request body.
    pub small_chunks: usize,
    /// Time without a successful write because the client does not read.
    pub write: Duration,
}

impl Default for ConnectionLimits {
    /// Returns the limits of an application. Its components refuse bodies that are slow (10 s) or
    /// in small chunks (100) by themselves, with a reason; the host ends the others.
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
    /// Returns the limits of the proxy to pinned counterparties, which has no component behind it.
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

/// Public route that the host calls at an interval, the first time after one interval.
#[derive(Clone)]
pub struct Timer {
    /// Time from the end of one call to the start of the next.
    pub every: Duration,
    /// HTTP method.
    pub method: String,
    /// Path, with an optional query.
    pub path: String,
    /// Value of the `Authorization` header.
    pub authorization: Option<String>,
}
