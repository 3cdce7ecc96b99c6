//! An app under the Spin whose binary the environment variable `SPIN` names: what our own host is compared with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// How long Spin may take to start: it compiles the components the first time.
const START: Duration = Duration::from_mins(5);
/// How long a line that a component has written may take to get here: by way of Spin's pipe and not of this process.
const LINES: Duration = Duration::from_millis(300);
/// Where Debian has the library that gives a process another time, if there is no `LIBFAKETIME`.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// What is run, and how.
pub struct SpinStart<'a> {
    /// The manifest.
    pub manifest: &'a Path,
    /// The runtime configuration.
    pub runtime_config: Option<&'a Path>,
    /// The values of variables, by their names in the manifest.
    pub variables: &'a BTreeMap<String, String>,
    /// The authorities that vouch for a vault with variables, in place of the platform's.
    pub vault_roots: Option<&'a Path>,
    /// A folder to start it in, where its clock lies too. What Spin itself keeps, it keeps beside the manifest if no flag says otherwise.
    pub state: &'a Path,
    /// Where it listens; port 0 takes one that is free.
    pub listen: SocketAddr,
    /// How far its clock is from the machine's, in seconds.
    pub clock: i64,
    /// More of Spin's own flags.
    pub flags: &'a [String],
    /// Where its lines go.
    pub output: Output,
}

/// A Spin binary.
pub struct Spin(PathBuf);

/// An app that Spin serves, until it is dropped.
pub struct SpinApp {
    child: Child,
    address: SocketAddr,
    clock: PathBuf,
}

/// What Spin has written so far, its components' lines among it.
#[derive(Clone, Default)]
pub struct Output(Arc<Mutex<Vec<String>>>);

impl Spin {
    /// The one that `SPIN` names; none where it names nothing.
    pub fn named() -> Option<Self> {
        let path = std::env::var_os("SPIN").filter(|path| !path.is_empty())?;
        Some(Self(path.into()))
    }

    /// Whether it names one.
    pub fn is_named() -> bool {
        Self::named().is_some()
    }

    /// The same; without one it is said loudly what is not compared with Spin.
    pub fn or_skipped(what: &str) -> Option<Self> {
        let spin = Self::named();
        if spin.is_none() {
            programs::say(&format!("SKIPPED: SPIN names no Spin binary, so {what}"));
        }
        spin
    }

    /// Starts an app; what Spin has said if it refuses.
    pub async fn up(&self, start: SpinStart<'_>) -> Result<SpinApp, String> {
        fs::create_dir_all(start.state).expect("a folder");
        let clock = start.state.join("clock");
        set(&clock, start.clock);
        let mut child = self
            .command(&start, &clock)
            .spawn()
            .expect("the binary that SPIN names");
        let before = start.output.lines().len();
        let gathering = start.output.gathered(&mut child);
        let begun = Instant::now();
        let address = loop {
            let said = start.output.lines().split_off(before);
            if let Some(address) = said.iter().find_map(|line| served_at(line)) {
                break address;
            }
            assert!(begun.elapsed() < START, "{}", said.join("\n"));
            tokio::select! {
                ended = child.wait() => {
                    ended.expect("a process that ends");
                    for rest in gathering {
                        rest.await.expect("lines");
                    }
                    return Err(start.output.lines().split_off(before).join("\n"));
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        };
        Ok(SpinApp {
            child,
            address,
            clock,
        })
    }

    fn command(&self, start: &SpinStart<'_>, clock: &Path) -> Command {
        let mut command = process::Command::new(&self.0);
        command
            .arg("up")
            .arg("--from")
            .arg(start.manifest)
            .arg("--listen")
            .arg(start.listen.to_string())
            .args(start.flags)
            // Without an .env of somebody's, which Spin reads in the folder where it starts.
            .current_dir(start.state)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Spin runs the app in a second process, which must not outlive it.
            .process_group(0);
        if let Some(path) = start.runtime_config {
            command.arg("--runtime-config-file").arg(path);
        }
        if let Some(path) = start.vault_roots {
            command.env("VAULT_CACERT", path);
        }
        for (name, value) in start.variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        if let Some(library) = faketime() {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", clock)
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("DONT_FAKE_MONOTONIC", "1");
        }
        command.into()
    }
}

/// The library that moves a process's clock: Spin has no switch for that.
fn faketime() -> Option<OsString> {
    let named = std::env::var_os("LIBFAKETIME");
    named.or_else(|| Path::new(FAKETIME).exists().then(|| FAKETIME.into()))
}

/// Writes how far the clock is from the machine's. Renamed into place, so that nobody reads half of it.
fn set(clock: &Path, seconds: i64) {
    let new = clock.with_extension("new");
    fs::write(&new, format!("{seconds:+}")).expect("a file");
    fs::rename(new, clock).expect("a file");
}

impl SpinApp {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Moves its clock to so many seconds from the machine's.
    pub fn set_clock(&self, seconds: i64) {
        assert!(
            faketime().is_some(),
            "the clock of an app under Spin is moved by libfaketime: install it, or name it in LIBFAKETIME"
        );
        set(&self.clock, seconds);
    }

    /// Ends it as Ctrl-C does.
    pub async fn shutdown(mut self) {
        self.signal("TERM");
        let _ended = self.child.wait().await;
    }

    fn signal(&self, name: &str) {
        if let Some(id) = self.child.id() {
            let group = format!("-{id}");
            let _gone_already = process::Command::new("kill")
                .args([&format!("-{name}"), "--", &group])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for SpinApp {
    /// As a power cut does.
    fn drop(&mut self) {
        self.signal("KILL");
    }
}

impl Output {
    /// The lines so far, and those on their way.
    pub fn settled(&self) -> Vec<String> {
        std::thread::sleep(LINES);
        self.lines()
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock();
        lines.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn gathered(&self, child: &mut Child) -> [tokio::task::JoinHandle<()>; 2] {
        let out = child.stdout.take().expect("its output");
        let err = child.stderr.take().expect("its output");
        [
            tokio::spawn(self.clone().gather(out)),
            tokio::spawn(self.clone().gather(err)),
        ]
    }

    async fn gather(self, from: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(from).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push(line);
        }
    }
}

/// What Spin says when it is ready.
fn served_at(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("Serving http://")?.parse().ok()
}
