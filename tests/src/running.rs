//! Running app: in this process, on our host; under Spin, if `SPIN` names its binary. Journeys are
//! independent of the runner.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use host::{App, Limits, Log, Options, Series, Server};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::build::project;
use crate::spin::{Output, Spin, SpinApp, SpinStart};

/// Options of a start.
pub struct Start {
    /// Path of the manifest.
    pub manifest: PathBuf,
    /// Path of the runtime configuration.
    pub runtime_config: PathBuf,
    /// Services without a host name, for our host; Spin has no such setting.
    pub pins: Option<PathBuf>,
    /// Values of the variables, by their names in the manifest.
    pub variables: BTreeMap<String, String>,
    /// Trust anchors for a vault with variables, in place of the platform's.
    pub vault_roots: Option<PathBuf>,
    /// Folder for the default store.
    pub state: PathBuf,
    /// Limits of an instance.
    pub limits: Limits,
    /// Offset of the app's clock from the machine's, in seconds.
    pub clock: Arc<AtomicI64>,
    /// Destination of the log lines.
    pub log: AppLog,
}

/// Log of the app, over all its starts.
#[derive(Clone)]
pub struct AppLog(Sink);

#[derive(Clone)]
enum Sink {
    Host(Log),
    Spin(Output),
}

impl AppLog {
    /// Creates an empty log for the runner in use.
    pub fn new() -> Self {
        Self(if Spin::is_named() {
            Sink::Spin(Output::default())
        } else {
            Sink::Host(Log::memory())
        })
    }

    /// Counts the events of each kind in the components' lines so far. Our host counts them, Spin
    /// does not.
    pub fn counters(&self) -> Vec<(Series, u64)> {
        match &self.0 {
            Sink::Host(log) => log.counters(),
            Sink::Spin(_) => panic!("not counted: our host does"),
        }
    }

    /// Returns the lines so far, oldest first.
    pub fn lines(&self) -> Vec<String> {
        match &self.0 {
            Sink::Host(log) => log.lines(),
            Sink::Spin(output) => output.settled(),
        }
    }
}

impl Default for AppLog {
    fn default() -> Self {
        Self::new()
    }
}

/// Running app. Dropping it kills it without warning, as a power failure does.
pub struct RunningApp {
    address: SocketAddr,
    on: Runner,
}

enum Runner {
    /// The runtime is the app's own, so that it can be killed.
    Host(Option<Server>, Option<Runtime>),
    Spin(Option<SpinApp>),
}

impl RunningApp {
    /// Starts the app on `listener`.
    pub async fn start(start: Start, listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("bound");
        let on = match &start.log.0 {
            Sink::Host(log) => {
                let log = log.clone();
                on_host(start, log, listener).await
            }
            Sink::Spin(output) => {
                drop(listener);
                on_spin(&start, output.clone(), address).await
            }
        };
        Self { address, on }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts the instances of a component that were ever started. Our host counts them, Spin does
    /// not.
    pub fn instances(&self, component: &str) -> u64 {
        self.counting().instances(component)
    }

    /// Counts the requests that a component ever got. Our host counts them, Spin does not.
    pub fn requests(&self, component: &str) -> u64 {
        self.counting().requests(component)
    }

    fn counting(&self) -> &Server {
        match &self.on {
            Runner::Host(Some(server), _) => server,
            _ => panic!("not counted: our host does, while it runs"),
        }
    }

    /// Sets the app's clock to `now`, an offset in seconds from the machine's clock. Our host
    /// shares the clock; Spin needs it set.
    pub fn hears_of_clock(&self, now: i64) {
        if let Runner::Spin(Some(app)) = &self.on {
            app.set_clock(now);
        }
    }

    /// Shuts it down, as Ctrl-C does.
    pub async fn shutdown(mut self) {
        match &mut self.on {
            Runner::Host(server, _) => {
                if let Some(server) = server.take() {
                    server.shutdown().await;
                }
            }
            Runner::Spin(app) => {
                if let Some(app) = app.take() {
                    app.shutdown().await;
                }
            }
        }
    }
}

impl Drop for RunningApp {
    /// A runtime must not be dropped by a task of another.
    fn drop(&mut self) {
        if let Runner::Host(_, runtime) = &mut self.on
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

async fn on_host(start: Start, log: Log, listener: TcpListener) -> Runner {
    let mut options = Options::new(start.manifest);
    options.runtime_config = Some(start.runtime_config);
    options.pins = start.pins;
    options.variables = start.variables;
    options.vault_roots = start.vault_roots;
    options.state_dir = start.state;
    options.cache_dir = Some(project().join("target/compiled"));
    options.limits = start.limits;
    options.clock_offset = start.clock;
    options.log = log;
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let served = runtime.spawn(async {
        let app = App::load(options).await.expect("an app that loads");
        app.serve(listener)
    });
    Runner::Host(
        Some(served.await.expect("an app that serves")),
        Some(runtime),
    )
}

async fn on_spin(start: &Start, output: Output, address: SocketAddr) -> Runner {
    let spin = Spin::named().expect("SPIN, as before");
    let limits = &start.limits;
    let flags = [
        format!("--state-dir={}", start.state.display()),
        format!(
            "--max-instance-reuse-count={}",
            limits.requests_per_instance
        ),
        format!(
            "--max-instance-concurrent-reuse-count={}",
            limits.concurrent_requests_per_instance
        ),
        format!(
            "--idle-instance-timeout={}ms",
            limits.idle_instance_timeout.as_millis()
        ),
        format!("--max-instance-memory={}", limits.max_memory),
    ];
    let started = spin.up(SpinStart {
        manifest: &start.manifest,
        runtime_config: Some(&start.runtime_config),
        variables: &start.variables,
        vault_roots: start.vault_roots.as_deref(),
        state: &start.state,
        listen: address,
        clock: start.clock.load(Ordering::SeqCst),
        flags: &flags,
        output,
    });
    Runner::Spin(Some(started.await.unwrap_or_else(|said| panic!("{said}"))))
}
