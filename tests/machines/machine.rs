//! Host in a process of its own, which is killed without warning, as by a power failure.
//!
//! The process is this very program, which runs the one test [`serves`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use host::{App, Options, Timer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

/// Variable that passes the [`Settings`] to such a process.
const SETTINGS: &str = "INNSYN_TEST_MACHINE";
/// Line that the process prints before its address once it listens.
const HERE: &str = "listening on ";

/// Settings of a machine.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Settings {
    /// Manifest of the app.
    pub(crate) manifest: PathBuf,
    /// Folder with `runtime-config.toml` and `pins.toml`.
    pub(crate) folder: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    /// Paths that the host's timers call, all at the same interval.
    pub(crate) timers: Vec<String>,
    pub(crate) every: Duration,
    /// Offset of its clock, in seconds ahead.
    pub(crate) clock: i64,
}

/// Process that serves the app.
pub(crate) struct Machine {
    pub(crate) address: SocketAddr,
    process: Child,
    /// Pipe that moves its clock, in seconds; the process ends with the pipe.
    clock: ChildStdin,
    /// Standard output, kept open: a test that cannot print ends.
    _said: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Machine {
    /// Starts a process that appends to the log called `name`.
    pub(crate) fn start(name: &str, settings: &Settings) -> Self {
        let path = settings.folder.join(format!("{name}.json"));
        let text = serde_json::to_vec(settings).expect("JSON");
        fs::write(&path, text).expect("a file");
        let log = settings.folder.join(format!("{name}.log"));
        let lines = File::options().create(true).append(true).open(&log);
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "machine::serves", "--ignored", "--nocapture"])
            .env(SETTINGS, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(lines.expect("a log"))
            .spawn()
            .expect("a process");
        let mut said = BufReader::new(process.stdout.take().expect("what it says"));
        let address = said
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, address) = line.split_once(HERE)?;
                address.parse().ok()
            });
        Self {
            address: address.unwrap_or_else(|| panic!("{}", read(&log))),
            clock: process.stdin.take().expect("what it hears"),
            process,
            _said: said,
            log,
        }
    }

    /// Advances its clock.
    pub(crate) fn advance(&mut self, seconds: i64) {
        writeln!(self.clock, "{seconds}").expect("a machine that listens");
    }

    /// Kills the process without a shutdown (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }

    /// Returns its logged events, and those of earlier processes of the same name.
    pub(crate) fn events(&self) -> Vec<Value> {
        let log = read(&self.log);
        let lines = log.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // A killed one is gone already.
        _ = self.process.kill();
        _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), read(&self.log));
        }
    }
}

fn read(log: &Path) -> String {
    fs::read_to_string(log).expect("a log")
}

/// Process of a machine, not a test: serves until it is killed or its input ends.
#[test]
#[ignore = "the other tests start it, as processes of their own"]
fn serves() {
    let Some(path) = std::env::var_os(SETTINGS) else {
        return;
    };
    let text = fs::read(path).expect("settings");
    let settings: Settings = serde_json::from_slice(&text).expect("settings");
    let clock = Arc::new(AtomicI64::new(settings.clock));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(async {
        let app = App::load(options(settings, clock.clone())).await;
        let listener = TcpListener::bind("127.0.0.1:0").await;
        app.expect("an app").serve(listener.expect("a free port"))
    });
    println!("{HERE}{}", server.address());
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let seconds: i64 = line.parse().expect("seconds");
        clock.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn options(settings: Settings, clock: Arc<AtomicI64>) -> Options {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut options = Options::new(settings.manifest);
    options.runtime_config = Some(settings.folder.join("runtime-config.toml"));
    options.pins = Some(settings.folder.join("pins.toml"));
    options.state_dir = settings.folder.join("state");
    options.cache_dir = Some(project.join("target/compiled"));
    options.clock_offset = clock;
    let secret = &settings.variables["maintenance_secret"];
    let timer = |path: &String| Timer {
        every: settings.every,
        method: "POST".to_owned(),
        path: path.clone(),
        authorization: Some(format!("Bearer {secret}")),
    };
    options.timers = settings.timers.iter().map(timer).collect();
    options.variables = settings.variables;
    options
}
