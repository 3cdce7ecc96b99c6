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
    /// How much an instance may do.
    pub limits: Limits,
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
            timers: Vec::new(),
            clock_offset: Arc::default(),
            log: Log::stderr(),
            manifest,
        }
    }
}

/// How much an instance may do. The defaults are Spin's for WASI 0.3 components, with a request time-out added.
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
